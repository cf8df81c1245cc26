import { type AgentIO, type AgentName, callAgent } from '../src/core/agents/agents.ts';
import type { PlannerInput, PlannerOutput } from '../src/core/agents/planner.ts';
import type { TeacherInput } from '../src/core/agents/teacher.ts';
import { RECENT_MESSAGES } from '../src/core/context.ts';
import { packPart } from '../src/core/curriculum.ts';
import { type Judgement, legalOutcome, type Outcome } from '../src/core/judgement.ts';
import type { Reply } from '../src/core/messages.ts';
import { answerTurn } from '../src/core/phases/routing.ts';
import { teach } from '../src/core/phases/teaching.ts';
import type { PhaseResult, TurnContext, TurnDraft } from '../src/core/phases/turn.ts';
import type { Model, ModelResult } from '../src/core/ports.ts';
import type { Prompts } from '../src/core/prompts.ts';
import type { Ask } from '../src/core/steps.ts';
import { cleanInput } from '../src/core/text.ts';
import { type Lesson, stepId } from './lessons.ts';
import { type Meter, metered, NOTHING_USED } from './meter.ts';

/** Plays one message of a lesson in memory: the phases of the program, with neither database nor platform. */

/** What a lesson is played with. */
export interface Player {
  model: Model;
  prompts: Prompts;
  separate: boolean;
}

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
  /** Of an answer, 0 to 1. */
  score: number | null;
  /** The plan as the planner found it, where it was asked for a new one. */
  replan: PlannerInput | null;
  /** What was wrong with a model's answer, where the lesson went on without it. */
  complaint: string | null;
  used: Meter;
}

type Heard = {
  [Name in AgentName]: {
    agent: Name;
    step: string;
    input: AgentIO[Name]['input'];
    output: AgentIO[Name]['output'] | null;
  };
}[AgentName];

interface Ear {
  heard: Heard[];
  previews: string[];
  complaint: string | null;
  used: Meter;
}

/** One message of the learner's. Throws where the model gave no answer at all. */
export function say(player: Player, lesson: Lesson, text: string): Promise<Turn> {
  return play(player, lesson, cleanInput(text), (ctx) => answerTurn(ctx, lesson.state));
}

/** The tutor's first words: it opens the first step and asks. */
export function open(player: Player, lesson: Lesson): Promise<Turn> {
  return play(player, lesson, '', (ctx) => teach(ctx, lesson.state, 'onwards'));
}

/** Throws where the lesson went on without a judgement, because the model's answer could not be used. */
export function assertJudged({ complaint, outcome }: Turn): void {
  if (complaint && outcome === 'no_answer') throw new Error(complaint);
}

async function play(
  player: Player,
  lesson: Lesson,
  text: string,
  run: (ctx: TurnContext) => Promise<PhaseResult> | PhaseResult,
): Promise<Turn> {
  const { model } = player;
  const ear: Ear = { heard: [], previews: [], complaint: null, used: NOTHING_USED };
  const ctx: TurnContext = {
    text,
    action: null,
    start: null,
    curriculum: lesson.curriculum,
    teachesAnyTopic: model.teachesAnyTopic,
    seq: lesson.turns + 1,
    ask: listening(player, lesson, ear),
    isSettled: false,
    homeworkGuard: false,
    pictures: [],
    seesPictures: false,
    recent: lesson.transcript.slice(-RECENT_MESSAGES),
    summary: '',
    memory: async () => ({}),
    speech: null,
    unspoken: null,
    turnLimit: null,
    locale: null,
    separate: player.separate,
    moderate: (said) => model.moderate?.(said) ?? Promise.resolve(null),
    preview: (shown) => ear.previews.push(shown),
  };
  const result = await run(ctx);
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return turnOf(lesson, text, result, ear);
}

function listening({ model, prompts }: Player, lesson: Lesson, ear: Ear): Ask {
  return async (step, agent, input, onText) => {
    const result = await callAgent(model, prompts, agent, input, onText);
    ear.used = metered(ear.used, result.usage);
    if (!result.ok) ear.complaint ??= `${result.reason}: ${result.detail}`;
    ear.heard.push({ agent: agent.name, step, input, output: result.ok ? result.output : null } as Heard);
    if (agent.name !== 'planner') return result;
    return asScripted(lesson, result as ModelResult<PlannerOutput>) as typeof result;
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

function turnOf(before: Lesson, text: string, { state, replies, decisions }: TurnDraft, ear: Ear): Turn {
  const shown = replies.map(visible).join('\n\n');
  const learner = text ? [{ author: 'learner' as const, text }] : [];
  const planned = ear.heard.find(({ agent }) => agent === 'planner');
  const replan = planned ? (planned.input as PlannerInput) : null;
  const isUnsafe = decisions.some(({ type }) => type === 'safety');
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
    // What is met with fixed words is not graded, whatever else it says.
    ...(isUnsafe ? { outcome: 'no_answer', score: null } : takenFor(ear.heard, replan)),
  };
}

/** What the message counted as: the key's word, else the model's as far as it is legal. */
function takenFor(heard: readonly Heard[], replan: PlannerInput | null): Pick<Turn, 'outcome' | 'score'> {
  const first = heard.find(({ step }) => step === 'evaluate' || step === 'teach');
  // Where the key finds the third wrong answer, only the planner is asked.
  if (!first) return { outcome: replan?.reason.kind === 'stuck' ? 'incorrect' : null, score: null };
  const { graded, moves, pending } = first.input as TeacherInput;
  const judgement = judgementIn(first);
  const [known, ...others] = Object.keys(moves) as Outcome[];
  const legal = judgement ? legalOutcome(judgement, graded, pending !== null) : 'no_answer';
  return {
    outcome: known && others.length === 0 ? known : legal,
    score: (graded?.certain ? graded.verdict : judgement?.verdict) ?? null,
  };
}

function judgementIn(heard: Heard): Judgement | null {
  if (heard.agent === 'evaluator') return heard.output;
  return heard.agent === 'teacher' ? (heard.output?.judgement ?? null) : null;
}

function visible({ text, question, closing }: Reply): string {
  const choices = question?.choices.map((choice) => `${choice.id}) ${choice.text}`) ?? [];
  return [text, question?.prompt, ...choices, closing].filter(Boolean).join('\n');
}
