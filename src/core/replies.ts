import { currentStep, type LessonState, masteryOf } from './lesson.ts';
import { type CommandName, type PlanLine, type Reply, reply } from './messages.ts';
import { asAsked } from './questions.ts';
import { summaryText } from './summary.ts';

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
  const commands: CommandName[] = question ? ['hint', 'skip', 'pause'] : ['skip', 'pause'];
  return reply('message', text, {
    question: question && asAsked(question),
    progress: progressOf(state),
    commands: state.pending && state.pending.hintsUsed >= 3 ? ['show', ...commands] : commands,
  });
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

/** To somebody who waits, whatever the reason. */
export const LONGER_THAN_USUAL =
  'I need a moment longer than usual. Your message is safe, and I answer as soon as I can.';
