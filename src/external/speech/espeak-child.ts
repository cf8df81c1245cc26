/**
 * The npm build of espeak-ng, in a process of its own: it is under the GPL, and it would hold up everybody else while
 * it speaks. Started by espeak-package.ts; ends with the process that has started it.
 */
import load from '@echogarden/espeak-ng-emscripten';

export interface Wish {
  id: number;
  ssml: string;
  voice: string;
}

export type Word =
  | { kind: 'ready'; voices: string[] }
  | { kind: 'sound'; id: number; samples: Int16Array; rate: number }
  | { kind: 'end'; id: number }
  /** It has no such voice. */
  | { kind: 'refused'; id: number };

process.on('disconnect', () => process.exit());

const tell = (word: Word) => process.send?.(word);
const worker = new (await load()).eSpeakNGWorker();

process.on('message', ({ id, ssml, voice }: Wish) => {
  if (worker.set_voice('', voice, 0, 0, 0) !== 0) return tell({ kind: 'refused', id });
  worker.synthesize(ssml, (samples) => {
    tell({ kind: 'sound', id, samples, rate: worker.get_samplerate() });
  });
  return tell({ kind: 'end', id });
});

tell({ kind: 'ready', voices: worker.list_voices().flatMap(({ languages }) => languages[0]?.name ?? []) });
