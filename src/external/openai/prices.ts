import type { Tokens } from './completion.ts';

/** US dollars per million tokens. */
interface Price {
  input: number;
  cached: number;
  output: number;
  /** The most input tokens that one picture counts as. */
  picture: number;
}

/**
 * OpenAI's standard list prices (openai.com/api/pricing), and what its guide to pictures says of their tokens, as they
 * were known in April 2026. The provider may change them at any time: the figures serve budgets and comparisons, the
 * invoice is the provider's.
 */
const PRICES: Readonly<Record<string, Price>> = {
  'gpt-4o': { input: 2.5, cached: 1.25, output: 10, picture: 1_445 },
  'gpt-4o-mini': { input: 0.15, cached: 0.075, output: 0.6, picture: 48_169 },
  'gpt-4.1': { input: 2, cached: 0.5, output: 8, picture: 1_445 },
  'gpt-4.1-mini': { input: 0.4, cached: 0.1, output: 1.6, picture: 2_489 },
  'gpt-4.1-nano': { input: 0.1, cached: 0.025, output: 0.4, picture: 3_779 },
  'o4-mini': { input: 1.1, cached: 0.275, output: 4.4, picture: 2_642 },
  // The first snapshot kept its higher price.
  'gpt-4o-2024-05-13': { input: 5, cached: 5, output: 15, picture: 1_445 },
};

/** The most that a call with so many tokens of text, and so many pictures, may cost; null where no price is known. */
export function mostCost(model: string, textTokens: number, pictures: number): number | null {
  const price = priceOf(model);
  const input = textTokens + pictures * (price?.picture ?? 0);
  return costOf(model, { input, cached: 0, output: MAX_OUTPUT_TOKENS });
}

/** What a structured reply of ours never exceeds in practice. */
const MAX_OUTPUT_TOKENS = 1_500;

/** What the tokens cost in US dollars, or null for a model whose price is not known. */
export function costOf(model: string, tokens: Tokens): number | null {
  const price = priceOf(model);
  if (!price) return null;
  const fresh = Math.max(tokens.input - tokens.cached, 0);
  return (fresh * price.input + tokens.cached * price.cached + tokens.output * price.output) / 1_000_000;
}

function priceOf(model: string): Price | undefined {
  return byModel(PRICES, model);
}

function byModel<P>(prices: Readonly<Record<string, P>>, model: string): P | undefined {
  return prices[model] ?? prices[model.replace(/-\d{4}-\d{2}-\d{2}$/, '')];
}

/** US dollars: of a minute of sound, as the provider reckons it, and per million tokens where it counts those. */
interface HearingPrice {
  minute: number;
  tokens: { audio: number; text: number; output: number } | null;
}

const HEARING_PRICES: Readonly<Record<string, HearingPrice>> = {
  'whisper-1': { minute: 0.006, tokens: null },
  'gpt-4o-transcribe': { minute: 0.006, tokens: { audio: 6, text: 2.5, output: 10 } },
  'gpt-4o-mini-transcribe': { minute: 0.003, tokens: { audio: 3, text: 1.25, output: 5 } },
};

/** Of who speaks fast, in tokens. */
const FAST = 1.5;

/** The most that listening to so many seconds may cost; null where no price is known. */
export function mostHearingCost(model: string, seconds: number): number | null {
  const price = byModel(HEARING_PRICES, model);
  return price ? (seconds / 60) * price.minute * (price.tokens ? FAST : 1) : null;
}

/** `tokens`: as the provider counts them, if it does. */
export function hearingCost(
  model: string,
  seconds: number,
  tokens: { audio: number; text: number; output: number } | null,
): number | null {
  const price = byModel(HEARING_PRICES, model);
  if (!price) return null;
  if (!tokens || !price.tokens) return (seconds / 60) * price.minute;
  const { audio, text, output } = price.tokens;
  return (tokens.audio * audio + tokens.text * text + tokens.output * output) / 1_000_000;
}
