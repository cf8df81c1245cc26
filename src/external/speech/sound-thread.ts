/**
 * Work on sound, in a thread of its own: a minute of speech takes a second of the processor, and would hold up every
 * lesson of the process meanwhile. Started by sound-work.ts.
 */
import { parentPort } from 'node:worker_threads';
import { errorMessage } from '../../errors.ts';
import { oggOpus } from './ogg-opus.ts';
import type { Sound } from './pcm.ts';
import { resample } from './resample.ts';
import { waveformOf } from './waveform.ts';

export type Order =
  | { id: number; kind: 'encode' | 'waveform'; pcm: Int16Array }
  | { id: number; kind: 'resample'; sound: Sound };

export type Done = { id: number; made: Uint8Array | Int16Array } | { id: number; failure: string };

async function carryOut(order: Order): Promise<Done> {
  const { id } = order;
  try {
    return { id, made: await make(order) };
  } catch (error) {
    return { id, failure: errorMessage(error) };
  }
}

function make(order: Order): Promise<Uint8Array> | Uint8Array | Int16Array {
  if (order.kind === 'resample') return resample(order.sound);
  return order.kind === 'encode' ? oggOpus(order.pcm) : waveformOf(order.pcm);
}

parentPort?.on('message', async (order: Order) => parentPort?.postMessage(await carryOut(order)));
