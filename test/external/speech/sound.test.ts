import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationOf, joined, readGrowingWav, readWav, silence } from '../../../src/external/speech/pcm.ts';
import { resample } from '../../../src/external/speech/resample.ts';
import { resampledAsItComes } from '../../../src/external/speech/resample-growing.ts';
import { waveformOf } from '../../../src/external/speech/waveform.ts';
import { wavOf } from '../../twins/google-tts/sound.ts';
import { arrayOf } from './listening.ts';
import { levelAt, rms, tone } from './sounds.ts';

describe('resampling', () => {
  test.each([8_000, 16_000, 22_050, 24_000, 44_100])('from %i Hz keeps length, height and loudness', async (rate) => {
    const samples = await resample({ samples: tone(1_000, 1, { rate }), rate });
    expect(samples.length).toBe(48_000);
    const middle = samples.subarray(4_800, 43_200);
    expect(Math.abs(rms(middle) / (8_000 / Math.SQRT2) - 1)).toBeLessThan(0.005);
    expect(levelAt(1_000, middle) / rms(middle)).toBeGreaterThan(0.999);
  });

  test('no mirror image is heard: 60 dB below the voice', async () => {
    const samples = (await resample({ samples: tone(3_000, 1, { rate: 22_050 }), rate: 22_050 })).subarray(
      4_800,
      43_200,
    );
    expect(levelAt(22_050 - 3_000, samples)).toBeLessThan(rms(samples) / 1_000);
  });

  test('what 48 kHz cannot hold is taken out, and does not come back lower', async () => {
    const samples = (await resample({ samples: tone(30_000, 1, { rate: 96_000 }), rate: 96_000 })).subarray(
      4_800,
      43_200,
    );
    expect(rms(samples)).toBeLessThan(8);
  });

  test('48 kHz stays as it is; the loudest does not turn over', async () => {
    const samples = tone(100, 0.1);
    expect(await resample({ samples, rate: 48_000 })).toBe(samples);
    const square = Int16Array.from({ length: 2_400 }, (_, at) => (at % 48 < 24 ? 32_767 : -32_768));
    const result = await resample({ samples: square, rate: 24_000 });
    expect(Math.max(...result.subarray(2, 40))).toBe(32_767);
    expect(Math.min(...result.subarray(4, 40))).toBeGreaterThan(0);
  });

  test('nothing is nothing', async () => {
    expect((await resample({ samples: new Int16Array(), rate: 22_050 })).length).toBe(0);
  });
});

describe('a sound that is still being made', () => {
  const whole = {
    samples: joined([tone(300, 0.3, { rate: 22_050 }), tone(2_000, 0.4, { rate: 22_050 })]),
    rate: 22_050,
  };

  test('in any pieces, at any rate, it becomes what it would be as a whole', async () => {
    const cuts = fc.array(fc.nat({ max: whole.samples.length }), { maxLength: 12 });
    const rates = fc.constantFrom(8_000, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000);
    await fc.assert(
      fc.asyncProperty(cuts, fc.nat({ max: whole.samples.length }), rates, async (all, length, rate) => {
        const samples = whole.samples.subarray(0, length);
        const borders = [0, ...all.filter((cut) => cut < length).sort((one, other) => one - other), length];
        const pieces = borders.slice(1).map((to, index) => ({ samples: samples.subarray(borders[index], to), rate }));
        expect(joined(await arrayOf(resampledAsItComes(Readable.from(pieces))))).toEqual(resample({ samples, rate }));
      }),
      { numRuns: 60 },
    );
  });

  test('the first of it is there before the rest is made, and few pieces come after it', async () => {
    let made = 0;
    async function* tenths() {
      for (let at = 0; at + 2_205 <= whole.samples.length; at += 2_205) {
        made += 1;
        yield { samples: whole.samples.subarray(at, at + 2_205), rate: whole.rate };
      }
    }
    const lengths: number[] = [];
    const madeAt: number[] = [];
    for await (const piece of resampledAsItComes(tenths())) {
      lengths.push(piece.length);
      madeAt.push(made);
    }
    expect(madeAt[0]).toBe(1);
    expect(madeAt.at(-1)).toBe(7);
    expect(lengths.length).toBeLessThan(6);
  });

  test('a file that is being written is read in whatever pieces it comes', async () => {
    const wav = wavOf('abc', 0, 24_000);
    // The length is not known yet, and what comes after that is known.
    const piped = Buffer.from(wav);
    piped.writeUInt32LE(0x7ffff000, 40);
    const followed = Buffer.concat([wav, Buffer.from('LIST\x04\x00\x00\x00abcd', 'latin1')]);
    for (const bytes of [wav, piped, followed]) {
      for (const size of [1, 3, 44, 45, 1_000, 100_000]) {
        const count = Math.ceil(bytes.length / size);
        const pieces = Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
        const sounds = await arrayOf(readGrowingWav(Readable.from(pieces)));
        expect(sounds.every(({ rate }) => rate === 24_000)).toBe(true);
        expect(joined(sounds.map(({ samples }) => samples))).toEqual(readWav(wav)?.samples);
      }
    }
    expect(await arrayOf(readGrowingWav(Readable.from([Buffer.from('no file of'), Buffer.from(' sound')])))).toEqual(
      [],
    );
  });
});

describe('WAV', () => {
  const wav = wavOf('abc', 0, 24_000);

  test('is read, also at an odd place and in the midst of other chunks', () => {
    const samples = readWav(wav)?.samples;
    expect(samples?.length).toBe(0.18 * 24_000);
    expect(readWav(wav)?.rate).toBe(24_000);
    const moved = Buffer.concat([Buffer.from('x'), wav]).subarray(1);
    expect(readWav(moved)?.samples).toEqual(samples);
    const list = Buffer.from('LIST\x03\x00\x00\x00abc\x00', 'latin1');
    const more = Buffer.concat([wav.subarray(0, 36), list, wav.subarray(36), list]);
    expect(readWav(more)?.samples).toEqual(samples);
  });

  test('a length that a pipe could not know means up to the end', () => {
    const piped = Buffer.from(wav);
    piped.writeUInt32LE(0x7ffff024, 4);
    piped.writeUInt32LE(0x7ffff000, 40);
    expect(readWav(piped)?.samples).toEqual(readWav(wav)?.samples);
  });

  test('anything else is none', () => {
    const stereo = Buffer.from(wav);
    stereo.writeUInt16LE(2, 22);
    for (const bytes of [Buffer.alloc(0), Buffer.from('RIFF'), wav.subarray(0, 40), wav.subarray(1), stereo]) {
      expect(readWav(bytes)).toBeNull();
    }
  });
});

test('pieces are joined, with silence between them', () => {
  const all = joined([tone(100, 0.5), silence(250), silence(-1), tone(100, 0.25)]);
  expect(durationOf(all)).toBe(1);
  expect(rms(all.subarray(24_000, 36_000))).toBe(0);
});

describe('a waveform', () => {
  test.each([
    [0, 1],
    [0.05, 1],
    [0.99, 9],
    [2, 20],
    [25.6, 256],
    [120, 256],
  ])('of %d s has %i points', (seconds, points) => {
    expect(waveformOf(new Int16Array(seconds * 48_000)).length).toBe(points);
  });

  test('is as high as its parts are loud, measured by the loudest', () => {
    const pcm = joined([tone(400, 1, { loudness: 4_000 }), silence(1_000), tone(400, 1, { loudness: 2_000 })]);
    const points = [...waveformOf(pcm)];
    expect(points.slice(0, 10)).toEqual(Array(10).fill(255));
    expect(points.slice(10, 20)).toEqual(Array(10).fill(0));
    expect(points.slice(20).every((point) => Math.abs(point - 128) <= 1)).toBe(true);
  });

  test('silence is flat', () => {
    expect([...waveformOf(silence(500))]).toEqual([0, 0, 0, 0, 0]);
  });
});
