import { SAMPLE_RATE, type Sound } from './pcm.ts';

/**
 * To 48 kHz, band-limited: each sample is a sum over its neighbours, weighted by a sinc under a Blackman window, so that
 * no mirror image of the voice is heard above what was there. Loudness stays as it is.
 */

/** Neighbours on each side, at the lower of the two rates. */
const REACH = 12;

/**
 * In samples of a rate: after each `step` of them one falls on a sample of 48 kHz, and what is further away than `reach`,
 * which is some steps, is not heard in one.
 */
export function gridOf(rate: number): { step: number; reach: number } {
  const { up, down } = ratioOf(rate);
  return { step: down, reach: Math.ceil(reachOf(up, down) / down) * down };
}

/** So many samples of 48 kHz stand for so many of the rate. */
function ratioOf(rate: number): { up: number; down: number } {
  const common = divisor(SAMPLE_RATE, rate);
  return { up: SAMPLE_RATE / common, down: rate / common };
}

/** Neighbours on each side, at the rate itself. */
function reachOf(up: number, down: number): number {
  return Math.ceil(REACH / Math.min(1, up / down));
}

/** A minute takes hundreds of milliseconds: see sound-work.ts. */
export function resample({ samples, rate }: Sound): Int16Array {
  if (rate === SAMPLE_RATE) return samples;
  const { up, down } = ratioOf(rate);
  const filter = filterOf(up, down);
  const taps = filter.length / up;
  // Before its beginning and after its end there is silence.
  const padded = new Float64Array(samples.length + 2 * taps);
  padded.set(samples, taps);
  const result = new Int16Array(Math.round((samples.length * up) / down));
  for (let index = 0; index < result.length; index += 1) {
    const [whole, phase] = [Math.floor((index * down) / up), (index * down) % up];
    const isThere = phase === 0 && up > down;
    const sum = isThere ? (samples[whole] ?? 0) : weighted(padded, whole + taps / 2 + 1, filter, phase * taps, taps);
    result[index] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return result;
}

function weighted(samples: Float64Array, start: number, filter: Float64Array, from: number, taps: number): number {
  let sum = 0;
  for (let tap = 0; tap < taps; tap += 1) sum += (samples[start + tap] ?? 0) * (filter[from + tap] ?? 0);
  return sum;
}

const filters = new Map<string, Float64Array>();

/** The weights for each of the places between two samples that a new one can be at, one after the other. */
function filterOf(up: number, down: number): Float64Array {
  const known = filters.get(`${up}/${down}`);
  if (known) return known;
  // Where the rate falls, what the new one cannot hold is taken out.
  const cutoff = Math.min(1, up / down);
  const half = reachOf(up, down);
  const taps = half * 2;
  const filter = new Float64Array(up * taps);
  for (let phase = 0; phase < up; phase += 1) {
    const weights = Array.from({ length: taps }, (_, tap) => weight(tap - half + 1 - phase / up, cutoff, half));
    // So that the sum is 1 at every place: no ripple, and the same loudness.
    const total = weights.reduce((sum, each) => sum + each, 0);
    weights.forEach((each, tap) => {
      filter[phase * taps + tap] = each / total;
    });
  }
  filters.set(`${up}/${down}`, filter);
  return filter;
}

function weight(distance: number, cutoff: number, half: number): number {
  if (Math.abs(distance) >= half) return 0;
  const x = Math.PI * distance * cutoff;
  const sinc = x === 0 ? 1 : Math.sin(x) / x;
  const window = 0.42 + 0.5 * Math.cos((Math.PI * distance) / half) + 0.08 * Math.cos((2 * Math.PI * distance) / half);
  return sinc * window;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
