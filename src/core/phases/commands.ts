import { nextHint, shownAnswer } from '../hints.ts';
import { applyEvent, applyEvents, currentStep, isOver, type LessonState } from '../lesson.ts';
import { type CommandName, type Reply, reply, TEACHING_WISHES, type TeachingWishes } from '../messages.ts';
import { pickQuestion } from '../policy.ts';
import { finished, lessonReply, planLines, planReply, progressReply, recap, withContext } from '../replies.ts';
import { summaryText } from '../summary.ts';
import { openForQuestions } from './answering.ts';
import { makePlan } from './approving.ts';
import { higher, lower } from './planning.ts';
import { goOn, questionBank, raise, teach } from './teaching.ts';
import { draft, type PhaseResult, prefixed, type TurnContext } from './turn.ts';

/** What a button or a command word does: decided by code, mostly without any model. */

/** How the learner likes to be taught, from now on: in this lesson, and remembered for the next ones. */
export function prefer(state: LessonState, wishes: TeachingWishes): PhaseResult {
  const given = TEACHING_WISHES.filter((name) => wishes[name]);
  const withdrawn = TEACHING_WISHES.filter((name) => wishes[name] === '');
  const preferences = Object.fromEntries(given.map((name) => [name, wishes[name]]));
  const next = applyEvent(state, { type: 'preferences_given', preferences, withdrawn });
  const said = [
    ...given.map((name) => `${WISH_LABELS[name]}: **${wishes[name]}**.`),
    ...withdrawn.map((name) => `${WISH_LABELS[name]}: forgotten.`),
  ];
  const text = said.length > 0 ? `Noted. ${said.join(' ')}` : 'Nothing has changed.';
  return { ...draft(next, withContext(next, text), [{ type: 'wishes', data: { given, withdrawn } }]), wishes };
}

const WISH_LABELS: Record<keyof TeachingWishes, string> = {
  character: "Your tutor's character",
  style: 'How you like to learn',
  language: 'Language',
  nickname: 'What I call you',
};

/** Runs a command where it means something; null hands the message to the phase. */
export function runCommand(
  ctx: TurnContext,
  state: LessonState,
  command: CommandName,
): Promise<PhaseResult> | PhaseResult | null {
  switch (command) {
    case 'help':
      return draft(state, withContext(state, HELP));
    case 'plan':
    case 'progress':
      return state.phase === 'intake' ? null : draft(state, standing(state, command));
    case 'pause':
      return pause(state);
    case 'resume':
      return state.phase === 'intake' || state.phase === 'ended' ? null : resume(state);
    case 'end':
      return isOver(state) ? alreadyOver(state) : end(state);
    case 'questions':
    case 'course':
      return state.phase === 'intake' || isOver(state) ? alreadyOver(state) : switchMode(ctx, state, command);
    case 'hint':
    case 'show':
    case 'skip':
    case 'easier':
    case 'harder':
      return state.phase === 'teaching' ? teachingCommand(ctx, state, command) : outsideTeaching(state, command);
    case 'approve':
      return state.phase === 'teaching' ? draft(state, lessonReply(state, 'The plan is approved already.')) : null;
    case 'another':
      return null;
    default:
      return command satisfies never;
  }
}

const HELP = [
  'Answer in your own words, or say:',
  '- **hint**, then **show** after three hints; **skip** for the next step',
  '- **easier**, **harder** · **plan**, **progress** · **pause**, **resume**, **end**',
  '- **questions only** to ask freely, **course** to come back to the plan',
].join('\n');

function teachingCommand(
  ctx: TurnContext,
  state: LessonState,
  command: 'hint' | 'show' | 'skip' | 'easier' | 'harder',
): Promise<PhaseResult> | PhaseResult {
  switch (command) {
    case 'hint':
      return hint(ctx, state);
    case 'show':
      return show(ctx, state);
    case 'skip':
      return skip(ctx, state);
    case 'easier':
      return teach(ctx, applyEvent(state, { type: 'preferences_given', preferences: { level: lower(state) } }), 'lost');
    case 'harder':
      return raise(ctx, applyEvent(state, { type: 'preferences_given', preferences: { level: higher(state) } }));
    default:
      return command satisfies never;
  }
}

function resume(state: LessonState): PhaseResult {
  const resumed = applyEvent(state, { type: 'resumed' });
  return draft(resumed, recap(resumed));
}

/** After the last step there is nothing to end or to go back to; only questions go on. Elsewhere: nothing to say. */
function alreadyOver(state: LessonState): PhaseResult | null {
  if (state.phase !== 'completed') return null;
  const text = 'The plan is finished. Ask me anything about it, or start a new lesson whenever you like.';
  return draft(state, reply('message', text, { commands: ['progress'] }));
}

/** A plan that waits can be made easier and harder; there is nothing to hint at, show or skip yet. */
function outsideTeaching(state: LessonState, command: CommandName): PhaseResult | null {
  if (state.phase === 'completed') return alreadyOver(state);
  if (state.phase === 'answering') {
    const text = 'No question of mine is waiting: here you ask, and I answer. Say **course** to follow a plan.';
    return draft(state, reply('message', text, { commands: ['course', 'end'] }));
  }
  const isPlanWish = command === 'easier' || command === 'harder';
  if (state.phase !== 'approving' || isPlanWish) return null;
  return draft(state, planReply(state, 'There is no question yet: your plan is waiting.'));
}

function hint({ homeworkGuard }: TurnContext, state: LessonState): PhaseResult {
  if (!state.pending)
    return draft(state, lessonReply(state, 'There is no question waiting, so there is nothing to hint at.'));
  const text = nextHint(state.pending);
  if (!text) {
    const then = homeworkGuard ? 'I take you there another way' : 'I show you the answer';
    return draft(state, lessonReply(state, `You have had all three hints. Say **show** and ${then}.`));
  }
  const next = applyEvent(state, { type: 'hint_given' });
  return draft(next, lessonReply(next, text), [
    { type: 'move', data: { skill: 'give_hint', because: 'asked for a hint' } },
  ]);
}

/**
 * Hints come first; then the answer, and a variation to try at once. Under the homework guard the answer stays untold:
 * the idea is explained another way, and an easier question takes the place of this one.
 */
async function show(ctx: TurnContext, state: LessonState): Promise<PhaseResult> {
  const { pending } = state;
  if (!pending) return draft(state, lessonReply(state, 'There is no question waiting.'));
  if (pending.hintsUsed < 3) {
    const then = ctx.homeworkGuard ? 'I take you there another way' : 'I show you the answer';
    return prefixed(hint(ctx, state), `A hint first; after the third one ${then}.`);
  }
  if (ctx.homeworkGuard) return prefixed(await teach(ctx, state, 'wants_answer'), 'Answers are not shown here.');
  const shown = applyEvent(state, { type: 'answer_shown' });
  const decisions = [{ type: 'move', data: { skill: 'show_answer', because: 'asked after three hints' } }];
  const step = currentStep(shown);
  const bank = questionBank(ctx, shown);
  const next = step && pickQuestion(step, bank(step), shown.preferences.level, pending.question.explanation);
  const text = `${shownAnswer(pending.question)}\n\nNow one like it, for you:`;
  if (!next) return prefixed(await teach(ctx, shown, 'onwards'), text, decisions);
  const asked = applyEvent(shown, { type: 'question_asked', question: next });
  return draft(asked, lessonReply(asked, text), decisions);
}

function skip(ctx: TurnContext, state: LessonState): Promise<PhaseResult> {
  const skipped = currentStep(state);
  const next = applyEvent(state, { type: 'step_skipped' });
  const text = `We leave "${skipped?.title}" for now; it goes on your review list.`;
  const decisions = [{ type: 'skip', data: { step: skipped?.id } }];
  return goOn(ctx, next, text, decisions);
}

function pause(state: LessonState): PhaseResult {
  if (isOver(state))
    return draft(state, reply('message', 'This lesson is already finished. Come back whenever you like.'));
  const kept = state.steps.length > 0 ? ' Your plan and your place in it are kept;' : '';
  const text = `Paused.${kept} ${kept ? 'say' : 'Say'} **resume**, or just answer, whenever you like.`;
  return draft(applyEvent(state, { type: 'paused' }), reply('message', text, { commands: ['resume'] }));
}

export function end(state: LessonState, words = 'We stop here. It was good to work with you.'): PhaseResult {
  const ended = applyEvent(state, { type: 'ended' });
  const hasRecord = ended.steps.some((step) => step.explained > 0) || ended.openQuestions.length > 0;
  const summary = hasRecord ? [reply('summary', summaryText(ended))] : [];
  return draft(ended, [reply('message', words), ...summary]);
}

async function switchMode(ctx: TurnContext, state: LessonState, mode: 'questions' | 'course'): Promise<PhaseResult> {
  const next = applyEvents(state, [{ type: 'mode_changed', mode }]);
  if (next === state && state.phase === 'approving') return draft(state, planReply(state, 'Your plan is waiting.'));
  if (next === state)
    return draft(state, withContext(state, mode === 'course' ? 'We are following a plan already.' : 'Just ask.'));
  switch (next.phase) {
    case 'answering':
      return openForQuestions(next);
    case 'planning':
      return makePlan(ctx, next, { kind: 'new' });
    case 'approving':
      return draft(next, planReply(next, 'Back to the plan, then:'));
    case 'completed':
      return draft(next, finished(next, ''));
    default:
      return teach(ctx, next, 'onwards');
  }
}

function standing(state: LessonState, command: 'plan' | 'progress'): Reply {
  if (command === 'progress' || state.steps.length === 0) return progressReply(state);
  return { ...withContext(state, 'Here is the plan.'), kind: 'plan', plan: planLines(state), question: null };
}
