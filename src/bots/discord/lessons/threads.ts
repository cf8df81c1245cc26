/**
 * A lesson's thread id: in a server that of its Discord thread; in direct messages, where one channel holds one lesson
 * after the other, the channel's and that of what opened the lesson.
 */

export function directThread(channelId: string, openedBy: string): string {
  return `${channelId}/${openedBy}`;
}

/** The channel to write to. */
export function channelOf(threadId: string): string {
  return threadId.split('/')[0] ?? threadId;
}

export function isDirect(threadId: string): boolean {
  return threadId.includes('/');
}
