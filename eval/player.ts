import { type AgentIO, type AgentName, callAgent } from '../src/core/agents/agents.ts';
import type { PlannerInput, PlannerOutput } from '../src/core/agents/planner.ts';
import type { TeacherInput, TeacherOutput } from '../src/core/agents/teacher.ts';
import { packPart } from '../src/core/curriculum.ts';
import { type Judgement, legalOutcome, type Outcome } from '../src/core/judgement.ts';
import { applyEvent, type LessonState } from '../src/core/lesson.ts';
import type { Reply } from '../src/core/messages.ts';
import { answer } from '../src/core/phases/answering.ts';
import { commandOf, runCommand } from '../src/core/phases/commands.ts';
import { teach } from '../src/core/phases/teaching.ts';
import type { PhaseResult, TurnContext, TurnDraft } from '../src/core/phases/turn.ts';
import type { Model, ModelResult } from '../src/core/ports.ts';
import type { Prompts } from '../src/core/prompts.ts';
import type { Ask } from '../src/core/steps.ts';
import { cleanInput } from '../src/core/text.ts';
import { type Lesson, stepId } from './lessons.ts';
import { type Meter, metered, NOTHING_USED } from './meter.ts';

/** Plays one message of a lesson in memory: the phases of the program, with neither database nor platform. */

export interface Turn {
  before: Lesson;
  lesson: Lesson;
  replies: readonly Reply[];
  /** Everything that the learner can read of the replies. */
  text: string;
  /** Everything that was shown while the reply was being written. */
  previews: readonly string[];
  /** What the message was taken for; null for a command. */
  outcome: Outcome | null;
  /** As the model gave it; null where no model was asked. */
  judgement: Judgement | null;
  /** Of an answer, 0 to 1. */
  score: number | null;
  /** The plan as the planner found it, where it was asked for a new one. */
  replan: PlannerInput | null;
  /** What was wrong with the model's answer, where the lesson went on without it. */
  complaint: string | null;
  used: Meter;
}

type Heard = {
  [Name in AgentName]: { agent: Name; step: string; input: AgentIO[Name]['input']; output: AgentIO[Name]['output'] | null };
}[AgentName];

interface Ear {
  heard: Heard[];
  previews: string[];
  complaint: string | null;
  used: Meter;
}

/** As many exchanges as the program shows a model. */
const RECENT_MESSAGES = 10;

/** One message of the learner's. Throws where the model gave no answer at all. */
export function say(model: Model, prompts: Prompts, lesson: Lesson, text: string): Promise<Turn> {
  const said = cleanInput(text);
  return play(model, prompts, { lesson, text: said }, (ctx) => dispatch(ctx, lesson.state));
}

/** The tutor's first words: it opens the first step and asks. */
export function open(model: Model, prompts: Prompts, lesson: Lesson): Promise<Turn> {
  return play(model, prompts, { lesson, text: '' }, (ctx) => teach(ctx, lesson.state, 'onwards'));
}

/** As core/tutor.ts answers a turn, for the phases that a lesson with a plan can be in. */
function dispatch(ctx: TurnContext, stored: LessonState): Promise<PhaseResult> | PhaseResult {
  const command = commandOf(ctx);
  const state = command === 'pause' || command === 'resume' ? stored : applyEvent(stored, { type: 'resumed' });
  const done = command && runCommand(ctx, state, command);
  if (done) return done;
  if (state.phase === 'teaching' || state.phase === 'replanning') return teach(ctx, state, null);
  if (state.phase === 'completed' || state.phase === 'answering') return answer(ctx, state);
  throw new Error(`a lesson in the phase "${state.phase}" is not played here`);
}

async function play(
  model: Model,
  prompts: Prompts,
  { lesson, text }: { lesson: Lesson; text: string },
  run: (ctx: TurnContext) => Promise<PhaseResult> | PhaseResult,
): Promise<Turn> {
  const ear: Ear = { heard: [], previews: [], complaint: null, used: NOTHING_USED };
  const ctx: TurnContext = {
    text,
    action: null,
    start: null,
    curriculum: lesson.curriculum,
    teachesAnyTopic: model.teachesAnyTopic,
    seq: lesson.turns + 1,
    ask: listening(model, prompts, lesson, ear),
    recent: async () => lesson.transcript.slice(-RECENT_MESSAGES),
    preview: (shown) => ear.previews.push(shown),
  };
  const result = await run(ctx);
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return turnOf(lesson, text, result, ear);
}

function listening(model: Model, prompts: Prompts, lesson: Lesson, ear: Ear): Ask {
  return async (step, agent, input, onText) => {
    const result = await callAgent(model, prompts, agent, input, onText);
    ear.used = metered(ear.used, result.usage);
    if (!result.ok) ear.complaint ??= `${result.reason}: ${result.detail}`;
    const output = result.ok ? result.output : null;
    ear.heard.push({ agent: agent.name, step, input, output } as Heard);
    const isPlan = agent.name === 'planner' && result.ok;
    return isPlan ? (asScripted(lesson, result as ModelResult<PlannerOutput>) as typeof result) : result;
  };
}

/** The data says how many right answers complete a step and what is asked in it: a new plan has no say in that. */
function asScripted(lesson: Lesson, result: ModelResult<PlannerOutput>): ModelResult<PlannerOutput> {
  const [pack] = lesson.curriculum.packs;
  if (!result.ok || !pack) return result;
  const steps = result.output.steps.map((step) => {
    const id = stepId(step.id);
    return { ...step, needed: lesson.needed, source: packPart(pack, id) ? id : step.source };
  });
  return { ...result, output: { ...result.output, steps } };
}

function turnOf(before: Lesson, text: string, { state, replies }: TurnDraft, ear: Ear): Turn {
  const shown = replies.map(visible).join('\n\n');
  const learner = text ? [{ author: 'learner' as const, text }] : [];
  const judged = ear.heard.find(({ agent, step }) => agent === 'teacher' && step === 'teach');
  const planned = ear.heard.find(({ agent }) => agent === 'planner');
  const replan = planned ? (planned.input as PlannerInput) : null;
  return {
    before,
    lesson: {
      ...before,
      state,
      transcript: [...before.transcript, ...learner, { author: 'tutor', text: shown }],
      turns: before.turns + 1,
    },
    replies,
    text: shown,
    previews: ear.previews,
    replan,
    complaint: ear.complaint,
    used: { ...ear.used, turns: 1 },
    ...(judged
      ? judgedBy(judged.input as TeacherInput, judged.output as TeacherOutput | null)
      : { outcome: replan?.reason.kind === 'stuck' ? 'incorrect' : null, judgement: null, score: null }),
  };
}

/** What the message counted as: the key's word, else the model's as far as it is legal. */
function judgedBy(input: TeacherInput, output: TeacherOutput | null): Pick<Turn, 'outcome' | 'judgement' | 'score'> {
  const judgement = output?.judgement ?? null;
  const known = Object.keys(input.moves) as Outcome[];
  const legal = judgement ? legalOutcome(judgement, input.graded, input.pending !== null) : 'no_answer';
  const isByKey = input.graded?.certain === true;
  return {
    outcome: known.length === 1 ? (known[0] ?? legal) : legal,
    judgement,
    score: isByKey ? (input.graded?.verdict ?? null) : (judgement?.verdict ?? null),
  };
}

function visible({ text, question, closing }: Reply): string {
  const choices = question?.choices.map((choice) => `${choice.id}) ${choice.text}`) ?? [];
  return [text, question?.prompt, ...choices, closing].filter(Boolean).join('\n');
}
