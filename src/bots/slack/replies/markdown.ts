import { type Line, linesOf } from '../../lines.ts';
import { cut, splitMarkdown } from '../../split.ts';
import { defused, escaped } from './escape.ts';

/** The tutor's Markdown → what Slack shows. Its own blocks read Markdown, so that little is left to do. Pure. */

/** Characters of a message: what its notification says is as long, and has room for 4,000. */
export const MESSAGE_LIMIT = 3_500;
const FALLBACK_LIMIT = 3_900;

/** Parts of at most so many characters, or one or two more, that each stand for themselves. A cut may make a call. */
export function partsOf(text: string, limit = MESSAGE_LIMIT): string[] {
  return splitMarkdown(defused(text), limit).map(defused);
}

/** What may still become a call when more is written: the longest is decided within fewer characters. */
const UNSURE = /[<@&]\S{0,20}$/;

/**
 * What can be shown of a text while it is being written, and only added to: nothing of it changes when more is there.
 * It ends where the first message will; '' where that cannot be told.
 */
export function streamable(text: string): string {
  const written = text.replace(/\r\n?/g, '\n').trimStart().replace(UNSURE, '').trimEnd();
  const safe = defused(written);
  if (safe.length <= MESSAGE_LIMIT) return safe;
  const [first = ''] = splitMarkdown(safe, MESSAGE_LIMIT);
  return safe.startsWith(first) ? defused(first) : '';
}

/**
 * What a notification says, and whoever reads without blocks: Markdown without its marks, as mrkdwn. Never empty, as
 * long as there is something in it that is not a space.
 */
export function fallbackOf(markdown: string): string {
  const lines = [...linesOf(markdown)].flatMap(withoutMarks);
  const words =
    lines
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim() || markdown.trim();
  let most = FALLBACK_LIMIT;
  let text = escaped(words);
  while (text.length > FALLBACK_LIMIT) {
    most -= text.length - FALLBACK_LIMIT;
    text = escaped(cut(words, Math.max(most, FALLBACK_LIMIT / 6)));
  }
  return text;
}

/** Code stays as it is, without its fences. */
function withoutMarks({ text, before, after }: Line): string[] {
  if (before) return after ? [text] : [];
  if (after) return [text.replace(/[`~]{3,}[^`~]*$/, '').trimEnd()].filter(Boolean);
  if (/^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/.test(text)) return [];
  const line = text.replace(/^\s*#{1,6}\s+(?=\S)/, '').replace(/^\s*>\s?/, '');
  return [
    line
      .replace(/!?\[([^\]]+)\]\([^)\s]*\)/g, '$1')
      .replace(/(`+)(.+?)\1/g, '$2')
      .replace(/(?<![\w*])(\*{1,3}|~~)(?=\S)(.+?)(?<=\S)\1(?!\w)/g, '$2')
      .replace(/(?<![\w\\])(_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)/g, '$2'),
  ];
}
