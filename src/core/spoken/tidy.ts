import type { Wording } from './wording.ts';

const RIGHT = /[✓✔✅☑]\ufe0f?/gu;
const WRONG = /[✗✘❌✖❎]\ufe0f?/gu;
const WARNING = /⚠\ufe0f?/gu;
const PICTOGRAPHS =
  /[\p{Extended_Pictographic}--[©®™↔]]|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u20e3\ufe0e\ufe0f\u{e0020}-\u{e007f}]|(?<!\p{L}\p{M}*)\u200d|\u200d(?!\p{L})/gv;

/** Without what is left of marks: nothing that an engine would read as a sign nobody meant. */
export function tidied(text: string, words: Wording | null): string {
  return spaced(withoutMarks(named(text, words), words));
}

/** Emoji that carry the meaning by their names, the others not at all. */
function named(text: string, words: Wording | null): string {
  const marks = words?.marks;
  return text
    .replace(RIGHT, marks ? ` ${marks.right} ` : ' ')
    .replace(WRONG, marks ? ` ${marks.wrong} ` : ' ')
    .replace(WARNING, marks ? ` ${marks.warning}: ` : ' ')
    .replace(PICTOGRAPHS, ' ')
    .replace(/[─-◿⠀-⣿★☆♪✦❖➔➜]/gu, ' ');
}

function withoutMarks(text: string, words: Wording | null): string {
  const bare = text
    .replace(/[a-z][a-z0-9+.-]*:\/\/|:\/\//gi, ' ')
    .replace(/(?<=\S)\s*\|+\s*(?=\S)|\s+·\s+/g, ', ')
    .replace(/(?<![\p{L}\p{N}.])@(?=[\p{L}\p{N}])/gu, '')
    .replace(/[*`~#|\\_[\]]+/g, (marks) => (/^[[\]]+$/.test(marks) ? '' : ' '))
    .replace(/={2,}|-{3,}|<\/|<(?=\w+>)/g, ' ')
    .replace(/(?<![a-z0-9])www\./gi, ' ')
    .replace(/\s-{1,2}\s|(?<=\s)[–—](?=\s)/g, ' – ');
  return words
    ? bare.replace(/[<>^{}$=]+/g, ' ').replace(/·/g, ' ')
    : bare.replace(/\$(?!\d)|[{}]|(?<!\s)[<>]|[<>](?!\s)/g, ' ');
}

function spaced(text: string): string {
  return text
    .replace(/\(\s*[,;:]?\s*\)|"\s*"|“\s*”/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ (?=[,.;:!?…]+(?: |$)|[)\]])|(?<=[(¿¡]) /g, '')
    .replace(/([,;:])(?: ?[,;:])+(?= |$)/g, '$1')
    .replace(/^[\s,;:–]+/, '')
    .trim();
}
