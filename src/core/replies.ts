import { isDeepStrictEqual } from 'node:util';
import { currentStep, type LessonState, masteryOf } from './lesson.ts';
import { type CommandName, type PlanLine, type Reply, reply, type Standing } from './messages.ts';
import { asAsked } from './questions.ts';
import { openText, progressText, summaryText } from './summary.ts';
import { cleanStart } from './text.ts';

/** How a lesson's state is shown: pure, and the same for every platform. */

/** The plan as it waits for approval. */
export function planReply(state: LessonState, intro: string): Reply {
  return reply('plan', intro, {
    plan: planLines(state),
    closing: 'Shall we start? Say **approve**, **easier**, **harder**, **questions only**, or tell me what to change.',
    commands: ['approve', 'easier', 'harder', 'another', 'questions'],
  });
}

export function planLines(state: LessonState): PlanLine[] {
  return state.steps.map((step) => {
    const { title, objective, status, right, wrong } = step;
    return { title, objective, status, right, wrong, mastery: right + wrong > 0 ? masteryOf(step) : null };
  });
}

/** The plan's steps as a numbered list. */
export function planList(state: LessonState): string {
  return state.steps.map((step, index) => `${index + 1}. ${step.title}`).join('\n');
}

/** Where the lesson stands, for the head of a reply. */
export function progressOf(state: LessonState): Reply['progress'] {
  const step = currentStep(state);
  if (!step || state.phase !== 'teaching') return null;
  return { step: state.steps.indexOf(step) + 1, of: state.steps.length, title: step.title };
}

/** A reply in the middle of a lesson: words, the waiting question, and where we are. */
export function lessonReply(state: LessonState, text: string): Reply {
  const question = state.pending?.question ?? null;
  const commands: CommandName[] = [...(question ? (['hint'] as const) : []), 'easier', 'harder', 'skip', 'pause'];
  return reply('message', text, {
    question: question && asAsked(question),
    progress: progressOf(state),
    commands: state.pending && state.pending.hintsUsed >= 3 ? ['show', ...commands] : commands,
  });
}

/** To a button of a question that does not wait any more. */
export function settled(state: LessonState): Reply {
  if (state.phase === 'approving') return planReply(state, 'That question is behind us: your plan is waiting.');
  const isWaiting = state.phase === 'teaching' && state.pending !== null;
  return withContext(state, `That question is behind us.${isWaiting ? ' This one is waiting:' : ''}`);
}

/** How far the learner has come: in words, and as lines for whoever can draw them. */
export function progressReply(state: LessonState): Reply {
  const figures = state.steps.length > 0 ? planLines(state) : null;
  const context = withContext(state, progressText(state));
  return { ...context, kind: 'progress', plan: figures, question: null, closing: openText(state) || null };
}

/** The lesson's card: what it is about, its plan, and where it stands. */
export function cardReply(state: LessonState): Reply {
  const standing = standingOf(state);
  return reply('card', state.preferences.topic ?? '', {
    plan: state.steps.length > 0 ? planLines(state) : null,
    progress: progressOf(state),
    commands: CARD_COMMANDS[standing],
    standing,
  });
}

export function isCardChanged(before: LessonState, after: LessonState): boolean {
  return !isDeepStrictEqual(cardReply(after), cardReply(before));
}

/** What makes sense on a card, whatever the lesson says next. */
const CARD_COMMANDS: Record<Standing, CommandName[]> = {
  opening: [],
  approving: ['approve'],
  teaching: ['progress', 'pause'],
  questions: [],
  paused: ['resume', 'progress'],
  completed: ['progress'],
  ended: [],
};

function standingOf({ phase, paused }: LessonState): Standing {
  if (paused) return 'paused';
  switch (phase) {
    case 'intake':
    case 'planning':
      return 'opening';
    case 'replanning':
      return 'teaching';
    case 'answering':
      return 'questions';
    default:
      return phase;
  }
}

/** The last words of the plan, and the summary after them. */
export function finished(state: LessonState, message: string): Reply[] {
  const words = message ? [reply('message', message)] : [];
  return [...words, reply('summary', summaryText(state))];
}

/** Words with the lesson's question and place below them, if there are any. */
export function withContext(state: LessonState, text: string): Reply {
  return state.phase === 'teaching' ? lessonReply(state, text) : reply('message', text);
}

/**
 * Where we were: after a pause, a restart, or days away. Says nothing new and needs no model. `last` is what was last
 * said: before there is a plan, only it knows what was asked.
 */
export function recap(state: LessonState, last: Reply | null = null): Reply {
  if (state.phase === 'approving') return planReply(state, 'Your plan is waiting.');
  if (state.phase === 'completed')
    return reply('message', 'Welcome back. The plan is finished; ask me anything about it.');
  if (state.phase === 'intake') return reply('message', 'Welcome back.', { question: last?.question ?? null });
  const topic = state.preferences.topic ? ` Our topic: **${state.preferences.topic}**` : '';
  return withContext(state, `Welcome back.${topic}`);
}

/** A reply as it is read: what was heard of the learner stands above it. */
export function asShown({ heard, ...rest }: Reply): Reply {
  return heard ? { ...rest, text: `${quoted(heard)}\n\n${rest.text}`.trim() } : rest;
}

/** Enough to see whether it was understood. */
const MOST_QUOTED = 1_000;

/** Words as a quotation in Markdown; '' for none. */
export function quoted(words: string): string {
  const start = words.length > MOST_QUOTED ? `${cleanStart(words, MOST_QUOTED).replace(/\s\S*$/, '')} …` : words;
  const lines = start.replaceAll('`', "'").split('\n');
  return lines.flatMap((line) => (line.trim() ? [`> ${line.trim()}`] : [])).join('\n');
}

/** To somebody who waits, whatever the reason. */
export const LONGER_THAN_USUAL =
  'I need a moment longer than usual. Your message is safe, and I answer as soon as I can.';
