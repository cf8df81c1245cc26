import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { oggOpus } from '../../../src/external/speech/ogg-opus.ts';
import { joined } from '../../../src/external/speech/pcm.ts';
import { recorder } from '../../../src/external/speech/recorder.ts';
import { resample } from '../../../src/external/speech/resample.ts';
import { encoded, resampled } from '../../../src/external/speech/sound-work.ts';
import { waveformOf } from '../../../src/external/speech/waveform.ts';
import { tone } from './sounds.ts';

/** What takes long is done beside the loop, and is what it would be on it. */

test('a file, its picture and another rate are the same as they are here', async () => {
  const pcm = joined([tone(200, 0.5), tone(900, 1, { loudness: 2_000 })]);
  expect((await recorder.encode(pcm)).equals(await oggOpus(pcm))).toBe(true);
  expect(await recorder.waveform(pcm)).toEqual(waveformOf(pcm));
  const sound = { samples: tone(400, 0.3, { rate: 22_050 }), rate: 22_050 };
  expect(await resampled(sound)).toEqual(resample(sound));
  const there = { samples: pcm, rate: 48_000 };
  expect(await resampled(there)).toBe(pcm);
});

test('what cannot be done is told, and the next is done', async () => {
  await expect(resampled({ samples: new Int16Array(8), rate: 0 })).rejects.toThrow(/Invalid/);
  expect((await encoded(tone(200, 0.1))).subarray(0, 4).toString()).toBe('OggS');
});

test('while minutes of speech are recorded, the loop is free', async () => {
  const minute = tone(300, 60);
  const slow = { samples: tone(300, 60, { rate: 24_000 }), rate: 24_000 };
  await resampled({ samples: tone(300, 0.1, { rate: 24_000 }), rate: 24_000 });
  const before = performance.eventLoopUtilization();
  await Promise.all([recorder.encode(minute), recorder.waveform(minute), recorder.encode(minute), resampled(slow)]);
  const { active, idle } = performance.eventLoopUtilization(before);
  expect(active / (active + idle)).toBeLessThan(0.25);
});
