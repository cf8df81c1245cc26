import { createRequire } from 'node:module';
import type { PromptMessage } from './ports.ts';

/**
 * Tokens as OpenAI's models count them (o200k). The tables take memory and half a second to load, so they are loaded
 * by the first prompt: the offline tutor never pays for them.
 */
const require = createRequire(import.meta.url);

interface Tokenizer {
  encode(text: string, options: { disallowedSpecial: Set<string> }): number[];
  decode(tokens: Iterable<number>): string;
}

let tokenizer: Tokenizer | undefined;

function loaded(): Tokenizer {
  tokenizer ??= require('gpt-tokenizer/encoding/o200k_base') as Tokenizer;
  return tokenizer;
}

/** "<|endoftext|>" in a learner's message is text like any other. */
const PLAIN = { disallowedSpecial: new Set<string>() };
/** More characters than this never belong to one token, so the rest need not be read. */
const CHARACTERS_PER_TOKEN = 12;

export function countTokens(text: string): number {
  return loaded().encode(text, PLAIN).length;
}

/** The words of a prompt; pictures are counted by whoever knows what they cost. */
export function promptTokens(messages: readonly PromptMessage[]): number {
  return messages.reduce((sum, { content }) => sum + countTokens(content), 0);
}

/** The beginning of a text, at most so many tokens of it; whole if it fits. */
export function clip(text: string, tokens: number): string {
  // Even one token a byte would fit.
  if (text.length * 3 <= tokens) return text;
  const head = text.slice(0, tokens * CHARACTERS_PER_TOKEN);
  const encoded = loaded().encode(head, PLAIN);
  if (encoded.length <= tokens && head.length === text.length) return text;
  return `${loaded()
    .decode(encoded.slice(0, tokens))
    .replace(/\ufffd+$/, '')} …`;
}
