import { setTimeout as delay } from 'node:timers/promises';
import type { AgentIO, AgentName } from '../src/core/agents/agents.ts';
import type { IntakeOutput } from '../src/core/agents/intake.ts';
import type { TeacherInput, TeacherOutput } from '../src/core/agents/teacher.ts';
import { NEUTRAL } from '../src/core/judgement.ts';
import type { PlannedStep } from '../src/core/lesson.ts';
import type { Model, ModelRequest, ModelResult, PromptMessage } from '../src/core/ports.ts';
import type { OpenAiTwin } from '../test/twins/openai.ts';

/**
 * The script of the measured lessons: a model that takes as long as it is told, and every reply for a side question, so
 * that a lesson stays on its first step for as many turns as we like, and a learner whose replies repeat every five turns.
 */

/** No pack has it: the plan and the open question come from the model, as in a lesson on any topic. */
export const TOPIC = 'how tides work';

export interface ScriptedModel extends Model {
  /** The prompt that the last teacher call would have sent. */
  lastTeacherPrompt(): PromptMessage[];
}

export function scriptedModel(latencyMs = 0): ScriptedModel {
  let lastTeacherPrompt = (): PromptMessage[] => [];
  return {
    teachesAnyTopic: true,
    lastTeacherPrompt: () => lastTeacherPrompt(),
    async generate<Name extends AgentName>(request: ModelRequest<Name>): Promise<ModelResult<AgentIO[Name]['output']>> {
      // Rendering costs time that belongs to a model's adapter, so only the figure that needs the prompt pays for it.
      if (request.agent === 'teacher') lastTeacherPrompt = request.prompt;
      if (latencyMs > 0) await delay(latencyMs);
      const rule: (typeof RULES)[Name] = RULES[request.agent];
      return { ok: true, output: rule(request.input), usage: USAGE };
    },
  };
}

/** The same model behind a provider's wire, for the program's own processes. */
export function playScript(twin: OpenAiTwin, latencyMs: number): void {
  twin.respond(async ({ agent, user }) => {
    // Thousands of prompts are too many to keep.
    twin.requests.length = 0;
    await delay(latencyMs);
    return { json: saidOnTheWire(agent, user), chunkSize: CHUNK };
  });
}

/** Characters per event, as of a provider that puts some tokens into each. */
const CHUNK = 40;

/** What the script answers to an agent's prompt, with a message of its own to a learner's question. */
export function saidOnTheWire(agent: string, user: string, message = SIDE_ANSWER.message): object {
  if (agent === 'planner') return { steps: PLAN, message: PLAN_MESSAGE };
  if (agent === 'summarizer') return { summary: SUMMARY };
  if (agent === 'intake') return WISHES;
  return user.includes('<learner_reply>') ? { ...SIDE_ANSWER, message } : OPENING;
}

const RULES: { [Name in AgentName]: (input: AgentIO[Name]['input']) => AgentIO[Name]['output'] } = {
  intake: () => {
    throw new Error('the script gives the topic at the start, so nothing is left to take in');
  },
  evaluator: () => NEUTRAL,
  summarizer: () => ({ summary: SUMMARY }),
  planner: () => ({ steps: PLAN, message: PLAN_MESSAGE }),
  teacher: (input) => (isOpening(input) ? OPENING : { ...SIDE_ANSWER, note: `asked: ${input.reply.slice(0, 60)}` }),
};

function isOpening(input: TeacherInput): boolean {
  return input.moves.onwards !== undefined;
}

/** A row in `usage` is part of a turn's cost, so the script reports some. */
const USAGE = { model: 'scripted', inputTokens: 1500, cachedTokens: 900, outputTokens: 220, cost: 0.001, latencyMs: 0 };

function step(id: string, title: string, objective: string): PlannedStep {
  return {
    id,
    title,
    objective,
    approach: 'Start from what can be seen on one day at one beach, then ask what would explain it.',
    criteria: 'The learner explains it in their own words and uses it on a case that was not shown before.',
    source: null,
    needed: 2,
  };
}

/** Of whoever writes to the tutor to begin: all that could be asked for. */
const WISHES: IntakeOutput = {
  ...{ topic: TOPIC, mode: 'course', character: 'friendly' },
  ...{ level: null, minutes: null, style: null, language: null, nickname: null },
};

const PLAN_MESSAGE = 'Three steps, from what you can see at the shore to why it happens.';

const PLAN: PlannedStep[] = [
  step('two-bulges', 'Two bulges of water', 'Explain why most coasts have two high tides a day.'),
  step('sun-and-moon', 'Sun and Moon together', 'Explain spring tides and neap tides from the places of Sun and Moon.'),
  step('coasts', 'Why coasts differ', 'Explain why the range is metres in one bay and centimetres in another.'),
];

const OPENING: TeacherOutput = {
  judgement: NEUTRAL,
  message:
    'Stand on a beach for a day and you see the water come and go **twice**. The Moon pulls the near side of the ocean ' +
    'a little more than the Earth, and the Earth a little more than the far side. What is left over stretches the water ' +
    'into two bulges, and the turning Earth carries your beach through both of them.',
  question: {
    kind: 'open',
    prompt: 'Why is there a bulge on the side of the Earth that faces away from the Moon?',
    choices: [],
    answer: 'The pull is weakest there, so the Earth is drawn away from that water and the water is left behind.',
    accept: ['weaker pull', 'left behind'],
    hints: [
      'Compare the pull on the far water with the pull on the middle of the Earth.',
      'Three runners hold a rubber band, and the front one speeds up. What happens to the last one?',
      'The Earth is drawn towards the Moon more than the far water is. So the far water ...',
    ],
    explanation: 'The far water is pulled less than the Earth, so it lags and stands out as a second bulge.',
  },
  unanswered: false,
  note: '',
};

const SIDE_ANSWER: TeacherOutput = {
  judgement: { ...NEUTRAL, intent: 'question' },
  message:
    'Good that you ask. Forces act on every part of the Earth and its water at once, and a tide is what remains when you ' +
    'subtract the average: **only the difference counts**. That is why the Sun, with a far stronger pull, raises the ' +
    'smaller tide: it is so far away that its pull hardly differs from one side of the Earth to the other.\n\n' +
    'Keep that word, *difference*, and look at the question again.',
  question: null,
  unanswered: false,
  note: '',
};

/** As long as a summary may become. */
const SUMMARY = Array.from({ length: 12 }, (_, index) => `${index + 1}. ${SIDE_ANSWER.message.slice(0, 110)}`).join(
  '\n',
);

const REPLIES = [
  'Is it because the Earth spins so fast that the water is thrown outwards, like in a washing machine?',
  'Wait, why does the Sun matter less when its gravity is so much stronger than that of the Moon?',
  'I looked at a tide table for our holidays and the second high tide was almost an hour later the next day. How come?',
  'Do lakes have tides as well? I have never seen one at ours, but it is quite large.',
  'So if the Moon pulls on everything, does the solid ground move up and down too, or is it only the water?',
];

/** Of five replies, so that turns whose numbers differ by a multiple of five say the same. */
export function replyAt(turn: number): string {
  return REPLIES[turn % REPLIES.length] ?? '';
}

/** What a growing lesson hears: now and then a hint, which is answered without a model. */
export function messageAt(turn: number): string {
  return turn % 20 === 10 ? 'hint' : replyAt(turn);
}
