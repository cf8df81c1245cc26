import type { GlobalShortcut, MessageShortcut } from '@slack/bolt';
import { lessonOfThread } from '../../../db/threads.ts';
import { UserError } from '../../../errors.ts';
import { SHORTCUTS } from '../connection/uses.ts';
import { textOf } from '../lessons/text.ts';
import { threadOf } from '../lessons/threads.ts';
import { askIn, questionsAbout } from './commands.ts';
import { startLesson } from './start.ts';
import { openStartForm } from './start-form.ts';
import type { Visit } from './visit.ts';

/** What is offered in Slack's own menus: of a message, and everywhere. */

export async function onShortcut(visit: Visit, shortcut: GlobalShortcut | MessageShortcut): Promise<void> {
  if (shortcut.callback_id === SHORTCUTS.startLesson) return openStartForm(visit, {}, null);
  if (shortcut.callback_id === SHORTCUTS.askAbout && shortcut.type === 'message_action')
    return askAbout(visit, shortcut);
  throw new UserError('expired', visit.words('errors.expired'));
}

/** A message of anybody's, and what they wrote is data like all that people write. */
async function askAbout(visit: Visit, shortcut: MessageShortcut): Promise<void> {
  const { bot, installation, sender, words } = visit;
  const { channel, message } = shortcut;
  const text = textOf(message.text ?? '', installation);
  if (text === '') throw new UserError('unreadable', words('errors.nothingToRead'));
  const id = `command-${shortcut.trigger_id}`;
  const threadId = threadOf(channel.id, message.thread_ts ?? message.ts);
  const lesson = await visit.soon(lessonOfThread(bot.db, 'slack', threadId));
  if (lesson?.learner === sender.learner.id && lesson.phase !== 'ended') return askIn(visit, threadId, { id, text });
  await startLesson(visit, { id, start: questionsAbout(text), question: text, channel: channel.id });
}
