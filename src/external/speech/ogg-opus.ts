import { setImmediate as breath } from 'node:timers/promises';
import { Encoder } from '@evan/opus/wasm/index.mjs';
import { lacing, oggPage } from './ogg.ts';
import { joined, SAMPLE_RATE } from './pcm.ts';

/** Speech as an Ogg Opus file (RFC 7845): mono, 48 kHz, 32 kbit/s, frames of 20 ms. Phones and browsers play it. */

const FRAME = SAMPLE_RATE / 50;
/** What the encoder holds back; players skip it, so that nothing is cut off and nothing is added. */
const PRE_SKIP = 312;
const SET_BITRATE = 4002;
const BITRATE = 32_000;
const SET_COMPLEXITY = 4010;
/** At this bitrate nobody hears what more of it would gain, and it would take five to ten times as long. */
const COMPLEXITY = 4;
const MOST_SEGMENTS = 255;
/** A second. */
const FRAMES_PER_PAGE = 50;
const VENDOR = 'threadtutor';

type Chunks = AsyncIterable<Int16Array> | Iterable<Int16Array>;

/** Packets of 20 ms without a file around them, as they are asked for: to be played at once. */
export async function* opusPackets(pcm: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = speechEncoder();
  try {
    for await (const { frames } of batchesOf(pcm)) {
      for (const frame of frames) yield encoder.encode(frame);
    }
  } finally {
    encoder.drop();
  }
}

function speechEncoder(): Encoder {
  const encoder = new Encoder({ channels: 1, sample_rate: SAMPLE_RATE, application: 'audio' });
  encoder.ctl(SET_BITRATE, BITRATE);
  encoder.ctl(SET_COMPLEXITY, COMPLEXITY);
  return encoder;
}

/** The whole file. */
export async function oggOpus(pcm: Int16Array): Promise<Buffer> {
  const pages: Buffer[] = [];
  for await (const page of oggOpusPages(pcm instanceof Int16Array ? [pcm] : pcm)) pages.push(page);
  return Buffer.concat(pages);
}

/**
 * The file page by page while the samples arrive. Whatever has come is in a page before more is waited for, up to the
 * last 20 ms, so that a sentence is heard to its end. The loop is let go between two pages: a second of sound takes
 * some 5 ms to encode.
 */
export async function* oggOpusPages(pcm: Chunks): AsyncGenerator<Buffer, void, undefined> {
  const encoder = speechEncoder();
  try {
    yield oggPage({ packets: [opusHead()], position: 0, sequence: 0, begins: true });
    yield oggPage({ packets: [opusTags()], position: 0, sequence: 1 });
    let [sequence, frames] = [2, 0];
    for await (const batch of batchesOf(pcm)) {
      let packets: Uint8Array[] = [];
      for (const frame of batch.frames) {
        const packet = encoder.encode(frame);
        if (isFull(packets, packet)) {
          yield oggPage({ packets, position: frames * FRAME, sequence });
          [packets, sequence] = [[], sequence + 1];
          await breath();
        }
        packets.push(packet);
        frames += 1;
      }
      if (packets.length === 0) continue;
      // The last position is short of the last frame's end by what is not part of the sound.
      const end = batch.length === null ? null : PRE_SKIP + batch.length;
      yield oggPage({ packets, position: end ?? frames * FRAME, sequence, ends: end !== null });
      sequence += 1;
    }
  } finally {
    encoder.drop();
  }
}

interface Batch {
  frames: readonly Int16Array[];
  /** Of all samples, with the last batch; null: more may come. */
  length: number | null;
}

/** Whole frames as soon as they are there, and at the end silence until the encoder has given everything back. */
async function* batchesOf(pcm: Chunks): AsyncGenerator<Batch> {
  let [rest, length] = [new Int16Array(), 0];
  for await (const chunk of pcm) {
    length += chunk.length;
    const all = joined([rest, chunk]);
    const whole = all.length - (all.length % FRAME);
    yield { frames: framesIn(all.subarray(0, whole)), length: null };
    rest = all.slice(whole);
  }
  const left = rest.length + PRE_SKIP;
  const silent = new Int16Array(Math.ceil(left / FRAME) * FRAME - rest.length);
  yield { frames: framesIn(joined([rest, silent])), length };
}

function framesIn(samples: Int16Array): Int16Array[] {
  return Array.from({ length: samples.length / FRAME }, (_, index) =>
    samples.subarray(index * FRAME, (index + 1) * FRAME),
  );
}

function isFull(packets: readonly Uint8Array[], next: Uint8Array): boolean {
  const segments = [...packets, next].reduce((sum, packet) => sum + lacing(packet).length, 0);
  return packets.length >= FRAMES_PER_PAGE || segments > MOST_SEGMENTS;
}

function opusHead(): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0, 'latin1');
  head.writeUInt8(1, 8);
  head.writeUInt8(1, 9);
  head.writeUInt16LE(PRE_SKIP, 10);
  head.writeUInt32LE(SAMPLE_RATE, 12);
  return head;
}

function opusTags(): Buffer {
  const tags = Buffer.alloc(8 + 4 + VENDOR.length + 4);
  tags.write('OpusTags', 0, 'latin1');
  tags.writeUInt32LE(VENDOR.length, 8);
  tags.write(VENDOR, 12, 'latin1');
  return tags;
}
