/**
 * The npm build of espeak-ng, in a process of its own: it is under the GPL, and it would hold up everybody else while
 * it speaks. Started by espeak-package.ts; ends with the process that has started it.
 */
import load from '@echogarden/espeak-ng-emscripten';
import { joined } from './pcm.ts';

export interface Wish {
  id: number;
  ssml: string;
  voice: string;
}

export type Word =
  | { kind: 'ready'; voices: string[] }
  | { kind: 'spoken'; id: number; samples: Int16Array; rate: number }
  /** It has no such voice. */
  | { kind: 'refused'; id: number };

process.on('disconnect', () => process.exit());

const tell = (word: Word) => process.send?.(word);
const worker = new (await load()).eSpeakNGWorker();

process.on('message', ({ id, ssml, voice }: Wish) => {
  if (worker.set_voice('', voice, 0, 0, 0) !== 0) return tell({ kind: 'refused', id });
  const chunks: Int16Array[] = [];
  worker.synthesize(ssml, (samples) => {
    chunks.push(samples);
  });
  return tell({ kind: 'spoken', id, samples: joined(chunks), rate: worker.get_samplerate() });
});

tell({ kind: 'ready', voices: worker.list_voices().flatMap(({ languages }) => languages[0]?.name ?? []) });
