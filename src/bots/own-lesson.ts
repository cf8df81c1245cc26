import type { Action } from '../core/messages.ts';
import { currentLesson, lastLesson, lessonOfThread, type ThreadLesson } from '../db/threads.ts';
import { UserError } from '../errors.ts';
import { SHARED_QUEUE } from './queue.ts';
import { receive } from './receive.ts';
import type { Visitor } from './visitor.ts';

/** A person's lesson, and what they do in it. */

/**
 * What a press or a command says in a lesson. `id` is the interaction's, so that it counts once; beside an action,
 * `text` is how the conversation remembers it.
 */
export interface Said {
  id: string;
  text?: string;
  action?: Action;
}

/** Throws UserError when the thread has no lesson, such as one that is forgotten, or somebody else's. */
export async function sayInLesson(visitor: Visitor, threadId: string, { id, text = '', action }: Said): Promise<void> {
  const lesson = await ownLesson(visitor, threadId);
  await receive(visitor.bot, {
    // A lesson stays with the workspace that it began in, whichever one tells of the press.
    ...{ learner: visitor.sender.learner, workspace: { id: lesson.workspace, name: lesson.workspaceName } },
    ...{ platform: visitor.bot.platform, queue: SHARED_QUEUE, threadId, messageId: id, text },
    ...(action && { action }),
  });
}

/** The lesson that a thread has. Throws UserError when it has none, or somebody else's. */
export async function ownLesson({ bot, sender, words }: Visitor, threadId: string): Promise<ThreadLesson> {
  const lesson = await lessonOfThread(bot.db, bot.platform, threadId);
  if (!lesson) throw new UserError('no_lesson_here', words('errors.noLessonHere'));
  if (lesson.learner !== sender.learner.id) {
    throw new UserError('not_your_lesson', words('errors.notYourLesson', { learner: lesson.learnerName }));
  }
  return lesson;
}

interface NearestLesson {
  threadId: string;
  hasEnded: boolean;
}

/** The person's lesson in this thread, else the one that they were in last; null when they have had none. */
export async function nearestLesson(
  { bot, sender }: Pick<Visitor, 'bot' | 'sender'>,
  threadId: string,
): Promise<NearestLesson | null> {
  const here = await lessonOfThread(bot.db, bot.platform, threadId);
  if (here?.learner === sender.learner.id) return { threadId, hasEnded: here.phase === 'ended' };
  const whose = [bot.platform, sender.workspace.id, sender.learner.id] as const;
  const current = await currentLesson(bot.db, ...whose);
  if (current) return { threadId: current, hasEnded: false };
  const last = await lastLesson(bot.db, ...whose);
  return last && { threadId: last.threadId, hasEnded: last.phase === 'ended' };
}
