import { evaluatorAgent } from '../agents/evaluator.ts';
import { type TeacherInput, type TeacherOutput, teacherAgent } from '../agents/teacher.ts';
import type { Question } from '../curriculum.ts';
import { revealsAnswer } from '../grading.ts';
import { complaintAbout, showable } from '../guard.ts';
import { type Judgement, judgementSchema, legalOutcome, NEUTRAL, type Outcome } from '../judgement.ts';
import type { Move } from '../policy.ts';
import type { ModelFailure } from '../ports.ts';
import { type Concern, obviousConcern } from '../safety.ts';
import type { TurnContext } from './turn.ts';

/** What came of asking the model: its words, guarded, and the move that code takes them for. */
export interface Spoken {
  ok: true;
  judgement: Judgement;
  said: TeacherOutput;
  move: Move;
  /** A message about danger or harm: the model's words are not to be used. */
  concern: Concern | null;
}

/**
 * Judges and answers a message: in one call, or, where it is configured so, in two. `decided` is the outcome that the
 * key or a command has settled. A message that gives the waiting answer away is asked for once more, with the reason;
 * then a hint stands in. Output that cannot be used at all becomes a plain sentence: the lesson stays alive.
 */
export async function speak(
  ctx: TurnContext,
  input: TeacherInput,
  decided: Outcome | null,
  step: string,
): Promise<Spoken | ModelFailure> {
  const obvious = obviousConcern(input.reply);
  if (obvious) return silent(input, { ...NEUTRAL, safety: obvious });
  const moderation = input.reply ? ctx.moderate(input.reply) : Promise.resolve(null);
  const evaluated = ctx.separate && decided === null ? await evaluate(ctx, input) : null;
  if (evaluated && !evaluated.ok) return evaluated;
  const outcome = evaluated ? legalOutcome(evaluated.judgement, input.graded, input.pending !== null) : decided;
  const narrowed = outcome ? { ...input, moves: { [outcome]: moveFor(input, outcome) } } : input;
  const result = await ctx.ask(step, teacherAgent, narrowed, preview(ctx, narrowed, outcome, moderation));
  if (!result.ok && !isFormless(result)) return result;
  const said = result.ok ? result.output : fallback(result.reason);
  const judgement = evaluated?.judgement ?? said.judgement;
  const concern = (await moderation) ?? judgement.safety;
  const move = moveFor(input, outcome ?? legalOutcome(judgement, input.graded, input.pending !== null));
  if (concern !== 'none') return { ...silent(input, { ...judgement, safety: concern }), move };
  const safe = await guarded(ctx, narrowed, move, said, `${step}-again`);
  return safe.ok ? { ok: true, judgement, said: safe.said, move, concern: null } : safe;
}

/**
 * The question whose answer may not be told with a move. One that was answered right, or followed by another, no longer
 * waits; the answer of one that was withdrawn stays untold.
 */
function waitingAfter(move: Move, input: TeacherInput): Question | null {
  const isFollowed = move.question !== null || move.needsQuestion;
  const isSettled = move.outcome === 'correct' || (isFollowed && !move.withdraws);
  return isSettled ? null : (input.pending?.question ?? null);
}

function moveFor(input: TeacherInput, outcome: Outcome): Move {
  const move = input.moves[outcome] ?? input.moves.no_answer;
  if (!move) throw new Error(`no move for the outcome ${outcome}`);
  return move;
}

async function evaluate(
  ctx: TurnContext,
  input: TeacherInput,
): Promise<{ ok: true; judgement: Judgement } | ModelFailure> {
  const result = await ctx.ask('evaluate', evaluatorAgent, input);
  if (result.ok) return { ok: true, judgement: result.output };
  return isFormless(result) ? { ok: true, judgement: NEUTRAL } : result;
}

/** Shows the message while it grows, once the judgement before it is known, and only what the guard lets through. */
function preview(
  ctx: TurnContext,
  input: TeacherInput,
  decided: Outcome | null,
  moderation: Promise<Judgement['safety'] | null>,
): (message: string, before: unknown) => void {
  let isCleared = false;
  void moderation.then((safety) => {
    isCleared = safety === null || safety === 'none';
  });
  return (message, before) => {
    const parsed = judgementSchema.safeParse((before as { judgement?: unknown } | null)?.judgement);
    if (!isCleared || !parsed.success || parsed.data.safety !== 'none') return;
    const move = moveFor(input, decided ?? legalOutcome(parsed.data, input.graded, input.pending !== null));
    const waiting = waitingAfter(move, input);
    const shown = waiting ? showable(waiting, message) : message;
    if (shown) ctx.preview(shown);
  };
}

async function guarded(
  ctx: TurnContext,
  input: TeacherInput,
  move: Move,
  said: TeacherOutput,
  step: string,
): Promise<{ ok: true; said: TeacherOutput } | ModelFailure> {
  const waiting = waitingAfter(move, input);
  const correction = complaintAbout(said.message, waiting);
  if (correction === null) return { ok: true, said };
  const again = await ctx.ask(step, teacherAgent, { ...input, moves: { [move.outcome]: move }, correction });
  if (!again.ok && !isFormless(again)) return again;
  const message = again.ok ? again.output.message : said.message;
  if (!waiting || !revealsAnswer(waiting, message)) return { ok: true, said: { ...said, message } };
  const hint = waiting.hints[Math.min(2, input.pending?.hintsUsed ?? 0)] ?? '';
  return { ok: true, said: { ...said, message: hint } };
}

/** No words of a model's: the fixed route speaks. */
function silent(input: TeacherInput, judgement: Judgement): Spoken {
  const concern = judgement.safety === 'none' ? null : judgement.safety;
  return { ok: true, judgement, said: fallback('invalid_output'), move: moveFor(input, 'no_answer'), concern };
}

/** The model answered, but not in a form, or not with words, that can be used. Asking again would not help. */
export function isFormless(failure: ModelFailure): boolean {
  return failure.reason === 'invalid_output' || failure.reason === 'refused';
}

function fallback(reason: ModelFailure['reason']): TeacherOutput {
  const message =
    reason === 'refused'
      ? "I'd rather not go into that. Let's stay with our lesson."
      : 'I lost my thread for a moment. Please say that once more.';
  return { judgement: NEUTRAL, message, question: null, unanswered: false, note: '' };
}
