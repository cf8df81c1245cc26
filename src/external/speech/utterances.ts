import type { SpokenSentence } from '../../core/ports.ts';

/** What an engine is asked to say at once: a part of a sentence, a sentence, or several. */
export interface Utterance {
  text: string;
  /** The whole document: <speak>…</speak>. */
  ssml: string;
  /** After it. */
  pauseMs: number;
}

interface Limits {
  /** Of one SSML document; what is longer is taken apart. */
  mostBytes: number;
  /** Sentences are joined up to this. The first is said alone, so that it is heard soon. */
  joinedBytes: number;
}

/** Sentences without a word in them are left out. */
export function utterancesOf(sentences: readonly SpokenSentence[], limits: Limits): Utterance[] {
  const utterances: Utterance[] = [];
  let open: SpokenSentence[] = [];
  const close = () => {
    if (open.length > 0) utterances.push(utteranceOf(open));
    open = [];
  };
  for (const sentence of sentences.filter(({ text }) => /[\p{L}\p{N}]/u.test(text))) {
    if (bytesOf(speak(sentence.ssml)) > limits.mostBytes) {
      close();
      utterances.push(...partsOf(sentence, limits.mostBytes));
      continue;
    }
    const fits = bytesOf(utteranceOf([...open, sentence]).ssml) <= limits.joinedBytes;
    if (!fits || utterances.length === 0) close();
    open.push(sentence);
    if (utterances.length === 0) close();
  }
  close();
  return utterances;
}

function utteranceOf(sentences: readonly SpokenSentence[]): Utterance {
  const last = sentences.at(-1);
  const inside = sentences.map((each) => (each === last ? each.ssml : `${each.ssml}${pause(each.pauseMs)}`));
  return {
    text: sentences.map(({ text }) => text).join(' '),
    ssml: speak(inside.join('')),
    pauseMs: last?.pauseMs ?? 0,
  };
}

/** A sentence that is too long for one document, as parts in plain words. */
function partsOf({ text, pauseMs }: SpokenSentence, mostBytes: number): Utterance[] {
  const parts = splitText(text, (part) => bytesOf(speak(escaped(part))) <= mostBytes);
  return parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    return { text: part, ssml: speak(escaped(part)), pauseMs: isLast ? pauseMs : 0 };
  });
}

const CLAUSE = /[,;:.!?–—](?=\s)|[、。，；：！？]/g;

/** Parts that fit, cut where a speaker would breathe: between clauses, else between words, else anywhere. */
export function splitText(text: string, fits: (part: string) => boolean): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  while (rest && !fits(rest)) {
    const most = longest(rest, fits);
    const clauses = [...rest.slice(0, most + 1).matchAll(CLAUSE)].map(({ index }) => index + 1);
    const afterClause = clauses.findLast((end) => end <= most) ?? 0;
    const afterWord = Math.max(0, rest.lastIndexOf(' ', most));
    const cut = (afterClause > most / 2 ? afterClause : afterWord) || most;
    parts.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  return rest ? [...parts, rest] : parts;
}

/** How many characters from the beginning fit; one at least, and never half of a pair. */
function longest(text: string, fits: (part: string) => boolean): number {
  let [least, most] = [1, text.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(text.slice(0, middle))) least = middle;
    else most = middle - 1;
  }
  const isHalf = /[\uD800-\uDBFF]/.test(text[least - 1] ?? '');
  if (!isHalf) return least;
  return least > 1 ? least - 1 : 2;
}

/** The longest that Google takes. */
const MOST_PAUSE_MS = 10_000;

function pause(ms: number): string {
  return ms > 0 ? `<break time="${Math.min(MOST_PAUSE_MS, Math.round(ms))}ms"/>` : ' ';
}

function speak(inside: string): string {
  return `<speak>${inside}</speak>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}
