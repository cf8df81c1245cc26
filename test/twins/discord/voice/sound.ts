/** What frames sound like, for a test to compare with what should have been said. */
import { Decoder } from '@evan/opus/wasm/index.mjs';
import type { VoiceFrame } from './listener.ts';

export interface Sound {
  /** 16 bit, mono, 48 kHz. */
  pcm: Int16Array;
  seconds: number;
  /** From 0 to 1. */
  rms: number;
  /** Of the first and the last frame, by the twin's clock; 0 when there are none. */
  from: number;
  to: number;
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
    from: spoken[0]?.at ?? 0,
    to: spoken.at(-1)?.at ?? 0,
  };
}

/** The same in parts, where it was quiet for at least so long: what was said in one go. */
export function utterancesIn(frames: readonly VoiceFrame[], pauseMs: number): Sound[] {
  const parts: VoiceFrame[][] = [];
  let last: VoiceFrame | undefined;
  for (const frame of frames.filter(({ isSilence }) => !isSilence)) {
    if (!last || frame.at - last.at >= pauseMs) parts.push([]);
    parts.at(-1)?.push(frame);
    last = frame;
  }
  return parts.map(soundOf);
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
