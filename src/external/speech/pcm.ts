/** Samples: 16 bits, mono. */

/** Of every piece of speech, and of Opus. */
export const SAMPLE_RATE = 48_000;

export interface Sound {
  samples: Int16Array;
  rate: number;
}

export function silence(ms: number): Int16Array {
  return new Int16Array(Math.round((Math.max(0, ms) / 1_000) * SAMPLE_RATE));
}

export function joined(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** In seconds. */
export function durationOf(pcm: Int16Array): number {
  return pcm.length / SAMPLE_RATE;
}

const PCM = 1;
const CHUNK_HEAD = 8;

/**
 * The samples of a WAV file of 16 bits and one channel; null: it is none. A program that writes to a pipe does not know
 * the length of what it writes: a length beyond the end means up to the end.
 */
export function readWav(bytes: Uint8Array): Sound | null {
  const head = readWavHead(bytes);
  return head && { samples: samplesIn(bytes.subarray(head.start, head.start + head.length)), rate: head.rate };
}

/** The same of a file that is being written: its samples as they come. Nothing comes of what is none. */
export async function* readGrowingWav(file: AsyncIterable<Uint8Array>): AsyncGenerator<Sound> {
  let head: WavHead | null = null;
  let rest = Buffer.alloc(0);
  let left = 0;
  for await (const bytes of file) {
    rest = Buffer.concat([rest, bytes]);
    if (!head) {
      head = readWavHead(rest);
      if (!head) continue;
      left = head.length;
      rest = rest.subarray(head.start);
    }
    const whole = Math.min(left, rest.length) & ~1;
    if (whole > 0) yield { samples: samplesIn(rest.subarray(0, whole)), rate: head.rate };
    rest = rest.subarray(whole);
    left -= whole;
  }
}

interface WavHead {
  rate: number;
  /** Where the samples begin, and how long they are, in bytes. */
  start: number;
  length: number;
}

/** Null also where a file that is being written has not come so far. */
function readWavHead(bytes: Uint8Array): WavHead | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nameAt = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || nameAt(0) !== 'RIFF' || nameAt(8) !== 'WAVE') return null;
  let rate: number | null = null;
  for (let at = 12; at + CHUNK_HEAD <= bytes.length; ) {
    const [start, length] = [at + CHUNK_HEAD, view.getUint32(at + 4, true)];
    if (nameAt(at) === 'fmt ' && length >= 16 && start + 16 <= bytes.length) {
      const [format, channels, bits] = [0, 2, 14].map((offset) => view.getUint16(start + offset, true));
      if (format !== PCM || channels !== 1 || bits !== 16) return null;
      rate = view.getUint32(start + 4, true);
    }
    if (nameAt(at) === 'data' && rate !== null) return { rate, start, length };
    // Chunks begin at even places.
    at = start + length + (length % 2);
  }
  return null;
}

/** Of bytes wherever in memory they begin; like every machine that this runs on, they have the low byte first. */
export function samplesIn(bytes: Uint8Array): Int16Array {
  return new Int16Array(new Uint8Array(bytes).buffer, 0, bytes.length >> 1);
}
