import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { accept } from '../src/core/accept.ts';
import type { Database } from '../src/db/database.ts';
import { openLessonQueues, startLessonWorker } from '../src/jobs/lesson-queue.ts';
import type { QueueBackend } from '../src/jobs/queue-connection.ts';
import { createLogger } from '../src/log.ts';

/** What the parts of a turn cost by themselves, on the same server in the same run. */

/** From the nudge to the worker's handler, in ms, one at a time. */
export async function probeQueueHop(backend: QueueBackend, samples: number): Promise<number[]> {
  const queue = 'bench-hop';
  const log = createLogger('error');
  let arrived = (_at: number) => {};
  const nudger = openLessonQueues(backend, log);
  const handle = async () => arrived(performance.now());
  const worker = await startLessonWorker(backend, queue, {
    concurrency: 20,
    log,
    handlers: { lesson: handle, summarise: handle, card: handle },
  });
  const hops: number[] = [];
  // The first few open connections.
  for (let sample = -10; sample < samples; sample += 1) {
    const arrival = new Promise<number>((resolve) => {
      arrived = resolve;
    });
    const start = performance.now();
    await nudger.nudge(queue, 'nobody');
    const hop = (await arrival) - start;
    if (sample >= 0) hops.push(hop);
    await delay(5);
  }
  await worker.close();
  await nudger.close();
  return hops;
}

export interface BareLoop {
  /** One turn, in ms. */
  turn(): Promise<number>;
  close(): Promise<void>;
}

/** The least that a stored turn can be: read the session, insert the message, update 8 KB of state, commit. */
export async function openBareLoop(databaseUrl: string): Promise<BareLoop> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`create schema bench;
    create table bench.sessions (id integer primary key, version integer not null, state jsonb not null);
    create table bench.messages (session_id integer, seq integer, text text not null, primary key (session_id, seq));
    insert into bench.sessions values (1, 0, '{}')`);
  let seq = 0;
  return {
    async turn() {
      seq += 1;
      const state = stateOf8KB(seq);
      const start = performance.now();
      await bareTurn(client, seq, state);
      return performance.now() - start;
    },
    close: () => client.end(),
  };
}

async function bareTurn(client: pg.Client, seq: number, state: string): Promise<void> {
  await client.query('begin');
  await client.query('select version, state from bench.sessions where id = $1 for update', [1]);
  await client.query('insert into bench.messages values ($1, $2, $3)', [1, seq, `message ${seq}`]);
  await client.query('update bench.sessions set version = version + 1, state = $2 where id = $1', [1, state]);
  await client.query('commit');
}

/** Digests do not compress, so 8 KB stay 8 KB on disk. */
function stateOf8KB(seq: number): string {
  const notes = Array.from({ length: 120 }, (_, index) => createHash('sha256').update(`${seq}-${index}`).digest('hex'));
  return JSON.stringify({ notes });
}

/** Learners of one server who write at the same moment, again and again: messages accepted in a second. */
export async function probeRush(db: Database, learners: number, messages: number): Promise<number> {
  const write = async (learner: number) => {
    for (let number = 0; number < messages; number += 1) {
      await accept(db, {
        platform: 'terminal',
        workspace: { id: 'rush', name: 'Rush' },
        learner: { id: `rush-${learner}`, name: 'Ada' },
        threadId: `rush-${learner}`,
        messageId: `${number}`,
        // A command is a turn of its own, so that no message takes the shorter way of joining another's turn.
        text: 'hint',
        // Nobody works on this queue: the turns stay where they are.
        queue: 'bench-rush',
      });
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: learners }, (_, learner) => write(learner)));
  return (learners * messages * 1000) / (performance.now() - start);
}
