import { setTimeout as sleep } from 'node:timers/promises';
import type { Draft } from '../core/ports.ts';
import type { Logger } from '../log.ts';

/** What is shown while a reply is being made: it may be lost. */
type Glimpse = { type: 'typing' } | { type: 'preview'; text: string; draft: Draft };

export interface GlimpseOptions {
  /** Shows one. The signal aborts when the thread's glimpses end. May throw. */
  show(threadId: string, glimpse: Glimpse, signal: AbortSignal): Promise<void>;
  /** Between two of one thread. */
  everyMs: number;
  /** A reply that comes sooner needs no sign of typing. */
  typingAfterMs: number;
  /** What of an error may stand in the log. */
  reason(error: unknown): string;
  log: Logger;
  /** Throws when the signal aborts. */
  pause?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

export interface Glimpses {
  typing(threadId: string): void;
  preview(threadId: string, text: string, draft: Draft): void;
  /** Begins no more of them; resolves when none is under way. */
  end(threadId: string): Promise<void>;
}

interface Thread {
  next: Glimpse | null;
  stop: AbortController;
  done: Promise<void>;
}

/**
 * Shows glimpses of a thread one at a time and not too often, the latest in place of those that had to wait. Nothing
 * is kept of a thread that shows none.
 */
export function openGlimpses(options: GlimpseOptions): Glimpses {
  const { pause = unheldPause } = options;
  const threads = new Map<string, Thread>();
  const run = async (id: string, thread: Thread, first: Glimpse) => {
    const { signal } = thread.stop;
    if (first.type === 'typing') await pause(options.typingAfterMs, signal).catch(() => {});
    while (thread.next && !signal.aborted) {
      const glimpse = thread.next;
      thread.next = null;
      // A process that was frozen wakes up with what somebody else has finished meanwhile.
      if (glimpse.type === 'preview' && glimpse.draft.isStale()) continue;
      try {
        await options.show(id, glimpse, signal);
      } catch (error) {
        const { type } = glimpse;
        if (!signal.aborted) options.log.debug({ type, reason: options.reason(error) }, 'a glimpse was not shown');
      }
      await pause(options.everyMs, signal).catch(() => {});
    }
    if (threads.get(id) === thread) threads.delete(id);
  };
  const show = (id: string, glimpse: Glimpse) => {
    const known = threads.get(id);
    // A preview says more than the sign of typing that it may replace.
    if (known) {
      if (glimpse.type === 'preview') known.next = glimpse;
      return;
    }
    const thread: Thread = { next: glimpse, stop: new AbortController(), done: Promise.resolve() };
    threads.set(id, thread);
    thread.done = run(id, thread, glimpse);
  };
  return {
    typing: (id) => show(id, { type: 'typing' }),
    preview: (id, text, draft) => show(id, { type: 'preview', text, draft }),
    async end(id) {
      const thread = threads.get(id);
      threads.delete(id);
      thread?.stop.abort();
      await thread?.done;
    },
  };
}

/** Does not keep a process from ending. */
const unheldPause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal, ref: false });
