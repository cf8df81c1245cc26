import { signsSpoken } from './maths.ts';
import type { Wording } from './wording.ts';

/** "[#][#][ ]" or "1/3  |###|   |   |": strips that are drawn with characters, and other pictures. */

interface Strip {
  label: string;
  cells: string[];
}

const BOXES = /^([^[\]]*)((?:\[[^[\]]{0,9}\]\s*){2,})$/u;
const BARS = /^([^|]*)\|((?:[^|]*\|)+)\s*$/u;

/** null where the lines are no picture. */
export function pictureSpoken(lines: readonly string[], words: Wording): string | null {
  const strips = lines.map(stripOf);
  if (strips.every((strip) => strip !== null)) {
    return strips.length <= MAX_STRIPS
      ? words.picture(strips.map((strip) => stripSpoken(strip, words)).join('; '))
      : words.picture('');
  }
  const drawn = strips.some((strip) => strip?.cells.some((cell) => /^[\s#*xo=:.-]*$/i.test(cell)));
  return drawn || isDrawing(lines.join('\n')) ? words.picture('') : null;
}

const MAX_STRIPS = 4;

/** More strokes than letters, or runs of them. */
function isDrawing(text: string): boolean {
  const strokes = text.match(/[|[\]#\\/_=+*^~<>─-╿▀-◿⠀-⣿-]/gu)?.length ?? 0;
  const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  const isRuled = /--|={3,}|_{4,}|[─-╿▀-◿⠀-⣿]{2,}|^\s*[|/\\v^](?:\s+[|/\\v^])+\s*$/mu.test(text);
  return strokes > letters || (isRuled && strokes * 4 > letters);
}

function stripOf(line: string): Strip | null {
  const boxes = BOXES.exec(line.trim());
  if (boxes)
    return { label: boxes[1] ?? '', cells: [...(boxes[2] ?? '').matchAll(/\[(.*?)\]/gu)].map(([, cell = '']) => cell) };
  const bars = BARS.exec(line.trim());
  const cells = (bars?.[2] ?? '').split('|').slice(0, -1);
  return bars && cells.length > 0 ? { label: bars[1] ?? '', cells } : null;
}

function stripSpoken({ label, cells }: Strip, words: Wording): string {
  const name = signsSpoken(label.replace(/[\s:?|[\]]+$/u, ''), words, false).trim();
  const strip = cells.every((cell) => isName(cell.trim()))
    ? cells.map((cell) => cell.trim()).join(', ')
    : marksSpoken(cells, words);
  return name ? `${name}: ${strip}` : strip;
}

/** A letter or a number, unlike "#". */
const isName = (mark: string) => /^[\p{L}\p{N}]+$/u.test(mark);

function marksSpoken(cells: readonly string[], words: Wording): string {
  const isEqual = new Set(cells.map((cell) => cell.length)).size === 1;
  const counts = new Map<string, number>();
  for (const cell of cells) {
    const mark = cell.trim();
    if (mark === '') continue;
    const name = isName(mark) ? mark : '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return words.strip(cells.length, [...counts], isEqual);
}
