import type { PlanReason } from '../agents/planner.ts';
import type { TeacherInput, TeacherOutput } from '../agents/teacher.ts';
import { findPack, packQuestions } from '../curriculum.ts';
import { chosenOption, type Grade, grade } from '../grading.ts';
import { type Judgement, NEUTRAL, type Outcome } from '../judgement.ts';
import { applyEvent, applyEvents, currentStep, type LessonEvent, type LessonState, MAX_FAILURES } from '../lesson.ts';
import { eventsFor, type Move, movesFor, type QuestionBank } from '../policy.ts';
import { questionFromDraft } from '../questions.ts';
import { finished, lessonReply, progressOf } from '../replies.ts';
import { SAFE_REPLIES } from '../safety.ts';
import { openByCode } from './opening.ts';
import { askPlanner } from './planning.ts';
import { isFormless, type Spoken, speak } from './speaking.ts';
import { type Decision, draft, type PhaseResult, prefixed, type TurnContext } from './turn.ts';

/**
 * One turn of teaching: grade by the key where there is one, let the model judge and speak once, and let code decide
 * what it did to the plan. `known` is the outcome when a command, not a reply, brought us here.
 */
export async function teach(ctx: TurnContext, state: LessonState, known: Outcome | null): Promise<PhaseResult> {
  const bank = questionBank(ctx, state);
  const graded = known === null ? gradedByKey(ctx, state) : null;
  const decided = known ?? (graded?.certain ? graded.label : null);
  const moves = movesFor(state, bank, decided, ctx.homeworkGuard);
  const sure = decided ? moves[decided] : undefined;
  if (sure?.skill === 'announce_replan') {
    const blocked = applyEvents(state, eventsFor(sure, misconception(ctx, state, graded), wordsOf(ctx, state)));
    return replan(ctx, blocked, stuckOn(state), 'That is not it either.', [
      decision(sure, NEUTRAL, graded?.misconception ?? null),
    ]);
  }
  const input: TeacherInput = {
    preferences: state.preferences,
    homeworkGuard: ctx.homeworkGuard,
    pack: findPack(ctx.curriculum, state.packId),
    steps: state.steps,
    step: currentStep(state),
    pending: state.pending,
    reply: known === null ? answerIn(ctx, state) : '',
    pictures: known === null ? ctx.pictures : [],
    graded,
    moves,
    recent: ctx.recent,
    summary: ctx.summary,
    remembered: state.remembered,
    notes: state.notes,
    correction: null,
  };
  const spoken = await speak(ctx, input, decided, known === 'onwards' ? 'open' : 'teach');
  return spoken.ok ? settle(ctx, state, spoken, input) : spoken;
}

/** What the words alone are worth. With a picture they need not be the answer: then only what is right counts. */
function gradedByKey(ctx: TurnContext, state: LessonState): Grade | null {
  const graded = state.pending && grade(state.pending.question, answerIn(ctx, state));
  return ctx.pictures.length > 0 && graded?.label !== 'correct' ? null : graded;
}

/** Applies a move and what was said with it, and follows where the lesson goes from there. */
function settle(
  ctx: TurnContext,
  state: LessonState,
  { said, move, judgement, concern }: Spoken,
  input: TeacherInput,
): Promise<PhaseResult> | PhaseResult {
  if (concern) return draft(state, lessonReply(state, SAFE_REPLIES[concern]), [{ type: 'safety', data: { concern } }]);
  const seen = misconception(ctx, state, input.graded ?? judgement);
  const next = applyEvents(state, [
    ...eventsFor(move, seen, wordsOf(ctx, state)),
    ...(move.needsQuestion ? draftedQuestion(ctx, state, said) : []),
    ...rememberedEvents(ctx, said),
    ...sideQuestion(move, judgement),
    ...replanWish(state, move, judgement),
  ]);
  const decisions = [decision(move, judgement, seen?.misconception ?? null)];
  const message = move.question ? withoutLastQuestion(said.message) : said.message.trim();
  if (next.phase === 'replanning') return replan(ctx, next, stuckOn(state), message, decisions, openByCode);
  if (next.phase === 'completed') return draft(next, finished(next, message), decisions);
  const ahead = answeredAhead(ctx, next, move, judgement);
  if (ahead) {
    const second = { type: 'move', data: { outcome: 'correct', because: 'answered ahead' } };
    return goOn(ctx, ahead, message, [...decisions, second]);
  }
  return draft(next, lessonReply(next, withReturn(next, move, message)), decisions);
}

/** The lesson after a message that answered the next question too. A key, where there is one, has to agree. */
function answeredAhead(ctx: TurnContext, next: LessonState, move: Move, judgement: Judgement): LessonState | null {
  // A question that the model has only just written cannot have been answered already.
  if (move.outcome !== 'correct' || !judgement.alsoNext || !move.question || !next.pending) return null;
  const graded = grade(next.pending.question, ctx.text);
  if (graded?.certain && graded.label !== 'correct') return null;
  if (graded === null && next.pending.question.kind !== 'open') return null;
  return applyEvent(next, { type: 'answered', label: 'correct', misconception: null, quote: '' });
}

/** Says these words and goes on from where the lesson stands now: with its step, or with its end. */
export async function goOn(
  ctx: TurnContext,
  state: LessonState,
  text: string,
  decisions: Decision[],
  open = openByModel,
): Promise<PhaseResult> {
  if (state.phase === 'completed') return draft(state, finished(state, text), decisions);
  return prefixed(await open(ctx, state), text, decisions);
}

function openByModel(ctx: TurnContext, state: LessonState): Promise<PhaseResult> | PhaseResult {
  return teach(ctx, state, 'onwards');
}

/** An open side question may take a few exchanges; everything else closes it. */
function sideQuestion(move: Move, judgement: Judgement): LessonEvent[] {
  const isOpen = move.skill === 'answer_question' && judgement.sideQuestion === 'open';
  return [{ type: 'side_question', left: isOpen ? 'open' : 'closed' }];
}

/** A wish to replan counts when the record bears it out: two failures in a row, and now the learner is lost. */
function replanWish(state: LessonState, move: Move, judgement: Judgement): LessonEvent[] {
  const failures = currentStep(state)?.failures ?? 0;
  const isStuck = judgement.replan === 'stuck' && move.outcome === 'lost';
  return isStuck && failures === MAX_FAILURES - 1 ? [{ type: 'replan_requested' }] : [];
}

function stuckOn(state: LessonState): PlanReason {
  return { kind: 'stuck', stepId: currentStep(state)?.id ?? '' };
}

/** Makes a new plan for a learner who is stuck, and opens its first step in the same turn: two calls at the most. */
async function replan(
  ctx: TurnContext,
  state: LessonState,
  reason: PlanReason,
  message: string,
  before: readonly Decision[],
  open = openByModel,
): Promise<PhaseResult> {
  const plan = await askPlanner(ctx, state, reason);
  if (!plan.ok && !isFormless(plan)) return plan;
  const next = applyEvent(state, plan.ok ? { type: 'replanned', steps: plan.output.steps } : { type: 'replan_failed' });
  const words = [message, plan.ok ? plan.output.message : 'Let us leave this one for now and go on.'];
  const decisions = [
    ...before,
    {
      type: 'replan',
      data: { reason, number: next.replans, steps: next.steps.map((step) => `${step.id}:${step.status}`) },
    },
  ];
  return goOn(ctx, next, words.filter(Boolean).join('\n\n'), decisions, open);
}

/** The learner finds it too easy: raise the remaining steps, if the plan may still change. */
export async function raise(ctx: TurnContext, state: LessonState): Promise<PhaseResult> {
  const asked = applyEvent(state, { type: 'replan_requested' });
  if (asked.phase !== 'replanning') return prefixed(await teach(ctx, state, 'onwards'), 'Harder it is.');
  return replan(ctx, asked, { kind: 'excelling' }, '', []);
}

/** Pressed buttons are read as the choice that they stand for. */
function answerIn(ctx: TurnContext, state: LessonState): string {
  const { action } = ctx;
  return action?.type === 'choice' && state.pending?.question.id === action.questionId ? action.choiceId : ctx.text;
}

/** An answer as it can be quoted later: a letter or a button is the option that it chose. */
function wordsOf(ctx: TurnContext, state: LessonState): string {
  const question = state.pending?.question;
  const chosen = question?.kind === 'choice' ? chosenOption(question.choices, answerIn(ctx, state)) : null;
  return chosen?.text ?? ctx.text;
}

/** The course's own questions for a step; none where only a model can ask. */
export function questionBank(ctx: TurnContext, state: LessonState): QuestionBank {
  const pack = findPack(ctx.curriculum, state.packId);
  return (step) => (pack && step.source ? packQuestions(pack, step.source) : []);
}

function draftedQuestion(ctx: TurnContext, state: LessonState, said: TeacherOutput): LessonEvent[] {
  const question = questionFromDraft(said.question, `turn-${state.planVersion}-${ctx.seq}`);
  return question ? [{ type: 'question_asked', question }] : [];
}

function rememberedEvents(ctx: TurnContext, said: TeacherOutput): LessonEvent[] {
  const note: LessonEvent[] = said.note ? [{ type: 'noted', note: said.note.slice(0, 200) }] : [];
  return said.unanswered ? [...note, { type: 'question_left_open', question: ctx.text.slice(0, 200) }] : note;
}

/** A misconception's plain name, whether the key or the model named it. */
function misconception(ctx: TurnContext, state: LessonState, by: { misconception: string | null } | null) {
  if (!by?.misconception) return null;
  const known = findPack(ctx.curriculum, state.packId)
    ?.steps.flatMap((step) => step.misconceptions)
    .find(({ id }) => id === by.misconception);
  return { misconception: known?.name ?? by.misconception };
}

/** Side questions and detours end with a line that says where the lesson goes on. */
function withReturn(state: LessonState, move: Move, message: string): string {
  const progress = progressOf(state);
  const isDetour = move.skill === 'answer_question' || move.skill === 'redirect';
  if (!progress || !isDetour || state.sideExchanges > 0) return message;
  return `${message}\n\n*Back to step ${progress.step} of ${progress.of}: ${progress.title}.*`;
}

function decision(move: Move, judgement: Judgement, seen: string | null): Decision {
  const { outcome, skill, because, question } = move;
  const data = { outcome, skill, because, judgement, misconception: seen, question: question?.id ?? null };
  return { type: 'move', data };
}

/** The app asks the next question itself: one at a time. */
function withoutLastQuestion(message: string): string {
  const text = message.trim();
  const shorter = text.replace(/(?:^|(?<=[.!?:)*]\s))[^.!?\n]*\?\W*$/, '').trim();
  return text.endsWith('?') && shorter ? shorter : text;
}
