import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { LessonState, Phase } from '../core/lesson.ts';
import type { LearnerMemory } from '../core/memory.ts';
import type { Action, CardPlace, Picture, Platform, Reply, StartOptions } from '../core/messages.ts';
import type { BillingTables } from './billing-schema.ts';
import type { SpeechTables } from './speech-schema.ts';

/** The tables as migrations/ make them. */
export interface Schema extends SpeechTables, BillingTables {
  workspaces: WorkspacesTable;
  learners: LearnersTable;
  lessons: LessonsTable;
  turns: TurnsTable;
  messages: MessagesTable;
  turn_steps: TurnStepsTable;
  deliveries: DeliveriesTable;
  events: EventsTable;
  usage: UsageTable;
  summaries: SummariesTable;
  workspace_months: WorkspaceMonthsTable;
  openings: OpeningsTable;
  heard: HeardTable;
  installations: InstallationsTable;
}

export type CreatedAt = ColumnType<Date, never, never>;

interface WorkspacesTable {
  id: Generated<string>;
  platform: Platform;
  external_id: string;
  name: string;
  settings: ColumnType<unknown, string | undefined, string>;
  created_at: CreatedAt;
}

interface LearnersTable {
  id: Generated<string>;
  workspace_id: string;
  external_id: string;
  name: string;
  memory: ColumnType<LearnerMemory, string | undefined, string>;
  created_at: CreatedAt;
}

interface LessonsTable {
  id: Generated<string>;
  workspace_id: string;
  learner_id: string;
  platform: Platform;
  thread_id: string;
  queue: string;
  phase: Phase;
  state: JSONColumnType<LessonState>;
  /** In its workspace's month. */
  counted: Generated<boolean>;
  /** Of the learner's client. */
  locale: string | null;
  card: JSONColumnType<CardPlace> | null;
  /** When the card is to be shown anew; null: it is as the lesson is. */
  card_due_at: Date | null;
  version: Generated<number>;
  message_count: Generated<number>;
  turn_count: Generated<number>;
  /** US dollars, of the turns that were answered and of what ran beside them. */
  spent: Generated<number>;
  /** When speech came to an end in it, until the learner asks for it again. */
  silenced_at: Date | null;
  lease_owner: string | null;
  lease_until: Date | null;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

/**
 * queued: waits, and joins further messages if it is joinable · running: its messages are fixed, and steps may be
 * stored · done: answered · failed: given up for now, taken up again with the learner's next message.
 */
export type TurnStatus = 'queued' | 'running' | 'done' | 'failed';

export type Waiting = 'workspace' | 'learner';

interface TurnsTable {
  id: Generated<string>;
  lesson_id: string;
  workspace_id: string;
  learner_id: string;
  seq: number;
  status: TurnStatus;
  joinable: boolean;
  attempts: Generated<number>;
  retry_at: Date | null;
  failure: string | null;
  /** W3C: the trace in which the turn was accepted. */
  traceparent: string | null;
  /** A worker is at it, or was when it died; null while it waits. */
  in_hand_since: Date | null;
  /** Whose concurrency left no room for it; null when nothing of the kind holds it up. */
  waits_for: Waiting | null;
  /** When the learner read that it waits. */
  told_at: Date | null;
  /** The platform's id of the message in which its reply is being written. */
  draft_id: string | null;
  /** The lesson went on with it: to answer it anew would make no sense. */
  moved_on: Generated<boolean>;
  created_at: CreatedAt;
  finished_at: Date | null;
}

export interface MessagePayload {
  start?: StartOptions;
  action?: Action;
  pictures?: readonly Picture[];
  /** How many came with it: see recordings.ts. */
  recordings?: number;
  /** The turn that answered the message before it was edited. */
  edits?: string;
}

interface MessagesTable {
  lesson_id: string;
  seq: number;
  turn_id: string;
  author: 'learner' | 'tutor';
  platform_message_id: string | null;
  text: string;
  payload: JSONColumnType<MessagePayload> | null;
  created_at: CreatedAt;
}

interface TurnStepsTable {
  turn_id: string;
  name: string;
  output: JSONColumnType<object>;
  created_at: CreatedAt;
}

interface DeliveriesTable {
  id: Generated<string>;
  lesson_id: string;
  turn_id: string;
  /** Unique in its turn, so that a turn committed twice would deliver once. */
  name: string;
  seq: ColumnType<number, never, never>;
  reply: JSONColumnType<Reply>;
  status: Generated<'pending' | 'sent' | 'gone' | 'failed'>;
  platform_message_ids: string[] | null;
  /** The message that it takes over. */
  draft_id: string | null;
  attempts: Generated<number>;
  retry_at: Date | null;
  failure: string | null;
  created_at: CreatedAt;
  sent_at: Date | null;
}

interface EventsTable {
  id: ColumnType<number, never, never>;
  lesson_id: string;
  turn_id: string | null;
  type: string;
  data: JSONColumnType<object>;
  created_at: CreatedAt;
}

interface UsageTable {
  id: ColumnType<number, never, never>;
  workspace_id: string;
  lesson_id: string;
  /** Null for what runs beside the turns, such as a summary. */
  turn_id: string | null;
  step: string;
  agent: string;
  model: string;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  cost: number | null;
  latency_ms: number;
  /** Of speech. */
  characters: Generated<number>;
  seconds: Generated<number>;
  created_at: CreatedAt;
}

interface SummariesTable {
  lesson_id: string;
  text: string;
  up_to_seq: number;
  updated_at: Generated<Date>;
}

/** Until when everything was taken in that a platform tells on a connection. */
interface HeardTable {
  platform: Platform;
  connection: string;
  until: Date;
}

/** A lesson that was asked for and is not open yet. */
interface OpeningsTable {
  /** The platform's id of what asked for it. */
  id: string;
  platform: Platform;
  workspace: string;
  request: JSONColumnType<object>;
  /** Somebody opens it, and has it until then; null: nobody does. */
  taken_until: Date | null;
  created_at: CreatedAt;
}

/** Where a chat app was installed by people there. */
interface InstallationsTable {
  /** The platform's id: of a team, or of an enterprise with all of its teams. */
  workspace: string;
  enterprise: string | null;
  name: string;
  bot_user_id: string;
  bot_id: string;
  app_id: string;
  scopes: string[];
  /** Null: never. */
  token_expires_at: Date | null;
  /** All that the platform gave, encrypted. */
  installation: Buffer;
  /** When it was installed, for the last time. */
  created_at: Generated<Date>;
  /** When its tokens were stored, for the last time. */
  updated_at: Generated<Date>;
}

interface WorkspaceMonthsTable {
  workspace_id: string;
  month: Date;
  spent: Generated<number>;
  reserved: Generated<number>;
}
