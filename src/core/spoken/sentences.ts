import type { Reply } from '../messages.ts';
import type { SpokenSentence } from '../ports.ts';
import { unmarked } from './marks.ts';
import { markdownPassages, type Passage, replyPassages } from './passages.ts';
import { sentenceRanges } from './splitting.ts';
import { ssmlOf } from './ssml.ts';
import { primaryOf, type Wording, wordingFor } from './wording.ts';

/** Text made for the ear: what a voice says of a reply. Pure, and the same for every engine and platform. */

const BETWEEN_SENTENCES = 250;
const WITHIN_SENTENCE = 100;

/**
 * A reply, or Markdown, as sentences to be said one after the other. `language` is a tag such as "de-AT". English,
 * German and Spanish have words for signs, code, tables and steps; in another language only the structure is made for
 * the ear, blocks of code are left out, and signs are the engine's to read. Never throws.
 */
export function spokenSentences(reply: Reply | string, { language }: { language: string }): SpokenSentence[] {
  const words = wordingFor(language);
  const passages = typeof reply === 'string' ? markdownPassages(reply, words, false) : replyPassages(reply, words);
  return passages.flatMap((passage) => sentencesOf(passage, primaryOf(language), words));
}

function sentencesOf(passage: Passage, locale: string, words: Wording | null): SpokenSentence[] {
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
