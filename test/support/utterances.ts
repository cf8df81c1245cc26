import { randomUUID } from 'node:crypto';
import type { Utterance } from '../../src/core/ports.ts';
import { oggOpus } from '../../src/external/speech/ogg-opus.ts';
import { durationOf, joined, silence } from '../../src/external/speech/pcm.ts';
import { waveformOf } from '../../src/external/speech/waveform.ts';
import { tone } from '../external/speech/sounds.ts';

/** What is heard of a reply, made of tones instead of a voice. */

/** Syllables: so that it is loud in some places and not in others. */
function syllables(seconds: number): Int16Array {
  const lengths = Array.from({ length: Math.ceil(seconds / 0.3) }, (_, index) => Math.min(0.3, seconds - index * 0.3));
  return joined(
    lengths.flatMap((length, index) => [
      tone(180 + (index % 7) * 30, length * 0.8, { loudness: 3_000 + (index % 5) * 2_000 }),
      silence(length * 200),
    ]),
  );
}

/** As the core hands it to a surface. */
export async function utterance(
  more: Partial<Utterance> & { threadId: string },
  { seconds = 2 }: { seconds?: number } = {},
): Promise<Utterance> {
  const pcm = syllables(seconds);
  return {
    ...{ key: `${randomUUID()}-0`, part: 0, of: 1, locale: null, mayBeShown: false },
    transcript: 'Seven of ten parts are blue. How many are white?',
    ...{ audio: await oggOpus(pcm), seconds: durationOf(pcm), waveform: waveformOf(pcm) },
    ...more,
  };
}

/** The parts of a long one, in order. */
export function inParts(of: number, more: Partial<Utterance> & { threadId: string }): Promise<Utterance[]> {
  const id = randomUUID();
  return Promise.all(
    Array.from({ length: of }, (_, part) =>
      utterance({ key: `${id}-${part}`, part, of, transcript: `This is part ${part + 1}.`, ...more }, { seconds: 1 }),
    ),
  );
}
