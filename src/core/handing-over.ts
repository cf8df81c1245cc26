import type { Database } from '../db/database.ts';
import type { LessonRow } from '../db/leases.ts';
import { handOver, tellSpeaker } from '../db/narrations.ts';
import type { TurnRow } from '../db/work.ts';
import type { Logger } from '../log.ts';
import type { Reply } from './messages.ts';
import { oneAtATime } from './one-at-a-time.ts';

/**
 * What a worker hands to the process that narrates the lesson, wherever that runs. No reply waits for it, and what is
 * lost is found with the finished reply. A lesson that nobody narrates costs nothing.
 */

export interface HandingOver {
  /** The reply as far as it is written. */
  written(text: string): void;
  /** What the turn's replies will be: to store them takes as long as an engine takes for a sentence. */
  decided(replies: readonly Reply[]): void;
  /** They are stored. */
  finished(): void;
}

const NOBODY: HandingOver = { written() {}, decided() {}, finished() {} };

/** What may have finished a sentence: its end and the word after it, or the beginning of another block. */
const FINISHED = /[.!?…]\S{0,6}\s+\S+[\s,]|[。！？]\S|\n\s*(?:\n|\S+\s+\S)/g;

export function handingOver(
  { db, log }: { db: Database; log: Logger },
  { id: lessonId, narration }: Pick<LessonRow, 'id' | 'narration'>,
  { seq }: Pick<TurnRow, 'seq'>,
): HandingOver {
  if (narration === null) return NOBODY;
  /** Up to here, what is finished was handed over. */
  let handed = 0;
  let before = '';
  let next: string | null = null;
  const complain = (error: unknown) => log.warn({ err: error, lessonId }, 'what is written was not handed over');
  const handNext = oneAtATime(async () => {
    const text = next;
    next = null;
    if (text !== null) await handOver(db, narration, { turn: seq, text }).catch(complain);
  });
  const hand = (text: string) => {
    next = text;
    handNext();
  };
  return {
    written(text) {
      if (!text.startsWith(before)) handed = 0;
      before = text;
      const last = [...text.slice(handed).matchAll(FINISHED)].at(-1);
      if (!last) return;
      handed += last.index + 1;
      hand(text);
    },
    decided([first]) {
      // The empty line says that its last sentence is over.
      if (first?.kind === 'message') hand(`${first.text}\n\n`);
    },
    finished() {
      next = null;
      void tellSpeaker(db, narration).catch(complain);
    },
  };
}
