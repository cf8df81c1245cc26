import type { Span } from './marks.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
}

const TAGS: Record<Span['kind'], readonly [open: string, close: string]> = {
  strong: ['<emphasis level="moderate">', '</emphasis>'],
  letters: ['<say-as interpret-as="characters">', '</say-as>'],
  breath: ['<break time="200ms"/>', ''],
};

/** A part of a text as SSML. What is stressed as a whole needs no stress. */
export function ssmlOf(text: string, spans: readonly Span[], start: number, end: number): string {
  const inside = spans
    .map((span) => ({ ...span, start: Math.max(span.start, start), end: Math.min(span.end, end) }))
    .filter((span) => (span.kind === 'breath' ? span.start > start && span.end < end : span.start < span.end))
    .filter(
      ({ kind, ...span }) => kind !== 'strong' || isSpoken(text.slice(start, span.start) + text.slice(span.end, end)),
    )
    .sort((a, b) => a.start - b.start);
  let ssml = '';
  let at = start;
  for (const { kind, start: from, end: to } of inside) {
    // One within another says nothing more.
    if (from < at) continue;
    const [open, close] = TAGS[kind];
    ssml += escaped(text.slice(at, from)) + open + escaped(text.slice(from, to)) + close;
    at = to;
  }
  return ssml + escaped(text.slice(at, end));
}

const isSpoken = (text: string) => /[\p{L}\p{N}]/u.test(text);
