import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { lacing, oggPage } from '../../../src/external/speech/ogg.ts';
import { oggOpus, oggOpusPages } from '../../../src/external/speech/ogg-opus.ts';
import { joined, silence } from '../../../src/external/speech/pcm.ts';
import { readOggOpus } from './read-ogg.ts';
import { levelAt, rms, tone } from './sounds.ts';

const folder = mkdtempSync(join(tmpdir(), 'threadtutor-ogg-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([0, 1, 647, 648, 649, 960, 48_000, 100_007])('%i samples come back as many', async (length) => {
  const file = readOggOpus(await oggOpus(tone(440, length / 48_000)));
  expect(file.pcm.length).toBe(length);
  expect(file).toMatchObject({ channels: 1, preSkip: 312, rate: 48_000, vendor: 'threadtutor' });
});

test('a tone comes back as loud and as high', async () => {
  const { pcm } = readOggOpus(await oggOpus(tone(440, 2)));
  expect(Math.abs(rms(pcm) / rms(tone(440, 2)) - 1)).toBeLessThan(0.05);
  expect(levelAt(440, pcm) / rms(pcm)).toBeGreaterThan(0.95);
});

test('nothing is shifted: a sound begins where it began', async () => {
  const { pcm } = readOggOpus(await oggOpus(joined([silence(500), tone(300, 0.5), silence(500)])));
  expect(rms(pcm.subarray(0, 23_500))).toBeLessThan(50);
  expect(rms(pcm.subarray(24_480, 47_520))).toBeGreaterThan(4_000);
  expect(rms(pcm.subarray(49_000))).toBeLessThan(50);
});

test('speech takes about 32 kbit/s', async () => {
  const noisy = tone(200, 5).map((sample, at) => sample + ((at * 7919) % 3001) - 1500);
  expect((await oggOpus(noisy)).length * 8).toBeLessThan(5 * 40_000);
});

test('the same sound is the same file, and sounds the same however it arrives', async () => {
  const pcm = tone(500, 2.345);
  const whole = await oggOpus(pcm);
  expect(whole.equals(await oggOpus(pcm))).toBe(true);
  const borders = [0, 1, 961, 961, 1_500, 1_920, 40_000, pcm.length];
  const pieces = borders.slice(1).map((end, index) => pcm.subarray(borders[index], end));
  const pages: Buffer[] = [];
  for await (const page of oggOpusPages(pieces)) pages.push(page);
  expect(readOggOpus(Buffer.concat(pages)).pcm).toEqual(readOggOpus(whole).pcm);
});

test('what has come is in a page before more is waited for', async () => {
  const arrivals: Int16Array[] = [tone(400, 0.3), tone(400, 2.5)];
  const { promise: later, resolve: arrive } = Promise.withResolvers<void>();
  async function* sound() {
    yield* arrivals.splice(0, 1);
    await later;
    yield* arrivals;
  }
  const pages = oggOpusPages(sound());
  const read = async () => (await pages.next()).value;
  const early = [await read(), await read(), await read()].filter((page) => page !== undefined);
  // 15 frames of 20 ms: the first sound as a whole.
  expect(early[2]?.readBigUInt64LE(6)).toBe(15n * 960n);
  arrive();
  for await (const page of pages) early.push(page);
  expect(readOggOpus(Buffer.concat(early)).pcm.length).toBe(2.8 * 48_000);
});

test('who stops reading gets no more', async () => {
  const pages = oggOpusPages([tone(400, 5)]);
  await pages.next();
  await pages.return();
  expect((await pages.next()).done).toBe(true);
});

test('hundreds of files at once do not mix', async () => {
  const alone = await Promise.all([300, 500].map((frequency) => oggOpus(tone(frequency, 0.5))));
  const together = await Promise.all(
    Array.from({ length: 300 }, (_, index) => oggOpus(tone(300 + (index % 2) * 200, 0.5))),
  );
  expect(together.every((file, index) => file.equals(alone[index % 2] ?? Buffer.alloc(0)))).toBe(true);
});

describe('a page', () => {
  test.each([
    [0, [0]],
    [254, [254]],
    [255, [255, 0]],
    [256, [255, 1]],
    [511, [255, 255, 1]],
  ])('has the lengths of a packet of %i bytes', (bytes, lengths) => {
    expect(lacing(new Uint8Array(bytes))).toEqual(lengths);
  });

  test('is as it always was', () => {
    const page = oggPage({ packets: [Buffer.from('abc')], position: 960, sequence: 3, ends: true });
    const head = '4f6767530004c003000000000000727475740300000';
    expect(page.toString('hex')).toBe(`${head}0bf62a97a0103616263`);
  });
});

/** Programs of others; where one is missing its judgement is left out, and the parser above is the judge. */
const OTHERS: [string, string[]][] = [
  ['opusinfo', ['-q']],
  ['ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,sample_rate,channels']],
];

describe.each(OTHERS)('%s, where it is installed,', (program, parameters) => {
  const isMissing = spawnSync(program, ['-h']).error !== undefined;

  test.skipIf(isMissing)('has nothing to say against it', async () => {
    const path = join(folder, 'sound.opus');
    writeFileSync(path, await oggOpus(tone(440, 2.5)));
    const { status, stdout, stderr } = spawnSync(program, [...parameters, path], { encoding: 'utf8' });
    expect({ status, stderr, warned: /warning|error/i.test(stdout) }).toEqual({ status: 0, stderr: '', warned: false });
  });
});
