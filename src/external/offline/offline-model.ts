import type { AgentIO, AgentName } from '../../core/agents/agents.ts';
import type { Model, ModelRequest, ModelResult } from '../../core/ports.ts';
import { judge } from './judge.ts';
import { plan } from './plan.ts';
import { speak } from './speak.ts';
import { readWishes } from './wishes.ts';

/**
 * The offline tutor: a model that needs no key and no network. It teaches the authored curriculum by rule, obeys the
 * same contracts as a language model, and says what it cannot do.
 */
export function offlineModel(): Model {
  return {
    teachesAnyTopic: false,
    async generate<Name extends AgentName>(request: ModelRequest<Name>): Promise<ModelResult<AgentIO[Name]['output']>> {
      const rule: (typeof RULES)[Name] = RULES[request.agent];
      return { ok: true, output: rule(request.input), usage: NO_USAGE };
    },
  };
}

const RULES: { [Name in AgentName]: (input: AgentIO[Name]['input']) => AgentIO[Name]['output'] } = {
  intake: readWishes,
  planner: plan,
  evaluator: judge,
  // Without a model nobody reads it; the newest words are kept, so that it could be read.
  summarizer: ({ before, messages }) => ({
    summary: [before, ...messages.map(({ author, text }) => `${author}: ${text.slice(0, 80)}`)].join('\n').slice(-1000),
  }),
  teacher: (input) => {
    const judgement = judge(input);
    return { judgement, ...speak(input, judgement), question: null, note: '' };
  },
};

const NO_USAGE = { model: 'offline', inputTokens: 0, cachedTokens: 0, outputTokens: 0, cost: 0, latencyMs: 0 };
