import { type TeacherInput, type TeacherOutput, teacherAgent } from '../agents/teacher.ts';
import { findPack, packQuestions } from '../curriculum.ts';
import { grade, revealsAnswer } from '../grading.ts';
import { legalOutcome, NEUTRAL, type Outcome } from '../judgement.ts';
import { applyEvent, applyEvents, currentStep, type LessonEvent, type LessonState } from '../lesson.ts';
import { eventsFor, type Move, movesFor, type QuestionBank } from '../policy.ts';
import { questionFromDraft } from '../questions.ts';
import { finished, lessonReply, progressOf } from '../replies.ts';
import { askPlanner } from './planning.ts';
import { draft, type PhaseResult, prefixed, type TurnContext } from './turn.ts';

/**
 * One turn of teaching: grade by the key where there is one, let the model judge and speak once, and let code decide
 * what it did to the plan. `known` is the outcome when a command, not a reply, brought us here.
 */
export async function teach(ctx: TurnContext, state: LessonState, known: Outcome | null): Promise<PhaseResult> {
  const bank = questionBank(ctx, state);
  const graded = known === null && state.pending ? grade(state.pending.question, answerIn(ctx, state)) : null;
  const decided = known ?? (graded?.certain ? graded.label : null);
  const moves = movesFor(state, bank, decided);
  const sure = decided ? moves[decided] : undefined;
  if (sure?.skill === 'announce_replan') {
    return replan(
      ctx,
      applyEvents(state, eventsFor(sure, misconception(ctx, state, graded), ctx.text)),
      sure,
      'That is not it either.',
    );
  }
  const input: TeacherInput = {
    preferences: state.preferences,
    pack: findPack(ctx.curriculum, state.packId),
    steps: state.steps,
    step: currentStep(state),
    pending: state.pending,
    reply: known === null ? answerIn(ctx, state) : '',
    graded,
    moves,
    recent: await ctx.recent(),
    notes: state.notes,
  };
  const result = await ctx.ask(known === 'onwards' ? 'open' : 'teach', teacherAgent, input, guardedPreview(ctx, state));
  if (!result.ok && result.reason !== 'invalid_output' && result.reason !== 'refused') return result;
  const said = result.ok ? result.output : fallback(result.reason);
  const outcome = decided ?? legalOutcome(said.judgement, graded, state.pending !== null);
  const move = moves[outcome] ?? moves.no_answer;
  if (!move) throw new Error(`no move for the outcome ${outcome}`);
  return settle(ctx, state, move, said, input);
}

/** Applies a move and what was said with it, and follows where the lesson goes from there. */
async function settle(
  ctx: TurnContext,
  state: LessonState,
  move: Move,
  said: TeacherOutput,
  input: TeacherInput,
): Promise<PhaseResult> {
  const seen = misconception(ctx, state, input.graded ?? said.judgement);
  const next = applyEvents(state, [
    ...eventsFor(move, seen, ctx.text),
    ...(move.needsQuestion ? draftedQuestion(ctx, state, said) : []),
    ...rememberedEvents(ctx, said),
  ]);
  const message = guarded(state, next, move, said.message);
  if (next.phase === 'replanning') return replan(ctx, next, move, message);
  const decisions = [decision(move, said, seen?.misconception ?? null)];
  if (next.phase === 'completed') return draft(next, finished(next, message), decisions);
  return draft(next, lessonReply(next, withReturn(next, move, message)), decisions);
}

/** Makes a new plan for a learner who is stuck, and opens its first step in the same turn. */
async function replan(ctx: TurnContext, state: LessonState, move: Move, message: string): Promise<PhaseResult> {
  const stuck = state.steps.findLast((step) => step.status === 'blocked' && step.failures > 0);
  const reason =
    move.outcome === 'incorrect' && stuck
      ? { kind: 'stuck' as const, stepId: stuck.id }
      : { kind: 'excelling' as const };
  const plan = await askPlanner(ctx, state, reason);
  if (!plan.ok && plan.reason !== 'invalid_output' && plan.reason !== 'refused') return plan;
  const next = applyEvent(state, plan.ok ? { type: 'replanned', steps: plan.output.steps } : { type: 'replan_failed' });
  const words = [message, plan.ok ? plan.output.message : 'Let us leave this one for now and go on.'];
  const decisions = [
    {
      type: 'replan',
      data: { reason, number: next.replans, steps: next.steps.map((step) => `${step.id}:${step.status}`) },
    },
  ];
  const text = words.filter(Boolean).join('\n\n');
  if (next.phase === 'completed') return draft(next, finished(next, text), decisions);
  return prefixed(await teach(ctx, next, 'onwards'), text, decisions);
}

/** The learner finds it too easy: raise the remaining steps, if the plan may still change. */
export async function raise(ctx: TurnContext, state: LessonState): Promise<PhaseResult> {
  const asked = applyEvent(state, { type: 'replan_requested' });
  if (asked.phase !== 'replanning') return prefixed(await teach(ctx, state, 'onwards'), 'Harder it is.');
  const move: Move = {
    outcome: 'onwards',
    skill: 'announce_replan',
    because: 'asks for more',
    step: null,
    opens: false,
    question: null,
    needsQuestion: false,
  };
  return replan(ctx, asked, move, '');
}

/** Pressed buttons are read as the choice that they stand for. */
function answerIn(ctx: TurnContext, state: LessonState): string {
  const { action } = ctx;
  if (action?.type !== 'choice') return ctx.text;
  return state.pending?.question.id === action.questionId ? action.choiceId : '';
}

function questionBank(ctx: TurnContext, state: LessonState): QuestionBank {
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

/** Longest tail that is held back while streaming, so that an answer is never shown half-written. */
const HELD_BACK = 40;

function guardedPreview(ctx: TurnContext, state: LessonState): (message: string) => void {
  const question = state.pending?.question;
  if (!question) return ctx.preview;
  return (message) => {
    if (!revealsAnswer(question, message)) ctx.preview(message.slice(0, -HELD_BACK));
  };
}

/** A message never gives the waiting question's answer away; if the model tried, the next hint is said instead. */
function guarded(before: LessonState, next: LessonState, move: Move, message: string): string {
  const pending = next.pending;
  const isSame = pending !== null && pending.question.id === before.pending?.question.id;
  if (message.trim() && !(isSame && revealsAnswer(pending.question, message))) return message.trim();
  if (!isSame) return move.opens && next.pending ? `**${currentStep(next)?.title}**` : '';
  return pending.question.hints[Math.max(0, Math.min(2, pending.hintsUsed - 1))] ?? '';
}

/** Side questions and detours end with a line that says where the lesson goes on. */
function withReturn(state: LessonState, move: Move, message: string): string {
  const progress = progressOf(state);
  if (!progress || (move.skill !== 'answer_question' && move.skill !== 'redirect')) return message;
  return `${message}\n\n*Back to step ${progress.step} of ${progress.of}: ${progress.title}.*`;
}

function decision(move: Move, said: TeacherOutput, seen: string | null) {
  const { outcome, skill, because, question } = move;
  return {
    type: 'move',
    data: { outcome, skill, because, judgement: said.judgement, misconception: seen, question: question?.id ?? null },
  };
}

/** The model's answer could not be used: stay with the question, lose nothing. */
function fallback(reason: string): TeacherOutput {
  const message =
    reason === 'refused'
      ? "I'd rather not go into that. Let's stay with our lesson."
      : 'I lost my thread for a moment. Let us stay with the question; please say it once more.';
  return {
    judgement: NEUTRAL,
    message,
    question: null,
    unanswered: false,
    note: '',
  };
}
