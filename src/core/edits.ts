import type { Database, Queryable } from '../db/database.ts';
import { findMessages, removeMessage, replaceText, type StoredMessage, takeOver } from '../db/edits.ts';
import { lockThread, putMessage, type ThreadRow } from '../db/inbox.ts';
import { forgetRecordings } from '../db/recordings.ts';
import type { Accepted } from './accept.ts';
import { COUNTED, nudgePriority } from './fairness.ts';
import { currentStep, type LessonState } from './lesson.ts';
import type { InboundMessage } from './messages.ts';

/** A message with a new text. */
export interface Edit
  extends Pick<InboundMessage, 'platform' | 'workspace' | 'threadId' | 'learner' | 'messageId' | 'text'> {
  /** Of this text, unique among those of the message: the same version is the same edit, however often it comes. */
  version: string;
}

/**
 * rerun: it is answered anew, in place of the answer that it had, if that was one message · changed: it had not been
 * looked at, and is read with its new text · settled: the lesson has gone on, or nothing changed · unknown: the message
 * was never accepted.
 */
export type Edited = { outcome: 'rerun'; accepted: Accepted } | { outcome: 'changed' | 'settled' | 'unknown' };

/**
 * Takes in the new text of a message, as long as the lesson stands where that message left it: what was answered right,
 * or approved, stays so. Safe to run twice.
 */
export function acceptEdit(db: Database, edit: Edit, traceparent: string | null = null): Promise<Edited> {
  return db.transaction().execute(async (tx) => {
    const thread = await lockThread(tx, edit.platform, edit.threadId);
    if (thread?.learner !== edit.learner.id) return { outcome: 'unknown' };
    const [message] = await findMessages(tx, thread.id, edit.messageId);
    if (!message) return { outcome: 'unknown' };
    if (message.text === edit.text) return { outcome: 'settled' };
    if (message.status === 'queued' || message.status === 'failed') {
      await replaceText(tx, thread.id, message.seq, { text: edit.text });
      return { outcome: 'changed' };
    }
    if (!message.isLast || message.movedOn) return { outcome: 'settled' };
    return { outcome: 'rerun', accepted: await openRerun(tx, thread, edit, traceparent, message) };
  });
}

/** While the first answer is still being made, nobody knows yet whether it settles the matter: the turn itself sees. */
async function openRerun(
  tx: Queryable,
  thread: ThreadRow,
  { messageId, version, text }: Edit,
  traceparent: string | null,
  { answer, payload, turnId: edits }: StoredMessage,
): Promise<Accepted> {
  const again = { ...payload, edits };
  const { turnId, ...place } = await putMessage(
    tx,
    {
      ...{ thread, turnId: null, joinable: false, messageId: `${messageId}#${version}`, text },
      ...{ payload: again, traceparent },
    },
    COUNTED,
  );
  if (answer !== null) await takeOver(tx, turnId, answer);
  return { lessonId: thread.id, turnId, queue: thread.queue, created: true, priority: nudgePriority(place) };
}

/** What the conversation keeps of a message that was deleted after it had been read. */
const DELETED = '(deleted)';

/**
 * Forgets what a deleted message said, with each text that it had. One that nobody has looked at is not answered; one
 * that was answered, or is being answered, stays so. Safe to run twice.
 */
export async function dropMessage(
  db: Database,
  { platform, threadId, messageId }: Pick<InboundMessage, 'platform' | 'threadId' | 'messageId'>,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const thread = await lockThread(tx, platform, threadId);
    if (!thread) return;
    for (const message of await findMessages(tx, thread.id, messageId)) {
      if (message.isWaiting) await removeMessage(tx, thread.id, message);
      else {
        // An attempt that fails is made again: what it is about has to be there.
        const isOver = message.status === 'done';
        if (message.payload?.recordings) await forgetRecordings(tx, thread.id, message.seq);
        await replaceText(tx, thread.id, message.seq, { text: DELETED, ...(isOver && { payload: null }) });
      }
    }
  });
}

/** Whether the lesson went on from one state to the other: whatever was said before is settled there. */
export function hasMovedOn(before: LessonState, after: LessonState): boolean {
  if (before.phase !== after.phase || before.intakeAsked.at(-1) !== after.intakeAsked.at(-1)) return true;
  if (currentStep(before)?.id !== currentStep(after)?.id) return true;
  return before.pending !== null && before.pending.question.id !== after.pending?.question.id;
}
