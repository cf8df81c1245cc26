/** Sound in place of a voice: a tone for each character, so that its length follows the text and no two texts are alike. */

const SECONDS_PER_CHARACTER = 0.06;
const LOUDNESS = 9_000;

export function secondsOf(text: string, pauseMs: number): number {
  return [...text].length * SECONDS_PER_CHARACTER + pauseMs / 1_000;
}

/** A WAV file, as LINEAR16 comes. */
export function wavOf(text: string, pauseMs: number, rate: number): Buffer {
  const perCharacter = Math.round(rate * SECONDS_PER_CHARACTER);
  const samples = new Int16Array(Math.round(secondsOf(text, pauseMs) * rate));
  [...text].forEach((character, place) => {
    const frequency = character === ' ' ? 0 : 200 + ((character.codePointAt(0) ?? 0) % 60) * 10;
    const start = place * perCharacter;
    for (let at = start; at < Math.min(samples.length, start + perCharacter); at += 1) {
      samples[at] = LOUDNESS * Math.sin((2 * Math.PI * frequency * at) / rate);
    }
  });
  return Buffer.concat([header(samples.byteLength, rate), Buffer.from(samples.buffer)]);
}

function header(bytes: number, rate: number): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + bytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(bytes, 40);
  return head;
}
