import { setImmediate as breath } from 'node:timers/promises';
import { Encoder } from '@evan/opus/wasm/index.mjs';
import { lacing, oggPage } from './ogg.ts';
import { SAMPLE_RATE } from './pcm.ts';

/** Speech as an Ogg Opus file (RFC 7845): mono, 48 kHz, 32 kbit/s, frames of 20 ms. Phones and browsers play it. */

const FRAME = SAMPLE_RATE / 50;
/** What the encoder holds back; players skip it, so that nothing is cut off and nothing is added. */
const PRE_SKIP = 312;
const SET_BITRATE = 4002;
const BITRATE = 32_000;
const MOST_SEGMENTS = 255;
/** A second: what a page may hold back while the sound is still being made. */
const FRAMES_PER_PAGE = 50;
const VENDOR = 'threadtutor';

type Chunks = AsyncIterable<Int16Array> | Iterable<Int16Array>;

/** Packets of 20 ms without a file around them, as they are asked for: to be played at once. */
export async function* opusPackets(pcm: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = speechEncoder();
  try {
    for await (const frame of framesOf(pcm, { samples: 0 })) yield encoder.encode(frame);
  } finally {
    encoder.drop();
  }
}

function speechEncoder(): Encoder {
  const encoder = new Encoder({ channels: 1, sample_rate: SAMPLE_RATE, application: 'voip' });
  encoder.ctl(SET_BITRATE, BITRATE);
  return encoder;
}

/** The whole file. */
export async function oggOpus(pcm: Int16Array): Promise<Buffer> {
  const pages: Buffer[] = [];
  for await (const page of oggOpusPages([pcm])) pages.push(page);
  return Buffer.concat(pages);
}

/**
 * The file page by page while the samples arrive, in pieces of any length. The loop is let go between two pages: a
 * second of sound takes some 20 ms to encode.
 */
export async function* oggOpusPages(pcm: Chunks): AsyncGenerator<Buffer, void, undefined> {
  const encoder = speechEncoder();
  try {
    yield oggPage({ packets: [opusHead()], position: 0, sequence: 0, begins: true });
    yield oggPage({ packets: [opusTags()], position: 0, sequence: 1 });
    const length = { samples: 0 };
    let [sequence, frames] = [2, 0];
    let packets: Uint8Array[] = [];
    for await (const frame of framesOf(pcm, length)) {
      const packet = encoder.encode(frame);
      // Only when there is more to come: the last page says that it is the last.
      if (isFull(packets, packet)) {
        frames += packets.length;
        yield oggPage({ packets, position: frames * FRAME, sequence });
        [packets, sequence] = [[], sequence + 1];
        await breath();
      }
      packets.push(packet);
    }
    // Short of the last frame's end by what is not part of the sound.
    yield oggPage({ packets, position: PRE_SKIP + length.samples, sequence, ends: true });
  } finally {
    encoder.drop();
  }
}

function isFull(packets: readonly Uint8Array[], next: Uint8Array): boolean {
  const segments = [...packets, next].reduce((sum, packet) => sum + lacing(packet).length, 0);
  return packets.length >= FRAMES_PER_PAGE || segments > MOST_SEGMENTS;
}

/** Whole frames, with silence after the end until the encoder has given everything back. Counts the samples. */
async function* framesOf(pcm: Chunks, length: { samples: number }): AsyncGenerator<Int16Array> {
  let frame = new Int16Array(FRAME);
  let filled = 0;
  for await (const chunk of withSilence(pcm, length)) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + FRAME - filled);
      frame.set(part, filled);
      [filled, at] = [filled + part.length, at + part.length];
      if (filled < FRAME) continue;
      yield frame;
      [frame, filled] = [new Int16Array(FRAME), 0];
    }
  }
  if (filled > 0) yield frame;
}

async function* withSilence(pcm: Chunks, length: { samples: number }): AsyncGenerator<Int16Array> {
  for await (const chunk of pcm) {
    length.samples += chunk.length;
    yield chunk;
  }
  yield new Int16Array(PRE_SKIP);
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
