import { setTimeout as delay } from 'node:timers/promises';
import type { IntakeOutput } from '../src/core/agents/intake.ts';
import type { PlannerOutput } from '../src/core/agents/planner.ts';
import type { TeacherOutput } from '../src/core/agents/teacher.ts';
import { NEUTRAL } from '../src/core/judgement.ts';
import type { OpenAiTwin, RecordedRequest, TwinAnswer } from '../test/twins/openai.ts';
import type { Dice } from './dice.ts';
import type { Storms } from './storms.ts';
import { tokensIn } from './tokens.ts';

/**
 * The scripted model: it takes every message for a side question, so that a lesson goes on for as long as we like, and
 * quotes in its reply the tokens of what the learner wrote, as it reads them in the prompt.
 */

export type ModelFault = 'stalled' | 'limited' | 'garbled' | 'failing' | 'cut';

/** A teacher's call for a learner's message. */
export interface TeacherCall {
  at: number;
  tokens: readonly string[];
}

/** Answers for the twin from now on, badly where a storm strikes. Returns the calls, which grow. */
export function playModel(twin: OpenAiTwin, storms: Storms<ModelFault>, dice: Dice): readonly TeacherCall[] {
  const calls: TeacherCall[] = [];
  twin.respond(async (request) => {
    // Thousands of prompts are too many to keep.
    twin.requests.length = 0;
    const said = saidBy(request);
    if (request.agent === 'teacher') calls.push({ at: Date.now(), tokens: tokensIn(said.message) });
    const fault = storms.strike();
    await delay(dice.between(30, 250));
    return spoilt({ json: said, chunkSize: 40 }, fault, request);
  });
  return calls;
}

/** Whether a text is the beginning of a teacher's message that did not come to its end. */
export function isCutShort(text: string): boolean {
  const begins = (start: string) => text !== '' && (text.startsWith(start) || start.startsWith(text));
  if (begins(ANSWER_START)) return !text.includes(ASIDE);
  return begins(OPENING_START) && !text.includes(OPENING.message);
}

const ANSWER_START = 'You ask well.';
const OPENING_START = 'We begin.';

/** A repair is left alone: two broken answers in a row are an answer of the tutor's own, without the token. */
function spoilt(answer: TwinAnswer, fault: ModelFault | null, request: RecordedRequest): TwinAnswer {
  switch (fault) {
    case 'stalled':
      return { text: JSON.stringify(answer.json).slice(0, 60), stall: true };
    case 'limited':
      return { status: 429, headers: { 'retry-after': '1' } };
    case 'garbled':
      return isRepair(request) ? answer : { text: JSON.stringify(answer.json).slice(0, -30) };
    case 'failing':
      return { status: 500 };
    case 'cut':
      return { ...answer, cutAfter: 80 };
    case null:
      return answer;
    default:
      return fault satisfies never;
  }
}

function isRepair({ body }: RecordedRequest): boolean {
  return JSON.stringify(body).includes('"role":"assistant"');
}

function saidBy({
  agent,
  user,
}: RecordedRequest): (TeacherOutput | PlannerOutput | IntakeOutput) & { message: string } {
  const topic = /^topic: (.+)$/m.exec(user)?.[1] ?? '';
  // A lesson that somebody's message began answers it with its plan; any other with its first words.
  const isAskedFor = topic.startsWith(WISH);
  if (agent === 'planner')
    return isAskedFor ? { ...PLAN, message: `${tokensIn(topic).join(' ')} ${PLAN.message}` } : PLAN;
  if (agent === 'summarizer') return { summary: 'They talk about tides.' } as never;
  if (agent === 'intake') return wishIn(user) as never;
  const reply = /<learner_reply>\n([\s\S]*?)\n<\/learner_reply>/.exec(user)?.[1];
  if (reply !== undefined) return { ...SIDE_ANSWER, message: `${ANSWER_START} ${tokensIn(reply).join(' ')} ${ASIDE}` };
  // The first message has no text of its own: its token is in the topic.
  const tokens = isAskedFor ? [] : tokensIn(topic);
  return { ...OPENING, message: `${OPENING_START} ${tokens.join(' ')} ${OPENING.message}` };
}

/** How a message begins that asks for a lesson. */
export const WISH = 'Teach me';

/** All that could be asked for, so that nothing is. */
function wishIn(user: string): IntakeOutput {
  const message = /<learner_message>\n([\s\S]*?)\n<\/learner_message>/.exec(user)?.[1] ?? '';
  const unsaid = { level: null, minutes: null, style: null, language: null, nickname: null };
  return { topic: message.slice(0, 80), mode: 'course', character: 'friendly', ...unsaid };
}

const ASIDE = 'What you feel at the shore is a difference of forces, and the Moon has the larger one.';

const PLAN: PlannerOutput = {
  message: 'Two steps, from what can be seen to why it happens.',
  steps: ['Two bulges of water', 'Sun and Moon together'].map((title, index) => ({
    id: `step-${index + 1}`,
    title,
    objective: `Explain: ${title}.`,
    approach: 'From one day at one beach.',
    criteria: 'Explains it in their own words.',
    source: null,
    needed: 2,
  })),
};

const SIDE_ANSWER: TeacherOutput = {
  judgement: { ...NEUTRAL, intent: 'question' },
  message: ASIDE,
  question: null,
  unanswered: false,
  note: '',
};

const OPENING: TeacherOutput = {
  judgement: NEUTRAL,
  message: 'Stand on a beach for a day, and you see the water come and go twice.',
  question: {
    kind: 'open',
    prompt: 'Why does the water come twice a day?',
    choices: [],
    answer: 'The far side of the ocean is pulled less than the globe and stays behind as a second bulge.',
    accept: ['second bulge', 'stays behind'],
    hints: ['Look at the far side.', 'Compare two pulls.', 'What is pulled less lags.'],
    explanation: 'The far water lags and stands out.',
  },
  unanswered: false,
  note: '',
};
