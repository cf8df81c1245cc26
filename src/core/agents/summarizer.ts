import { z } from 'zod';
import { CAPS } from '../context.ts';
import { asData } from '../prompts.ts';
import { clip } from '../tokens.ts';
import type { Agent } from './agents.ts';
import type { Exchange } from './teacher.ts';

/** Folds the exchanges that leave the window into the lesson's running summary. */
export interface SummarizerInput {
  before: string;
  messages: readonly Exchange[];
}

const summarizerOutputSchema = z.strictObject({ summary: z.string().min(1) });
export type SummarizerOutput = z.infer<typeof summarizerOutputSchema>;

export const summarizerAgent: Agent<'summarizer'> = {
  name: 'summarizer',
  tier: 'small',
  output: summarizerOutputSchema,
  variables: (input) => ({
    before: input.before || 'Nothing yet.',
    messages: asData(
      'transcript',
      input.messages.map(({ author, text }) => `${author}: ${clip(text, CAPS.message)}`).join('\n'),
    ),
  }),
};
