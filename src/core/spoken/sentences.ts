import type { Reply } from '../messages.ts';
import { unmarked } from './marks.ts';
import { markdownPassages, type Passage, replyPassages } from './passages.ts';
import { sentenceRanges } from './splitting.ts';
import { escaped, ssmlOf } from './ssml.ts';
import { primaryOf, type Wording, wordingFor } from './wording.ts';

/** Text made for the ear: what a voice says of a reply. Pure, and the same for every engine and platform. */
export interface Sentence {
  /** Plain words, no marks. */
  text: string;
  /** The same as SSML without <speak> around it: <break>, <say-as> and <emphasis> only. */
  ssml: string;
  /** The silence after it; it is in neither of them. */
  pauseMs: number;
}

const BETWEEN_SENTENCES = 250;
const WITHIN_SENTENCE = 100;

/**
 * A reply, or Markdown, as sentences to be said one after the other. `language` is a tag such as "de-AT". English,
 * German and Spanish have words for signs, code, tables and steps; in another language only the structure is made for
 * the ear, blocks of code are left out, and signs are the engine's to read. Never throws.
 */
export function spokenSentences(reply: Reply | string, { language }: { language: string }): Sentence[] {
  const words = wordingFor(language);
  const passages = typeof reply === 'string' ? markdownPassages(reply, words, false) : replyPassages(reply, words);
  return passages.flatMap((passage) => sentencesOf(passage, primaryOf(language), words));
}

function sentencesOf(passage: Passage, locale: string, words: Wording | null): Sentence[] {
  const { text, spans } = unmarked(passage.text);
  const ranges = sentenceRanges(text, locale, words);
  return ranges.map(({ start, end, isPart }, index) => {
    const isLast = index === ranges.length - 1;
    const stop = isLast && isUnended(text.slice(start, end)) ? '.' : '';
    return {
      text: text.slice(start, end) + stop,
      ssml: ssmlOf(text, spans, start, end) + stop,
      pauseMs: isLast ? passage.pauseMs : isPart ? WITHIN_SENTENCE : BETWEEN_SENTENCES,
    };
  });
}

/** Without a full stop an engine's voice stays up. */
const isUnended = (text: string) =>
  /[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Greek}\p{N})"”»'’%]$/u.test(text) && !/[.!?…:;]["”»'’)]*$/u.test(text);

/** Sentences as one document for an engine that takes SSML, with the silences between them. */
export function asSsml(sentences: readonly Sentence[]): string {
  const spoken = sentences.map(({ ssml, pauseMs }, index) =>
    index === sentences.length - 1 ? `<s>${ssml}</s>` : `<s>${ssml}</s><break time="${pauseMs}ms"/>`,
  );
  return `<speak>${spoken.join('')}</speak>`;
}

/** Sentences as one text for an engine that takes none. */
export function asText(sentences: readonly Sentence[]): string {
  return sentences.map(({ text }) => text).join(' ');
}

const sizeOf = (sentences: readonly Sentence[]) =>
  Math.max(Buffer.byteLength(asSsml(sentences)), Buffer.byteLength(asText(sentences)));

/** The least that a limit may be: a document around one character. */
export const MIN_BYTES = 64;

/**
 * Groups, in order, of which neither `asSsml` nor `asText` is larger than `maxBytes`, which is at least MIN_BYTES. A
 * sentence is cut only where it is too long by itself.
 */
export function splitBytes(sentences: readonly Sentence[], maxBytes: number): Sentence[][] {
  const groups: Sentence[][] = [];
  for (const sentence of sentences.flatMap((each) => fitting(each, maxBytes))) {
    const group = groups.at(-1);
    if (group && sizeOf([...group, sentence]) <= maxBytes) group.push(sentence);
    else groups.push([sentence]);
  }
  return groups;
}

/** At spaces, else between characters. What is cut is said without its marks. */
function fitting(sentence: Sentence, maxBytes: number): Sentence[] {
  if (sizeOf([sentence]) <= maxBytes) return [sentence];
  const parts: string[] = [];
  const isFit = (text: string) => sizeOf([plainSentence(text, 0)]) <= maxBytes;
  for (const word of sentence.text.split(/(?<=\s)/)) {
    for (const piece of isFit(word) ? [word] : word) {
      const last = parts.at(-1) ?? '';
      if (last !== '' && isFit(last + piece)) parts[parts.length - 1] = last + piece;
      else parts.push(piece);
    }
  }
  const said = parts.map((part) => part.trim()).filter(Boolean);
  return said.map((text, index) => plainSentence(text, index === said.length - 1 ? sentence.pauseMs : WITHIN_SENTENCE));
}

const plainSentence = (text: string, pauseMs: number): Sentence => ({ text, ssml: escaped(text), pauseMs });
