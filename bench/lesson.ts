import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { receive } from '../src/bots/receive.ts';
import { accept } from '../src/core/accept.ts';
import type { InboundMessage } from '../src/core/messages.ts';
import type { Surface } from '../src/core/ports.ts';
import { createLogger } from '../src/log.ts';
import { type Runtime, startRuntime } from '../src/runtime.ts';
import { countStatements } from './counters.ts';
import { messageAt, type ScriptedModel, scriptedModel, TOPIC } from './script.ts';
import type { Place } from './servers.ts';

/** A runtime like the one main.ts starts, and learners whose turns are timed from outside, at its two ends. */

const QUEUE = 'bench';
/** A thousand times what a turn takes. */
const PATIENCE_MS = 10_000;

export interface Lesson {
  readonly id: string;
  /** One turn, alone, and measured: returns when the worker has given the lesson back. */
  say(text: string): Promise<Turn>;
  /** One turn whose message is accepted and only then nudged: how long accepting alone took, in ms. */
  sayUnnudged(text: string): Promise<number>;
  /** Talks on until the given number of turns is reached; the opening is not counted. */
  growTo(turns: number): Promise<void>;
}

export interface Turn {
  /** What the platform waits for: check, store, nudge. */
  acceptMs: number;
  /** From the acknowledgement to the reply at the surface. */
  overheadMs: number;
  /** Sent to the database on all connections, the queue's included, from the message to the reply. */
  statements: number;
}

export interface School {
  runtime: Runtime;
  model: ScriptedModel;
  openLesson(): Promise<Lesson>;
}

export async function openSchool(place: Place): Promise<School> {
  const statements = countStatements();
  const surface = listeningSurface(statements);
  const model = scriptedModel();
  const log = createLogger('error');
  const runtime = await startRuntime({
    ...place,
    model,
    surfaces: () => [surface],
    queue: QUEUE,
    log,
    isAlone: async () => true,
  });
  let opened = 0;
  return {
    runtime,
    model,
    openLesson() {
      opened += 1;
      return openLesson({ runtime, surface, statements }, `bench-${opened}`);
    },
  };
}

interface Arrival {
  /** In ms of performance.now(). */
  at: number;
  /** Statements sent by then. */
  statements: number;
}

interface ListeningSurface extends Surface {
  /** Call before the message is sent. */
  nextReply(threadId: string): Promise<Arrival>;
}

interface Statements {
  total(): number;
}

function listeningSurface(statements: Statements): ListeningSurface {
  const waiting = new Map<string, (arrival: Arrival) => void>();
  return {
    platform: 'terminal',
    typing() {},
    preview() {},
    async send({ id, threadId }) {
      waiting.get(threadId)?.({ at: performance.now(), statements: statements.total() });
      waiting.delete(threadId);
      return { ok: true, platformMessageIds: [id] };
    },
    nextReply(threadId) {
      const { promise, resolve, reject } = Promise.withResolvers<Arrival>();
      const timer = setTimeout(() => reject(new Error(`no reply in ${threadId}`)), PATIENCE_MS);
      waiting.set(threadId, resolve);
      return promise.finally(() => clearTimeout(timer));
    },
  };
}

interface Room {
  runtime: Runtime;
  surface: ListeningSurface;
  statements: Statements;
}

async function openLesson({ runtime, surface, statements }: Room, threadId: string): Promise<Lesson> {
  let sent = 0;
  const nextMessage = (text: string): InboundMessage => {
    sent += 1;
    return messageIn(threadId, sent, text);
  };
  const talk = async (text: string): Promise<Turn> => {
    const replied = surface.nextReply(threadId);
    const before = statements.total();
    const start = performance.now();
    await receive(runtime, nextMessage(text));
    const acceptMs = performance.now() - start;
    const arrival = await replied;
    return { acceptMs, overheadMs: arrival.at - start - acceptMs, statements: arrival.statements - before };
  };
  const opened = surface.nextReply(threadId);
  const { lessonId } = await receive(runtime, { ...nextMessage(''), start: { topic: TOPIC, autostart: true } });
  await opened;
  const givenBack = () => untilGivenBack(runtime, lessonId);
  await givenBack();
  return {
    id: lessonId,
    async say(text) {
      const turn = await talk(text);
      await givenBack();
      return turn;
    },
    async sayUnnudged(text) {
      const replied = surface.nextReply(threadId);
      const start = performance.now();
      await accept(runtime.db, nextMessage(text));
      const acceptMs = performance.now() - start;
      await runtime.nudger.nudge(QUEUE, lessonId);
      await replied;
      await givenBack();
      return acceptMs;
    },
    async growTo(turns) {
      // The opening was message 1, so the number of the next turn is that of the last message.
      while (sent <= turns) await talk(messageAt(sent));
      await givenBack();
    },
  };
}

function messageIn(threadId: string, number: number, text: string): InboundMessage {
  return {
    platform: 'terminal',
    workspace: { id: 'bench', name: 'Bench' },
    learner: { id: threadId, name: 'Ada' },
    threadId,
    messageId: `${threadId}-${number}`,
    text,
    queue: QUEUE,
  };
}

/** The reply is out before the lease is; a message in between would find the lesson taken, as no lone learner does. */
async function untilGivenBack({ db }: Runtime, lessonId: string): Promise<void> {
  const lease = db
    .selectFrom('lessons')
    .select(sql<boolean>`lease_until is not null`.as('held'))
    .where('id', '=', lessonId);
  while ((await lease.executeTakeFirstOrThrow()).held) await delay(1);
}
