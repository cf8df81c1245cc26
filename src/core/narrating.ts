import type { WrittenSoFar } from '../db/narrations.ts';
import { languageTag } from './languages.ts';
import type { SpokenSentence } from './ports.ts';
import { finishedSentences } from './spoken/growing.ts';
import { spokenSentences } from './spoken/sentences.ts';

/** What is to be said next in a lesson that is narrated. Pure. */

export interface ToSay {
  /** The newest turn that there is something of: whoever has written again does not hear the rest of an older one. */
  turn: number;
  /** Of that turn, and heard to their end. */
  said: string[];
  /** Not heard yet, in their order. */
  sentences: SpokenSentence[];
  /** The lesson is over, or was stopped: nothing comes after these. */
  isEnding: boolean;
  /** Null: it is none that is known here. */
  language: string | null;
}

export function whatToSay(written: WrittenSoFar): ToSay {
  const { replies, draft, phase, state } = written;
  const turn = Math.max(written.turn, draft?.turn ?? 0, ...replies.map((each) => each.turn));
  const language = languageTag(state.preferences.language, written.locale);
  const isNew = turn > written.turn;
  const said = isNew ? [] : written.said;
  const isEnding = phase === 'completed' || phase === 'ended' || state.paused;
  if ((written.isOver && !isNew) || language === null) return { turn, said, sentences: [], isEnding, language };
  return { turn, said, sentences: notSaid(said, sentencesOf(written, turn, language)), isEnding, language };
}

/** The finished replies are the truth, whatever was written on the way. */
function sentencesOf({ replies, draft }: WrittenSoFar, turn: number, language: string): SpokenSentence[] {
  const finished = replies.filter((each) => each.turn === turn);
  const growing = draft?.turn === turn ? finishedSentences(draft.text, { language }) : [];
  const sentences =
    finished.length > 0 ? finished.flatMap(({ reply }) => spokenSentences(reply, { language })) : growing;
  return sentences.filter(({ text }) => /[\p{L}\p{N}]/u.test(text));
}

/**
 * What is left of the sentences. Where they are not what was said any more, as when an answer was written anew, they are
 * said from where they differ, without those that were said after that.
 */
export function notSaid(said: readonly string[], sentences: readonly SpokenSentence[]): SpokenSentence[] {
  const differs = said.findIndex((text, index) => text !== sentences[index]?.text);
  if (differs < 0) return sentences.slice(said.length);
  const others = new Set(said.slice(differs));
  return sentences.slice(differs).filter(({ text }) => !others.has(text));
}
