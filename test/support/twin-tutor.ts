import { NEUTRAL } from '../../src/core/judgement.ts';
import type { RecordedRequest, TwinAnswer } from '../twins/openai.ts';

/**
 * A scripted language model for the twin: reads the prompts as a model would, and answers by simple rules. It never
 * sees the structured input, so a lesson with it proves that the prompts carry what a model needs.
 */
export function twinTutor(request: RecordedRequest): TwinAnswer {
  switch (request.agent) {
    case 'intake':
      return { json: NO_WISHES };
    case 'summarizer':
      return { json: { summary: `The twin has read ${request.user.split('\n').length} lines.` } };
    case 'planner':
      return { json: planFrom(request.user) };
    case 'evaluator':
      return { json: judgementFrom(request.user) };
    default:
      return { json: teachingFrom(request.user), chunkSize: 16 };
  }
}

const NO_WISHES = {
  topic: null,
  mode: null,
  character: null,
  level: null,
  minutes: null,
  style: null,
  language: null,
  nickname: null,
};

/** The prepared sources in their order; around a step that blocks, its easier source comes first. */
function planFrom(prompt: string) {
  const sources = [...prompt.matchAll(/^- ([a-z0-9-]+): (?:\(easier, prepares for ([a-z0-9-]+)\) )?(.+)$/gm)].map(
    ([, id = '', eases = null, objective = '']) => ({ id, eases, objective }),
  );
  const stuck = /failed three times on step "([^"]+)"/.exec(prompt)?.[1];
  const open = [...prompt.matchAll(/^\d+\. \[([a-z0-9-]+)\] .+ \((pending|blocked|in_progress),/gm)].map(
    (found) => found[1],
  );
  const chosen = sources.filter(({ id, eases }) => (stuck ? open.includes(id) || eases === stuck : eases === null));
  const first = chosen.find(({ eases }) => eases !== null);
  const ordered = first ? [first, ...chosen.filter((source) => source !== first)] : chosen;
  return {
    steps: ordered.map(({ id, objective }) => ({
      id,
      title: `Step ${id}`,
      objective,
      approach: 'with examples',
      criteria: 'right answers',
      source: id,
      needed: 2,
    })),
    message: stuck ? 'We take a smaller step first.' : 'This is the way I would go.',
  };
}

/** The judgement of a call that does nothing else. */
function judgementFrom(prompt: string) {
  return { ...NEUTRAL, intent: intentOf(replyIn(prompt)) };
}

function teachingFrom(prompt: string) {
  const decided = /Already decided [^:]*: (\w+)\./.exec(prompt)?.[1];
  const intent = decided ?? intentOf(replyIn(prompt));
  const skill = new RegExp(`^If ${intent}: (\\w+)\\.`, 'm').exec(prompt)?.[1];
  const isAnswer = ['correct', 'partially', 'incorrect'].includes(intent);
  return {
    judgement: {
      ...NEUTRAL,
      intent: isAnswer ? 'answer' : intent === 'onwards' ? 'no_answer' : intent,
      label: isAnswer ? intent : null,
      verdict: intent === 'correct' ? 1 : isAnswer ? 0.2 : null,
      criteriaMet: intent === 'correct',
    },
    message: `The twin uses **${skill}** here, and says so in a sentence that is long enough to stream.`,
    question: null,
    unanswered: false,
    note: '',
  };
}

function replyIn(prompt: string): string {
  return /<learner_reply>\n([\s\S]*?)\n<\/learner_reply>/.exec(prompt)?.[1] ?? '';
}

function intentOf(reply: string): string {
  if (/just tell me/i.test(reply)) return 'wants_answer';
  if (/minecraft|phone/i.test(reply)) return 'off_topic';
  if (/ignore your/i.test(reply)) return 'manipulation';
  return /^(why|what|how|does|is)\b/i.test(reply) ? 'question' : 'no_answer';
}
