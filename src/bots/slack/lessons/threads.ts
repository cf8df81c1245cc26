/**
 * A lesson's thread id: the channel's, and the ts of the message that its thread is on. In direct messages a lesson is a
 * thread as well.
 */

export function threadOf(channel: string, ts: string): string {
  return `${channel}:${ts}`;
}

/** The channel to write to. */
export function channelOf(threadId: string): string {
  return threadId.split(':')[0] ?? threadId;
}

/** Of the message that the thread is on. */
export function rootOf(threadId: string): string {
  return threadId.split(':')[1] ?? '';
}

/** Channels of direct messages begin with a D. */
export function isDirect(threadId: string): boolean {
  return threadId.startsWith('D');
}
