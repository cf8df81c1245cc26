import type { OpenAI } from 'openai';
import type { AgentName } from '../../core/agents/agents.ts';
import type { Picture } from '../../core/messages.ts';
import type { JsonSchema } from './schema.ts';

/** What both of the provider's APIs have in common: one call in, one completion out. */

export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
  /** Of a user's message. */
  pictures?: readonly Picture[];
}

export interface Call {
  agent: AgentName;
  model: string;
  messages: Message[];
  /** Null: the server knows JSON but no schemas; the schema stands in the system message. */
  schema: JsonSchema | null;
  /** Groups calls that begin with the same text; null where the server may refuse the field. */
  cacheKey: string | null;
}

export interface Tokens {
  input: number;
  /** The part of `input` that came from the provider's cache. */
  cached: number;
  output: number;
}

export interface Completion {
  text: string;
  /** The model's words, or the filter's name, when it would not answer. */
  refusal: string | null;
  /** The output ran into a length limit. */
  truncated: boolean;
  tokens: Tokens;
}

/**
 * Sends a call and reads its stream to the end; `onText` gets the whole text so far. Throws what the SDK throws, and
 * StreamCut: an aborted signal ends the SDK's loop without an error, and so does a server that hangs up politely.
 */
export type StreamCall = (
  client: OpenAI,
  call: Call,
  signal: AbortSignal,
  onText: (text: string) => void,
) => Promise<Completion>;

/** The stream ended before the model did. */
export class StreamCut extends Error {
  constructor() {
    super('it ended before the answer was complete');
    this.name = 'StreamCut';
  }
}

export const NO_TOKENS: Tokens = { input: 0, cached: 0, output: 0 };

export function sumOf(a: Tokens, b: Tokens): Tokens {
  return { input: a.input + b.input, cached: a.cached + b.cached, output: a.output + b.output };
}
