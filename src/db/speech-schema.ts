import type { Generated } from 'kysely';
import type { Platform } from '../core/messages.ts';
import type { CreatedAt } from './schema.ts';

/** The tables of what is heard: of learners, and of the tutor. */
export interface SpeechTables {
  recordings: RecordingsTable;
  utterances: UtterancesTable;
  audio: AudioTable;
  narrations: NarrationsTable;
}

/** What a learner said instead of typing it. */
interface RecordingsTable {
  lesson_id: string;
  seq: number;
  /** Among those of its message, from 0. */
  place: number;
  type: string;
  seconds: number | null;
  /** Until somebody has listened to it. */
  audio: Buffer | null;
  transcript: string | null;
  /** Why nobody could. */
  failure: string | null;
  created_at: CreatedAt;
}

/** A reply that is owed to the ear: see utterances.ts. */
interface UtterancesTable {
  id: Generated<string>;
  lesson_id: string;
  delivery_id: string;
  status: Generated<'pending' | 'spoken' | 'failed' | 'gone'>;
  /** Somebody wished to hear just this one. */
  asked: Generated<boolean>;
  parts: number | null;
  shown: Generated<number>;
  posted: Generated<string[]>;
  /** Keys of what is spoken. */
  audio: Generated<string[]>;
  attempts: Generated<number>;
  retry_at: Date | null;
  failure: string | null;
  taken_by: string | null;
  taken_until: Date | null;
  created_at: CreatedAt;
}

/** A lesson that is narrated in a voice channel, or waits in line for it: see narrations.ts. */
interface NarrationsTable {
  id: Generated<string>;
  lesson_id: string;
  platform: Platform;
  server: string;
  channel: string;
  learner: string;
  status: 'waiting' | 'speaking';
  turn_seq: number;
  said: Generated<string[]>;
  is_over: Generated<boolean>;
  draft_turn: number | null;
  draft: string | null;
  taken_by: string | null;
  taken_until: Date | null;
  created_at: CreatedAt;
}

interface AudioTable {
  key: string;
  /** Null while its maker is at it. */
  ogg: Buffer | null;
  seconds: number | null;
  waveform: Buffer | null;
  maker: string | null;
  making_until: Date | null;
  used_at: Generated<Date>;
}
