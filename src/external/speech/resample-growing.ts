import { joined, SAMPLE_RATE, type Sound } from './pcm.ts';
import { gridOf } from './resample.ts';
import { resampled } from './sound-work.ts';

/**
 * A sound that is still being made, brought to 48 kHz: joined, what it would be as a whole. Each piece holds at least as
 * much as all before it, so that the first is there soon and there are few.
 */
export async function* resampledAsItComes(sounds: AsyncIterable<Sound>): AsyncGenerator<Int16Array> {
  let rest: Sound = { samples: new Int16Array(), rate: SAMPLE_RATE };
  /** Samples at its beginning that were given, and are still heard in those after them. */
  let given = 0;
  let total = 0;
  for await (const { samples, rate } of sounds) {
    rest = { samples: joined([rest.samples, samples]), rate };
    const { step, reach } = gridOf(rate);
    const end = Math.floor((rest.samples.length - reach) / step) * step;
    const more = end - given;
    if (more <= 0 || more < total) continue;
    yield await part({ samples: rest.samples.subarray(0, end + reach), rate }, given, end);
    total += more;
    given = Math.min(reach, end);
    rest.samples = rest.samples.slice(end - given);
  }
  if (rest.samples.length > given) yield await part(rest, given);
}

async function part(sound: Sound, from: number, to?: number): Promise<Int16Array> {
  const at = (sample: number) => (sample * SAMPLE_RATE) / sound.rate;
  return (await resampled(sound)).subarray(at(from), to && at(to));
}
