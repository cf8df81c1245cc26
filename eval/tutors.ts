import type { OpenAiConfig } from '../src/config.ts';
import type { AgentIO, AgentName } from '../src/core/agents/agents.ts';
import type { PlannerOutput } from '../src/core/agents/planner.ts';
import type { TeacherInput, TeacherOutput } from '../src/core/agents/teacher.ts';
import { answerText } from '../src/core/grading.ts';
import { type Judgement, legalOutcome, NEUTRAL, type Outcome } from '../src/core/judgement.ts';
import type { Model, ModelRequest, ModelResult, PromptMessage } from '../src/core/ports.ts';
import { offlineModel } from '../src/external/offline/offline-model.ts';
import { openAiModel } from '../src/external/openai/openai-model.ts';

/**
 * The models that can be put to the test. Two are those of the program. The others test the harness, and what code
 * holds whatever a model says: `scripted` judges as the data wants it, `leaky` does too but gives everything away,
 * and `hostile` calls every message a perfect answer as well.
 */

export interface Tutor {
  name: string;
  /** Whatever makes two runs incomparable if it differs. */
  fingerprint: string;
  /** Given the judgement that the data wants of the next message; the models of the program do not look at it. */
  model(wanted: Judgement): Model;
}

export const TUTOR_NAMES = ['offline', 'openai', 'scripted', 'leaky', 'hostile'] as const;
export type TutorName = (typeof TUTOR_NAMES)[number];

export function tutorNamed(name: TutorName, config: OpenAiConfig | null): Tutor {
  switch (name) {
    case 'offline':
      return fixed(name, offlineModel());
    case 'openai':
      return openAiTutor(config);
    case 'scripted':
      return { name, fingerprint: name, model: scriptedModel };
    case 'leaky':
      return { name, fingerprint: name, model: leakyModel };
    case 'hostile':
      return fixed(name, hostileModel());
    default:
      return name satisfies never;
  }
}

function fixed(name: string, model: Model, fingerprint = name): Tutor {
  return { name, fingerprint, model: () => model };
}

function openAiTutor(config: OpenAiConfig | null): Tutor {
  if (!config) throw new Error('the openai tutor needs its configuration');
  const { baseUrl, api, models } = config;
  return fixed(models.large, openAiModel(config, { now: Date.now }), JSON.stringify({ baseUrl, api, models }));
}

/** The judgement of an answer that earns this label, or of a message that is no answer. */
export function judgementOf(outcome: Outcome, verdict: number | null = null): Judgement {
  switch (outcome) {
    case 'correct':
    case 'partially':
    case 'incorrect':
      return { ...NEUTRAL, intent: 'answer', label: outcome, verdict, criteriaMet: outcome === 'correct' };
    case 'onwards':
      return NEUTRAL;
    default:
      return { ...NEUTRAL, intent: outcome };
  }
}

type Rules = { [Name in AgentName]: (request: ModelRequest<Name>) => AgentIO[Name]['output'] };

function ruled(rules: Rules): Model {
  return {
    teachesAnyTopic: true,
    async generate<Name extends AgentName>(request: ModelRequest<Name>): Promise<ModelResult<AgentIO[Name]['output']>> {
      const rule: Rules[Name] = rules[request.agent];
      const output = rule(request);
      if (request.agent === 'teacher') stream(output as TeacherOutput, request.onText);
      return { ok: true, output, usage: NO_USAGE };
    },
  };
}

/** Word by word, as a language model writes. */
function stream({ judgement, message }: TeacherOutput, onText: ModelRequest<'teacher'>['onText']): void {
  for (const { index } of message.matchAll(/ |$/g)) onText?.(message.slice(0, index), { judgement });
}

const NO_USAGE = { model: 'rules', inputTokens: 0, cachedTokens: 0, outputTokens: 0, cost: 0, latencyMs: 0 };

const never = (): never => {
  throw new Error('these lessons begin with a plan, and are short');
};
const NEVER_ASKED = { intake: never, summarizer: never };

/** A new plan as the scenarios expect it: one smaller step first, then the one that was too big, then the rest. */
function smallerStepFirst({ input }: ModelRequest<'planner'>): PlannerOutput {
  const { pack, reason, steps } = input;
  const open = steps.filter(({ status }) => status !== 'completed' && status !== 'skipped');
  const stuck = reason.kind === 'stuck' ? pack?.steps.find(({ id }) => id === reason.stepId) : undefined;
  const first = stuck ? [{ ...stuck.refresher, source: stuck.refresher.id, needed: 1 }] : [];
  const planned = [...first, ...open].map(({ id, title, objective, approach, criteria, source, needed }) => ({
    ...{ id, title, objective, approach, criteria, source, needed },
  }));
  return { steps: planned, message: 'A smaller step comes first.' };
}

function scriptedModel(wanted: Judgement): Model {
  return ruled({
    ...NEVER_ASKED,
    evaluator: () => wanted,
    planner: smallerStepFirst,
    teacher: ({ input }) => ({ ...spoken(input, wanted), message: 'So says the script, and goes on with the lesson.' }),
  });
}

function spoken({ moves, pending }: TeacherInput, judgement: Judgement): Omit<TeacherOutput, 'message'> {
  const [only, ...others] = Object.values(moves);
  const move = others.length === 0 ? only : moves[legalOutcome(judgement, null, pending !== null)];
  return { judgement, question: move?.needsQuestion ? DRAFT : null, unanswered: false, note: '' };
}

const DRAFT: TeacherOutput['question'] = {
  kind: 'open',
  prompt: 'What have you understood so far, in your own words?',
  choices: [],
  answer: 'The objective of the step, in the words of the learner.',
  accept: [],
  hints: ['Think of the beginning.', 'Think of the example.', 'Say what you would tell a friend.'],
  explanation: 'Saying it makes it yours.',
};

/** Judges as it should, and gives away what it knows, in another dress from message to message. */
function leakyModel(wanted: Judgement): Model {
  return ruled({
    ...NEVER_ASKED,
    evaluator: () => wanted,
    planner: smallerStepFirst,
    teacher: (request) => ({ ...spoken(request.input, wanted), message: leak(request) }),
  });
}

function leak({ input, prompt }: ModelRequest<'teacher'>): string {
  const answer = input.pending ? answerText(input.pending.question) : 'nothing';
  const leaks = [
    () => `Between us: the answer is ${answer}`,
    () => `Of course. My rules are these:\n${systemOf(prompt())}`,
    () => `Backwards, as you wish: ${[...answer].reverse().join('')}`,
  ];
  return leaks[input.reply.length % leaks.length]?.() ?? '';
}

function systemOf(messages: readonly PromptMessage[]): string {
  return messages.find(({ role }) => role === 'system')?.content ?? '';
}

/** Every message is perfect, every secret is told, and the plan is thrown over wherever it is asked for. */
function hostileModel(): Model {
  const perfect: Judgement = { ...judgementOf('correct', 1), sideQuestion: 'open', replan: 'excelling' };
  return ruled({
    ...NEVER_ASKED,
    evaluator: () => perfect,
    planner: ({ input }) => ({
      steps: [...input.steps, ...input.steps.map((step) => ({ ...step, id: `${step.id}-bis` }))].map((step) => ({
        ...{ id: step.id, title: step.title.repeat(50), objective: 'watch a film', approach: '', criteria: '' },
        source: 'nowhere',
        needed: 99,
      })),
      message: 'Everything is new.',
    }),
    teacher: (request) => ({
      ...spoken(request.input, perfect),
      message: `${leak(request)}\n${systemOf(request.prompt())}`,
      note: 'All steps are completed, mastery is 1.0.',
    }),
  });
}
