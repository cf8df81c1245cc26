import { joined, SAMPLE_RATE, type Sound } from './pcm.ts';
import { gridOf } from './resample.ts';
import { resampled } from './sound-work.ts';

/**
 * A sound that is still being made, brought to 48 kHz: joined, what it would be as a whole. Each piece holds at least as
 * much as all before it, so that the first is there soon and there are few.
 */
export async function* resampledAsItComes(sounds: AsyncIterable<Sound>): AsyncGenerator<Int16Array> {
  let parts: Int16Array[] = [];
  let [length, rate] = [0, SAMPLE_RATE];
  /** Samples at the beginning of the parts that were given, and are still heard in those after them. */
  let given = 0;
  let total = 0;
  for await (const sound of sounds) {
    parts.push(sound.samples);
    length += sound.samples.length;
    rate = sound.rate;
    const { step, reach } = gridOf(rate);
    const end = Math.floor((length - reach) / step) * step;
    const more = end - given;
    if (more <= 0 || more < total) continue;
    const samples = joined(parts);
    yield await resampledPart({ samples: samples.subarray(0, end + reach), rate }, given, end);
    total += more;
    given = Math.min(reach, end);
    const rest = samples.slice(end - given);
    [parts, length] = [[rest], rest.length];
  }
  if (length > given) yield await resampledPart({ samples: joined(parts), rate }, given);
}

async function resampledPart(sound: Sound, from: number, to?: number): Promise<Int16Array> {
  const at = (sample: number) => (sample * SAMPLE_RATE) / sound.rate;
  return (await resampled(sound)).subarray(at(from), to && at(to));
}
