import type { Exchange } from './agents/teacher.ts';
import { clip, countTokens } from './tokens.ts';

/**
 * What of a lesson enters a prompt, and how much of it, in tokens. Everything that can grow has a cap, so that turn
 * 500 sends as much as turn 5.
 */
export const CAPS = {
  /** All earlier exchanges together. */
  recent: 1_200,
  /** One of them. */
  message: 300,
  /** The learner's message of this turn. */
  reply: 1_500,
  /** The summary of what no longer fits. */
  summary: 300,
  /** The tutor's own notes together. */
  notes: 250,
  /** A planner's guideline: 2,000 words at most. */
  guideline: 3_500,
} as const;

/** The newest exchanges that fit, oldest first. */
export function fitRecent(recent: readonly Exchange[]): string {
  const lines: string[] = [];
  let room: number = CAPS.recent;
  for (const exchange of recent.toReversed()) {
    const line = `${exchange.author}: ${clip(exchange.text, CAPS.message)}`;
    room -= countTokens(line);
    if (room < 0) break;
    lines.unshift(line);
  }
  return lines.join('\n');
}
