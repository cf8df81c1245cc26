import type { Exchange } from './agents/teacher.ts';
import { clip, countTokens } from './tokens.ts';

/**
 * What of a lesson enters a prompt, and how much of it, in tokens. Everything that can grow has a cap, so that turn
 * 500 sends as much as turn 5.
 */
export const CAPS = {
  /** The earlier exchanges and the summary of what came before them, together. */
  window: 600,
  /** One exchange. */
  message: 160,
  /** The learner's message of this turn. */
  reply: 1_500,
  /** The summary's part of the window. */
  summary: 200,
  /** The tutor's own notes together. */
  notes: 250,
  /** A planner's guideline: 2,000 words at most. */
  guideline: 3_500,
  /** In number: those of this turn's messages. */
  pictures: 4,
} as const;

/** Messages that stay in the window as they are; older ones are folded into the summary. */
export const RECENT_MESSAGES = 10;

/** The newest exchanges that fit beside the summary, oldest first. */
export function fitRecent(recent: readonly Exchange[], summary: string): string {
  const lines: string[] = [];
  let room = CAPS.window - countTokens(summary);
  for (const exchange of recent.toReversed()) {
    const line = `${exchange.author}: ${clip(exchange.text, CAPS.message)}`;
    room -= countTokens(line);
    if (room < 0) break;
    lines.unshift(line);
  }
  return lines.join('\n');
}
