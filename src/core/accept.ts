import type { Database, Queryable } from '../db/database.ts';
import { type Inbox, lockThread, putMessage, readInbox, reviveTurns, type ThreadRow } from '../db/inbox.ts';
import { insertLesson, upsertLearner, upsertWorkspace } from '../db/lessons.ts';
import { putRecordings } from '../db/recordings.ts';
import { UserError } from '../errors.ts';
import { parseCommand, parseVoice } from './commands.ts';
import { COUNTED, LAST_PRIORITY, nudgePriority } from './fairness.ts';
import { newLesson } from './lesson.ts';
import type { InboundMessage } from './messages.ts';

export interface Accepted {
  lessonId: string;
  turnId: string;
  queue: string;
  /** False: this message was accepted before, and nothing was written. */
  created: boolean;
  /** For the nudge. */
  priority: number;
}

/**
 * Stores a message and the turn that will answer it, in one transaction: once this returns, the answer is promised.
 * Safe to run twice. A message that arrives while a turn runs opens the next turn, and further ones join it.
 * Throws UserError when somebody other than the lesson's learner writes.
 */
export async function accept(
  db: Database,
  message: InboundMessage,
  traceparent: string | null = null,
): Promise<Accepted> {
  const enter = (isIntroduced: boolean) =>
    db.transaction().execute((tx) => enterThread(tx, message, traceparent, isIntroduced));
  const known = await enter(false);
  if (known) return known;
  await introduce(db, message);
  const introduced = await enter(true);
  if (!introduced) throw new Error(`the lesson of thread ${message.threadId} vanished`);
  return introduced;
}

/**
 * Makes what the message speaks of: its workspace, its learner, its lesson; or brings their names up to date. Outside
 * of any transaction, so that it locks nothing while it waits, and cannot deadlock with a turn's commit, which goes
 * from the lesson to the learner.
 */
async function introduce(db: Database, message: InboundMessage): Promise<void> {
  const { platform, threadId, queue, locale = null, card = null } = message;
  const workspaceId = await upsertWorkspace(db, platform, message.workspace);
  const learnerId = await upsertLearner(db, workspaceId, message.learner);
  await insertLesson(db, {
    ...{ workspaceId, learnerId, platform, threadId, queue, locale, card },
    state: newLesson(),
  });
}

/** Null when the thread has no lesson, or somebody has a new name. */
async function enterThread(
  tx: Queryable,
  message: InboundMessage,
  traceparent: string | null,
  isIntroduced: boolean,
): Promise<Accepted | null> {
  const thread = await lockThread(tx, message.platform, message.threadId);
  if (!thread) return null;
  if (thread.learner !== message.learner.id || thread.workspace !== message.workspace.id) {
    throw new UserError('not_your_lesson', 'This lesson belongs to someone else. Start your own to take part.');
  }
  const hasOldNames = thread.learner_name !== message.learner.name || thread.workspace_name !== message.workspace.name;
  if (hasOldNames && !isIntroduced) return null;
  const inbox = await readInbox(tx, thread.id, message.messageId);
  const { id: lessonId, queue } = thread;
  if (inbox.known) return knownBefore({ lessonId, turnId: inbox.known, queue });
  if (inbox.hasFailed) await reviveTurns(tx, lessonId);
  const { turnId, seq, ...place } = await putMessage(tx, newMessage(thread, inbox, message, traceparent), COUNTED);
  if (message.recordings?.length) await putRecordings(tx, lessonId, seq, message.recordings);
  return { lessonId, turnId, queue, created: true, priority: nudgePriority(place) };
}

/** A message that came before. It has been nudged for, most likely, and to send it again gets nobody ahead. */
export function knownBefore(before: Pick<Accepted, 'lessonId' | 'turnId' | 'queue'>): Accepted {
  return { ...before, created: false, priority: LAST_PRIORITY };
}

function newMessage(thread: ThreadRow, { last }: Inbox, message: InboundMessage, traceparent: string | null) {
  const { messageId, text, start, action, pictures, recordings } = message;
  const joinable = isPlain(message);
  const joins = joinable && last?.status === 'queued' && last.joinable;
  const extras = {
    ...{ ...(start && { start }), ...(action && { action }), ...(pictures?.length && { pictures }) },
    ...(recordings?.length && { recordings: recordings.length }),
  };
  const payload = Object.keys(extras).length > 0 ? extras : null;
  return { thread, turnId: joins ? last.id : null, joinable, messageId, text, payload, traceparent };
}

/** Buttons and commands are turns of their own: "3/4" and "pause" must not melt into one message. */
function isPlain(message: InboundMessage): boolean {
  return !message.start && !message.action && parseCommand(message.text) === null && parseVoice(message.text) === null;
}
