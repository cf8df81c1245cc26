import type { Tokens } from './completion.ts';

/** US dollars per million tokens. */
interface Price {
  input: number;
  cached: number;
  output: number;
}

/**
 * OpenAI's standard list prices (openai.com/api/pricing), as they were known in April 2026. The provider may change
 * them at any time: the figures serve budgets and comparisons, the invoice is the provider's.
 */
const PRICES: Readonly<Record<string, Price>> = {
  'gpt-4o': { input: 2.5, cached: 1.25, output: 10 },
  'gpt-4o-mini': { input: 0.15, cached: 0.075, output: 0.6 },
  'gpt-4.1': { input: 2, cached: 0.5, output: 8 },
  'gpt-4.1-mini': { input: 0.4, cached: 0.1, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, cached: 0.025, output: 0.4 },
  'o4-mini': { input: 1.1, cached: 0.275, output: 4.4 },
  // The first snapshot kept its higher price.
  'gpt-4o-2024-05-13': { input: 5, cached: 5, output: 15 },
};

/** The most that a call with so many input tokens may cost; null where the price is not known. */
export function mostCost(model: string, inputTokens: number): number | null {
  return costOf(model, { input: inputTokens, cached: 0, output: MAX_OUTPUT_TOKENS });
}

/** What a structured reply of ours never exceeds in practice. */
const MAX_OUTPUT_TOKENS = 1_500;

/** What the tokens cost in US dollars, or null for a model whose price is not known. */
export function costOf(model: string, tokens: Tokens): number | null {
  const price = PRICES[model] ?? PRICES[model.replace(/-\d{4}-\d{2}-\d{2}$/, '')];
  if (!price) return null;
  const fresh = Math.max(tokens.input - tokens.cached, 0);
  return (fresh * price.input + tokens.cached * price.cached + tokens.output * price.output) / 1_000_000;
}
