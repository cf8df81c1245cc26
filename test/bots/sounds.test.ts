import { expect, test } from 'vitest';
import { opusSeconds } from '../../src/bots/sounds.ts';
import { recorded } from '../support/recordings.ts';

test('a voice message says how long it is', async () => {
  const { bytes, seconds } = await recorded('Three quarters of the cake, I would say.');
  expect(opusSeconds(bytes)).toBeCloseTo(seconds, 3);
  // The letters of a page in the middle of the sound.
  const with4 = Buffer.concat([bytes, Buffer.from('OggSound')]);
  expect(opusSeconds(with4)).toBeCloseTo(seconds, 3);
});

test.each([
  ['nothing', ''],
  ['text', 'OggS is how it begins'],
  ['another sound', 'ID3 la la la'],
  ['a file that is cut off', `OggS\0\x02${'\0'.repeat(22)}OpusHead`],
])('%s does not', (_, bytes) => {
  expect(opusSeconds(Buffer.from(bytes, 'latin1'))).toBeNull();
});
