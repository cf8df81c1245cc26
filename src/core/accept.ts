import type { Database, Queryable } from '../db/database.ts';
import { insertLesson, lockLesson, upsertLearner, upsertWorkspace } from '../db/lessons.ts';
import { appendMessage, insertTurn, lastTurn, reviveTurns, turnOfMessage } from '../db/turns.ts';
import { UserError } from '../errors.ts';
import { parseCommand } from './commands.ts';
import { newLesson } from './lesson.ts';
import type { InboundMessage } from './messages.ts';

export interface Accepted {
  lessonId: string;
  turnId: string;
  queue: string;
  /** False: this message was accepted before, and nothing was written. */
  created: boolean;
}

/**
 * Stores a message and the turn that will answer it, in one transaction: once this returns, the answer is promised.
 * Safe to run twice. A message that arrives while a turn runs opens the next turn, and further ones join it.
 * Throws UserError when somebody other than the lesson's learner writes.
 */
export async function accept(db: Database, message: InboundMessage): Promise<Accepted> {
  // Ahead of the transaction, which so locks nothing but its lesson: a slow one holds nobody else up, and cannot
  // deadlock with a turn's commit, which goes from the lesson to the learner.
  const workspaceId = await upsertWorkspace(db, message.platform, message.workspace);
  const learnerId = await upsertLearner(db, workspaceId, message.learner);
  return db.transaction().execute(async (tx) => {
    const lesson = await openLesson(tx, message, workspaceId, learnerId);
    const known = await turnOfMessage(tx, lesson.id, message.messageId);
    if (known) return { lessonId: lesson.id, turnId: known, queue: lesson.queue, created: false };
    const turnId = await openTurn(tx, lesson.id, message);
    await appendMessage(tx, {
      lessonId: lesson.id,
      turnId,
      author: 'learner',
      messageId: message.messageId,
      text: message.text,
      payload: payloadOf(message),
    });
    return { lessonId: lesson.id, turnId, queue: lesson.queue, created: true };
  });
}

/** The thread's lesson, locked until the transaction ends, so that messages and turns keep one order. */
async function openLesson(tx: Queryable, message: InboundMessage, workspaceId: string, learnerId: string) {
  const { platform, threadId, queue } = message;
  let lesson = await lockLesson(tx, platform, threadId);
  if (!lesson) {
    await insertLesson(tx, { workspaceId, learnerId, platform, threadId, queue, state: newLesson() });
    lesson = await lockLesson(tx, platform, threadId);
  }
  if (!lesson) throw new Error(`lesson of thread ${threadId} vanished`);
  if (lesson.learner_id !== learnerId) {
    throw new UserError('not_your_lesson', 'This lesson belongs to someone else. Start your own to take part.');
  }
  return lesson;
}

async function openTurn(tx: Queryable, lessonId: string, message: InboundMessage): Promise<string> {
  const joinable = isPlain(message);
  await reviveTurns(tx, lessonId);
  const last = await lastTurn(tx, lessonId);
  if (joinable && last?.status === 'queued' && last.joinable) return last.id;
  return insertTurn(tx, lessonId, joinable);
}

/** Buttons and commands are turns of their own: "3/4" and "pause" must not melt into one message. */
function isPlain(message: InboundMessage): boolean {
  return !message.start && !message.action && parseCommand(message.text) === null;
}

function payloadOf({ start, action }: InboundMessage) {
  return start || action ? { ...(start && { start }), ...(action && { action }) } : null;
}
