import { type APIModalSubmitInteraction, ButtonStyle, ComponentType, TextInputStyle } from 'discord-api-types/v10';
import { exportLearner, forgetLearner } from '../../../core/data-rights.ts';
import type { TeachingWishes } from '../../../core/messages.ts';
import { readProfile, saveWishes } from '../../../core/profile.ts';
import { currentLesson } from '../../../db/threads.ts';
import { soon } from '../../in-time.ts';
import { sayInLesson } from '../../own-lesson.ts';
import type { WordKey } from '../../words.ts';
import { fieldsOf, formOf } from './forms.ts';
import type { Visit } from './visit.ts';

/** What is kept of a person, and what they decide about it: settings, forgetting, export. */

const WISHES = 'mine|wishes';
const FORGET = 'mine|forget';
const KEEP = 'mine|keep';

const FIELDS = ['nickname', 'character', 'style', 'language'] as const satisfies readonly (keyof TeachingWishes)[];
const WISH_LIMIT = 200;

export async function openWishes({ bot, sender, exchange, words }: Visit): Promise<void> {
  const { wishes } = await soon(readProfile(bot.db, 'discord', sender.workspace.id, sender.learner.id), words);
  const fields = FIELDS.map((name) => ({
    ...{ name, most: WISH_LIMIT, style: TextInputStyle.Short, required: false, value: wishes[name] ?? null },
    label: words(`settings.${name}` satisfies WordKey),
  }));
  await exchange.ask(formOf(WISHES, words('settings.title'), fields));
}

/** False: the form is another one. */
export async function onWishes(visit: Visit, interaction: APIModalSubmitInteraction): Promise<boolean> {
  if (interaction.data.custom_id !== WISHES) return false;
  const { bot, exchange, words } = visit;
  const { workspace, learner } = visit.sender;
  await exchange.defer();
  const written = fieldsOf(interaction);
  const preferences: TeachingWishes = Object.fromEntries(FIELDS.map((field) => [field, (written[field] ?? '').trim()]));
  const threadId = await currentLesson(bot.db, 'discord', workspace.id, learner.id);
  if (threadId) {
    await sayInLesson(visit, threadId, { id: interaction.id, action: { type: 'prefer', preferences } });
  } else {
    await saveWishes(bot.db, 'discord', workspace, learner, preferences);
  }
  await exchange.say(words('settings.saved'));
  return true;
}

export function askToForget({ exchange, words }: Visit): Promise<void> {
  const button = (style: ButtonStyle.Danger | ButtonStyle.Secondary, custom_id: string, label: string) =>
    ({ type: ComponentType.Button, style, custom_id, label }) as const;
  const buttons = [
    button(ButtonStyle.Danger, FORGET, words('data.forgetConfirm')),
    button(ButtonStyle.Secondary, KEEP, words('data.forgetKeep')),
  ];
  return exchange.say({
    content: words('data.forgetAsk'),
    components: [{ type: ComponentType.ActionRow, components: buttons }],
  });
}

/** False: the button is another one. The question is read by the person alone, so nobody else can press. */
export async function onForgetPress({ bot, sender, exchange, words }: Visit, customId: string): Promise<boolean> {
  if (customId !== FORGET && customId !== KEEP) return false;
  await exchange.acknowledge();
  if (customId === FORGET) await forgetLearner(bot.db, 'discord', sender.workspace.id, sender.learner.id);
  const content = words(customId === FORGET ? 'data.forgetDone' : 'data.forgetKept');
  await exchange.edit({ content, components: [] });
  return true;
}

/** As JSON: for the person to read, and for other programs. */
export async function exportData({ bot, sender, exchange, words }: Visit): Promise<void> {
  await exchange.defer();
  const everything = await exportLearner(bot.db, 'discord', sender.workspace.id, sender.learner.id);
  const data = Buffer.from(JSON.stringify(everything, null, 2));
  await exchange.say(words('data.exportHere'), [{ name: 'threadtutor.json', data }]);
}
