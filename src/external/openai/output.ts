import { parse as parsePartial } from 'partial-json';
import { z } from 'zod';
import { storable } from '../../core/text.ts';
import type { Completion } from './completion.ts';

type Reading<Output> = { ok: true; output: Output } | { ok: false; complaint: string };

/** The completion as the schema wants it, or what is wrong with it, in words that the model can act on. */
export function readOutput<Output>(completion: Completion, schema: z.ZodType<Output>): Reading<Output> {
  if (!completion.text.trim()) return { ok: false, complaint: 'It is empty.' };
  const json = parseJson(completion.text);
  if (json === undefined) {
    const complaint = completion.truncated ? 'It was cut off because it is too long.' : 'It is not valid JSON.';
    return { ok: false, complaint };
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? { ok: true, output: parsed.data } : { ok: false, complaint: z.prettifyError(parsed.error) };
}

/**
 * Hands the output's `message` to the listener while it is being written, and only when it has grown: a second
 * attempt stays silent until it is ahead of what was shown. Never throws.
 */
export function previewer(onText: ((message: string, before: unknown) => void) | undefined): (text: string) => void {
  let shown = 0;
  return (text) => {
    if (!onText) return;
    try {
      const { message, before } = writtenIn(text);
      if (message.length <= shown) return;
      shown = message.length;
      onText(message, before);
    } catch {
      // A preview may be missed; the whole message follows.
    }
  };
}

function writtenIn(text: string): { message: string; before: unknown } {
  const json = jsonStart(text);
  if (!json.includes('"message"')) return { message: '', before: null };
  const { message, ...before } = parsePartial(json) as { message?: unknown };
  // Half of a surrogate pair is not a character yet.
  return { message: typeof message === 'string' ? message.replace(/[\uD800-\uDBFF]$/, '') : '', before };
}

function parseJson(text: string): unknown {
  const json = jsonStart(text);
  try {
    // Models write \u0000 where they mean an accent; it could not be stored, and the call would be paid for in vain.
    return JSON.parse(json.slice(0, json.lastIndexOf('}') + 1), (_, value) =>
      typeof value === 'string' ? storable(value) : value,
    );
  } catch {
    return undefined;
  }
}

/** Servers without schemas may put a code fence, or the model's thoughts, before the JSON. */
function jsonStart(text: string): string {
  const said = text.replace(/^\s*<think>.*?(<\/think>|$)/s, '');
  return said.slice(Math.max(said.indexOf('{'), 0));
}
