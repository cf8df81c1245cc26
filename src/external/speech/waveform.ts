import { SAMPLE_RATE } from './pcm.ts';

/** As many as Discord draws, and one per 100 ms at most. */
const MOST_POINTS = 256;
const SAMPLES_PER_POINT = SAMPLE_RATE / 10;

/** How loud each part of it is (RMS), from 0 to 255 of its loudest part: the picture of a voice message. */
export function waveformOf(pcm: Int16Array): Uint8Array {
  const points = Math.max(1, Math.min(MOST_POINTS, Math.floor(pcm.length / SAMPLES_PER_POINT)));
  const border = (point: number) => Math.round((point * pcm.length) / points);
  const levels = Array.from({ length: points }, (_, point) => rms(pcm.subarray(border(point), border(point + 1))));
  const loudest = Math.max(...levels);
  return Uint8Array.from(levels, (level) => (loudest === 0 ? 0 : Math.round((level / loudest) * 255)));
}

function rms(samples: Int16Array): number {
  const sum = samples.reduce((total, sample) => total + sample * sample, 0);
  return Math.sqrt(sum / Math.max(1, samples.length));
}
