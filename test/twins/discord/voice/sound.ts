/** What frames sound like, for a test to compare with what should have been said. */
import { Decoder } from '@evan/opus/wasm/index.mjs';
import type { VoiceFrame } from './listener.ts';

export interface Sound {
  /** 16 bit, mono, 48 kHz. */
  pcm: Int16Array;
  seconds: number;
  /** From 0 to 1. */
  rms: number;
}

const SAMPLE_RATE = 48_000;
const FULL_SCALE = 32_768;

/** All that is not silence, in the order in which it was sent, without pauses. */
export function soundOf(frames: readonly VoiceFrame[]): Sound {
  const spoken = frames.filter((frame) => !frame.isSilence);
  const pcm = decode(spoken.map(({ opus }) => opus));
  const energy = pcm.reduce((sum, sample) => sum + (sample / FULL_SCALE) ** 2, 0);
  return {
    pcm,
    seconds: pcm.length / SAMPLE_RATE,
    rms: pcm.length === 0 ? 0 : Math.sqrt(energy / pcm.length),
  };
}

function decode(packets: readonly Buffer[]): Int16Array {
  const decoder = new Decoder({ channels: 1, sample_rate: SAMPLE_RATE });
  try {
    const parts = packets.map((packet) => decoder.decode(packet));
    const bytes = Buffer.concat(parts);
    return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  } finally {
    decoder.drop();
  }
}
