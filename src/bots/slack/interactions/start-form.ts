import type { ViewOutput } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { CHARACTERS } from '../../../core/characters.ts';
import type { StartOptions } from '../../../core/messages.ts';
import { UserError } from '../../../errors.ts';
import type { Translate, WordKey } from '../../words.ts';
import { isDirect } from '../lessons/threads.ts';
import { channelField, choiceField, chosenIn, filledIn, formOf, switchField, textField } from './forms.ts';
import { startLesson, TOPIC_CHARACTERS } from './start.ts';
import type { Visit } from './visit.ts';

/** The form for a new lesson: nothing in it has to be filled in. */

export const START_FORM = 'start';

type Wishes = Pick<StartOptions, 'topic' | 'level' | 'mode' | 'character'>;

/** `channel`: where it was asked for; null where that is nowhere. */
export async function openStartForm(visit: Visit, wishes: Wishes, channel: string | null): Promise<void> {
  const courses = visit.bot.curriculum.packs.map(({ title }) => title);
  await visit.exchange.open(startForm({ wishes, courses, channel }, visit.words));
}

interface StartFormDraft {
  wishes: Wishes;
  courses: readonly string[];
  channel: string | null;
}

export function startForm({ wishes, courses, channel }: StartFormDraft, words: Translate): ModalView {
  const { topic, level, mode, character } = wishes;
  // The learner's own words for it were typed already.
  const own = character && !CHARACTERS.some(({ name }) => name === character) ? character : null;
  const presets = CHARACTERS.map(({ name, label }) => [name, label] as const);
  const isInDirect = channel !== null && isDirect(channel);
  const here = channel !== null && !isInDirect ? { chosen: channel } : {};
  const fields = [
    textField({
      ...{ name: 'topic', label: words('forms.topic'), most: TOPIC_CHARACTERS, value: topic },
      placeholder: words('forms.topicPlaceholder'),
    }),
    ...(courses.length > 0
      ? [
          choiceField({
            ...{ name: 'course', label: words('forms.course'), placeholder: words('forms.choose') },
            options: courses.map((title, index) => [String(index), title] as const),
          }),
        ]
      : []),
    choiceField({
      ...{ name: 'level', label: words('forms.level'), chosen: level, placeholder: words('forms.findOut') },
      options: LEVELS.map((each) => [each, words(LEVEL_WORDS[each])] as const),
    }),
    choiceField({
      ...{ name: 'mode', label: words('forms.mode'), chosen: mode, placeholder: words('forms.findOut') },
      options: MODES.map((each) => [each, words(MODE_WORDS[each])] as const),
    }),
    choiceField({
      ...{ name: 'character', label: words('settings.character'), chosen: character },
      ...{ options: own ? [...presets, [OWN, own]] : presets, placeholder: words('forms.choose') },
      ...(own && { chosen: OWN }),
    }),
    channelField({ name: 'where', label: words('forms.where'), hint: words('forms.whereHint'), ...here }),
    // A menu has no way back to nothing.
    switchField({ name: 'direct', label: words('forms.orDirect'), says: words('forms.direct'), isOn: isInDirect }),
  ];
  const title = words('forms.startTitle');
  return formOf({ id: START_FORM, title, submit: words('buttons.approve'), fields, context: { channel, own } }, words);
}

const LEVELS = ['beginner', 'intermediate', 'advanced'] as const;
const LEVEL_WORDS = {
  beginner: 'forms.beginner',
  intermediate: 'forms.intermediate',
  advanced: 'forms.advanced',
} as const satisfies Record<(typeof LEVELS)[number], WordKey>;
const MODES = ['course', 'questions'] as const;
const MODE_WORDS = {
  course: 'forms.byPlan',
  questions: 'forms.byQuestions',
} as const satisfies Record<(typeof MODES)[number], WordKey>;
/** An option's value has no room for words. */
const OWN = 'own';

/** However often it is submitted, a form is one lesson. */
export async function onStartForm(visit: Visit, view: ViewOutput, context: Record<string, unknown>): Promise<void> {
  const { curriculum } = visit.bot;
  const course = filledIn(view, 'course');
  const topic = filledIn(view, 'topic') || (course && curriculum.packs[Number(course)]?.title) || '';
  const level = LEVELS.find((each) => each === filledIn(view, 'level'));
  const mode = MODES.find((each) => each === filledIn(view, 'mode'));
  const chosen = filledIn(view, 'character');
  const character = chosen === OWN && typeof context.own === 'string' ? context.own : chosen;
  const start = {
    ...(topic && { topic }),
    ...(level && { level }),
    ...(mode && { mode }),
    ...(character && { character }),
  };
  const isInDirect = chosenIn(view, 'direct').length > 0;
  const channel = isInDirect ? null : filledIn(view, 'where') || null;
  try {
    await startLesson(visit, { id: `view-${view.id}`, start, question: null, channel });
  } catch (error) {
    if (!(error instanceof UserError) || visit.exchange.isAcknowledged) throw error;
    // Where to is the one thing in it that may be refused: the rest of what was filled in stays.
    await visit.exchange.ack({ where: belowField(visit, error) });
  }
}

/** Below a field, Slack shows no names in place of ids. */
function belowField({ installation, words }: Visit, { code, message }: UserError): string {
  if (code === 'wrong_channel') return words('forms.wrongChannel');
  return message.replaceAll(`<@${installation.botUserId}>`, '@Threadtutor');
}
