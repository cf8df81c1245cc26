import { Worker } from 'node:worker_threads';
import { SAMPLE_RATE, type Sound } from './pcm.ts';
import { resample } from './resample.ts';
import type { Done, Order } from './sound-thread.ts';

/** Asks for what takes long: one thread for the process, started when it is first needed. */

interface Thread {
  worker: Worker;
  waiting: Map<number, PromiseWithResolvers<Uint8Array | Int16Array>>;
}

let thread: Thread | null = null;
let orders = 0;

/** Ogg Opus. Rejects where it cannot be made, as the others do; the next call begins afresh. */
export async function encoded(pcm: Int16Array): Promise<Buffer> {
  const { buffer, byteOffset, byteLength } = await carriedOut((id) => ({ id, kind: 'encode', pcm }));
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** See waveform.ts. */
export async function drawn(pcm: Int16Array): Promise<Uint8Array> {
  return (await carriedOut((id) => ({ id, kind: 'waveform', pcm }))) as Uint8Array;
}

/** What is shorter takes some milliseconds: so the first of a sentence does not wait for others, or for the thread to start. */
const MOMENT_S = 1;

/** To 48 kHz. */
export async function resampled(sound: Sound): Promise<Int16Array> {
  if (sound.rate === SAMPLE_RATE) return sound.samples;
  if (sound.samples.length < MOMENT_S * sound.rate) return resample(sound);
  return (await carriedOut((id) => ({ id, kind: 'resample', sound }))) as Int16Array;
}

async function carriedOut(orderWith: (id: number) => Order): Promise<Uint8Array | Int16Array> {
  thread ??= start();
  const { worker, waiting } = thread;
  orders += 1;
  const order = orderWith(orders);
  const answer = Promise.withResolvers<Uint8Array | Int16Array>();
  waiting.set(order.id, answer);
  worker.ref();
  worker.postMessage(order);
  try {
    return await answer.promise;
  } finally {
    waiting.delete(order.id);
    // Our process may end although it runs, unless somebody waits for it.
    if (waiting.size === 0) worker.unref();
  }
}

function start(): Thread {
  const worker = new Worker(new URL('./sound-thread.ts', import.meta.url));
  const started: Thread = { worker, waiting: new Map() };
  worker.on('message', (done: Done) => {
    const answer = started.waiting.get(done.id);
    if ('made' in done) answer?.resolve(done.made);
    else answer?.reject(new Error(done.failure));
  });
  const ended = (why: string) => {
    if (thread === started) thread = null;
    for (const answer of started.waiting.values()) answer.reject(new Error(why));
  };
  worker.on('error', (error) => ended(String(error)));
  worker.once('exit', () => ended('the thread for sound has ended'));
  return started;
}
