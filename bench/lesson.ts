import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { receive } from '../src/bots/receive.ts';
import { accept } from '../src/core/accept.ts';
import type { InboundMessage } from '../src/core/messages.ts';
import type { Surface } from '../src/core/ports.ts';
import { createLogger } from '../src/log.ts';
import { type Runtime, startRuntime } from '../src/runtime.ts';
import { messageAt, type ScriptedModel, scriptedModel, TOPIC } from './script.ts';

/** A runtime like the one main.ts starts, and learners whose turns are timed from outside, at its two ends. */

const QUEUE = 'bench';
/** Ten times what a turn may take on a bad day. */
const PATIENCE_MS = 10_000;

export interface Lesson {
  readonly id: string;
  /** Learner messages so far; the opening is not counted. */
  turns(): number;
  /** One turn, alone: returns when the worker has given the lesson back. */
  say(text: string): Promise<TurnTimes>;
  /** One turn whose message is accepted without the nudge; it is nudged afterwards. */
  sayWithoutNudge(text: string): Promise<{ acceptMs: number }>;
  /** Talks on until the given number of turns is reached. */
  growTo(turns: number): Promise<void>;
}

export interface TurnTimes {
  /** What the platform waits for: check, store, nudge. */
  acceptMs: number;
  /** From the acknowledgement to the reply at the surface. */
  overheadMs: number;
}

export interface School {
  runtime: Runtime;
  model: ScriptedModel;
  openLesson(): Promise<Lesson>;
}

export async function openSchool(databaseUrl: string): Promise<School> {
  const surface = listeningSurface();
  const model = scriptedModel();
  const log = createLogger('warn');
  const runtime = await startRuntime({ databaseUrl, model, surfaces: [surface], queue: QUEUE, log, isAlone: true });
  let opened = 0;
  return {
    runtime,
    model,
    openLesson() {
      opened += 1;
      return openLesson(runtime, surface, `bench-${opened}`);
    },
  };
}

interface ListeningSurface extends Surface {
  /** When the next reply of a thread arrives, in ms of performance.now(). */
  nextReply(threadId: string): Promise<number>;
}

function listeningSurface(): ListeningSurface {
  const waiting = new Map<string, (at: number) => void>();
  return {
    platform: 'terminal',
    typing() {},
    preview() {},
    async send({ id, threadId }) {
      const at = performance.now();
      waiting.get(threadId)?.(at);
      waiting.delete(threadId);
      return { ok: true, platformMessageIds: [id] };
    },
    nextReply(threadId) {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const timer = setTimeout(() => reject(new Error(`no reply in ${threadId}`)), PATIENCE_MS);
      waiting.set(threadId, resolve);
      return promise.finally(() => clearTimeout(timer));
    },
  };
}

async function openLesson(runtime: Runtime, surface: ListeningSurface, threadId: string): Promise<Lesson> {
  let sent = 0;
  const message = (text: string): InboundMessage => {
    sent += 1;
    return {
      platform: 'terminal',
      workspace: { id: 'bench', name: 'Bench' },
      learner: { id: threadId, name: 'Ada' },
      threadId,
      messageId: `${threadId}-${sent}`,
      text,
      queue: QUEUE,
    };
  };
  const first = surface.nextReply(threadId);
  const { lessonId } = await receive(runtime, { ...message(''), start: { topic: TOPIC, autostart: true } });
  await first;
  await untilGivenBack(runtime, lessonId);
  const say = async (text: string): Promise<TurnTimes> => {
    const replied = surface.nextReply(threadId);
    const start = performance.now();
    await receive(runtime, message(text));
    const accepted = performance.now();
    const overheadMs = (await replied) - accepted;
    await untilGivenBack(runtime, lessonId);
    return { acceptMs: accepted - start, overheadMs };
  };
  return {
    id: lessonId,
    turns: () => sent - 1,
    say,
    async sayWithoutNudge(text) {
      const replied = surface.nextReply(threadId);
      const start = performance.now();
      const accepted = await accept(runtime.db, message(text));
      const acceptMs = performance.now() - start;
      await runtime.nudger.nudge(accepted.queue, lessonId);
      await replied;
      await untilGivenBack(runtime, lessonId);
      return { acceptMs };
    },
    async growTo(turns) {
      while (sent - 1 < turns) await say(messageAt(sent));
    },
  };
}

/** The reply is out before the lease is; a message in between would find the lesson taken, as no lone learner does. */
async function untilGivenBack(runtime: Runtime, lessonId: string): Promise<void> {
  const held = runtime.db
    .selectFrom('lessons')
    .select(sql<boolean>`lease_until is not null`.as('held'))
    .where('id', '=', lessonId);
  while ((await held.executeTakeFirstOrThrow()).held) await delay(1);
}
