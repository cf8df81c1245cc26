import type { ViewOutput } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { CHARACTERS } from '../../../core/characters.ts';
import { changeSettings, readSettings, type WorkspaceSettings } from '../../../core/settings.ts';
import type { Translate } from '../../words.ts';
import { amountOf, LANGUAGES } from '../../workspace-settings.ts';
import type { Place } from './exchange.ts';
import {
  channelsField,
  choiceField,
  chosenIn,
  filledIn,
  formOf,
  peopleField,
  switchField,
  textField,
} from './forms.ts';
import { requireAdmin } from './rights.ts';
import type { Visit } from './visit.ts';

/** What holds for a whole workspace: changed by its admins alone, in one form. */

export const ADMIN_FORM = 'admin:settings';

/** Where admins are told of their subscription is chosen beside it. */
type FormSettings = Omit<WorkspaceSettings, 'notices'>;

export async function openAdminForm(visit: Visit): Promise<void> {
  const { bot, sender, exchange, words } = visit;
  const reading = Promise.all([requireAdmin(visit), readSettings(bot.db, 'slack', sender.workspace.id)]);
  const [, settings] = await visit.soon(reading);
  await exchange.open(adminForm(settings, exchange.place, words));
}

export async function onAdminForm(visit: Visit, view: ViewOutput): Promise<void> {
  const { bot, sender, exchange, words } = visit;
  const change = changeIn(view, words);
  const changing = async () => {
    await requireAdmin(visit);
    await changeSettings(bot.db, 'slack', sender.workspace, change);
  };
  await visit.soon(changing());
  if (exchange.place) await exchange.say(words('forms.adminSaved'));
  else await exchange.ack();
}

/** Throws UserError for what is no amount. */
function changeIn(view: ViewOutput, words: Translate): FormSettings {
  return {
    channels: chosenIn(view, 'channels'),
    starters: chosenIn(view, 'starters'),
    language: chosenOf(filledIn(view, 'language')),
    character: chosenOf(filledIn(view, 'character')),
    homeworkGuard: chosenIn(view, 'guard').length > 0,
    monthlyBudget: amountOf(filledIn(view, 'budget'), words),
  };
}

/** A menu has no way back to nothing. */
const NONE = '-';
const chosenOf = (value: string) => (value === '' || value === NONE ? null : value);

export function adminForm(settings: FormSettings, place: Place | null, words: Translate): ModalView {
  const { channels, starters, language, character, homeworkGuard, monthlyBudget } = settings;
  const fields = [
    channelsField({
      name: 'channels',
      label: words('admin.channels'),
      hint: words('forms.everywhere'),
      chosen: channels,
    }),
    peopleField({ name: 'starters', label: words('forms.starters'), hint: words('forms.everybody'), chosen: starters }),
    choiceField({
      ...{ name: 'language', label: words('admin.language'), chosen: language ?? NONE },
      options: withOwn(
        LANGUAGES.map((each) => [each, each] as const),
        language,
      ),
    }),
    choiceField({
      ...{ name: 'character', label: words('admin.character'), chosen: character ?? NONE },
      options: withOwn(
        CHARACTERS.map(({ name, label }) => [name, label] as const),
        character,
      ),
    }),
    switchField({
      name: 'guard',
      label: words('forms.guard'),
      says: words('admin.homeworkGuard'),
      isOn: homeworkGuard,
    }),
    textField({
      ...{ name: 'budget', label: words('admin.monthlyBudget'), hint: words('forms.noLimit'), most: 12 },
      value: monthlyBudget === null ? null : String(monthlyBudget),
    }),
  ];
  const [title, submit] = [words('forms.adminTitle'), words('forms.save')];
  return formOf({ id: ADMIN_FORM, title, submit, fields, context: { ...place } }, words);
}

/** Also what was once chosen and is not offered any more: saving the rest does not take it back. */
function withOwn(options: (readonly [string, string])[], chosen: string | null): (readonly [string, string])[] {
  const offered = [[NONE, '–'] as const, ...options];
  const isMissing = chosen !== null && chosen.length <= VALUE_LIMIT && offered.every(([value]) => value !== chosen);
  return isMissing ? [...offered, [chosen, chosen]] : offered;
}

/** Of an option. */
const VALUE_LIMIT = 150;
