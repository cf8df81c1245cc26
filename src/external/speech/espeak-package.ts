import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { SpeechFailure } from '../../core/ports.ts';
import type { EspeakAnswer, OpenEspeak } from './espeak.ts';
import type { Wish, Word } from './espeak-child.ts';
import type { Sound } from './pcm.ts';
import { failed } from './pieces.ts';

const PACKAGE = '@echogarden/espeak-ng-emscripten';
const CHILD = fileURLToPath(new URL('./espeak-child.ts', import.meta.url));

interface Build {
  /** For a sentence. */
  timeoutMs: number;
  /** Until it is ready. */
  startMs: number;
  /** Null: it has ended; the next sentence starts another. */
  child: Child | null;
  ids: number;
  closing: AbortSignal;
}

interface Child {
  process: ChildProcess;
  /** Its voices; null: it did not start. */
  ready: Promise<readonly string[] | null>;
  waiting: Map<number, Hearing>;
}

/** What is said to somebody. Nothing comes after its end. */
interface Hearing {
  answers: Readable;
  sound(sound: Sound): void;
  end(failure?: SpeechFailure): void;
}

/** The npm build. */
export function espeakPackage({ timeoutMs, startMs = 20_000 }: { timeoutMs: number; startMs?: number }): OpenEspeak {
  return async (closing) => {
    if (!isInstalled() || closing.aborted) return null;
    const build: Build = { timeoutMs, startMs, child: null, ids: 0, closing };
    closing.addEventListener('abort', () => build.child?.process.kill('SIGKILL'), { once: true });
    const voices = await childOf(build).ready;
    return voices && { voices, say: (ssml, voice, stop) => say(build, ssml, voice, stop) };
  };
}

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve(PACKAGE);
    return true;
  } catch {
    return false;
  }
}

async function* say(build: Build, ssml: string, voice: string, stop: AbortSignal): AsyncGenerator<EspeakAnswer> {
  if (build.closing.aborted) return yield failed('unavailable', 'it is closed');
  const child = childOf(build);
  if (!(await child.ready)) return yield failed('unavailable', 'espeak-ng did not start');
  if (stop.aborted) return yield failed('unavailable', 'it was stopped');
  build.ids += 1;
  const wish: Wish = { id: build.ids, ssml, voice };
  const hearing = openHearing(() => {
    clearTimeout(timer);
    stop.removeEventListener('abort', stopped);
    child.waiting.delete(wish.id);
    hold(child);
  });
  child.waiting.set(wish.id, hearing);
  hold(child);
  // A sentence takes it some hundredths of a second: one that takes so long hangs, and all the others with it.
  const timer = setTimeout(() => {
    hearing.end(failed('timeout', `no audio within ${build.timeoutMs} ms`));
    if (build.child === child) build.child = null;
    child.process.kill('SIGKILL');
  }, build.timeoutMs);
  // It goes on to the end of the sentence, which is soon.
  const stopped = () => hearing.end(failed('unavailable', 'it was stopped'));
  stop.addEventListener('abort', stopped, { once: true });
  child.process.send(wish, (error) => error && hearing.end(failed('unavailable', 'espeak-ng has ended')));
  try {
    yield* hearing.answers;
  } finally {
    hearing.end();
  }
}

/** `onEnd`: it is said, also where whoever listens has not heard it yet. */
function openHearing(onEnd: () => void): Hearing {
  const answers = new Readable({ objectMode: true, read() {} });
  let isOver = false;
  return {
    answers,
    sound(sound) {
      if (!isOver) answers.push({ ok: true, sound } satisfies EspeakAnswer);
    },
    end(failure) {
      if (isOver) return;
      isOver = true;
      onEnd();
      if (failure) answers.push(failure);
      answers.push(null);
    },
  };
}

function childOf(build: Build): Child {
  if (build.child) return build.child;
  const child = start(build.startMs);
  build.child = child;
  child.process.once('close', () => {
    if (build.child === child) build.child = null;
  });
  return child;
}

function start(startMs: number): Child {
  // Without our environment: it needs none of our secrets.
  const process = fork(CHILD, [], { env: {}, execArgv: [], serialization: 'advanced', stdio: 'ignore' });
  const waiting: Child['waiting'] = new Map();
  const ready = Promise.withResolvers<readonly string[] | null>();
  process.on('message', (word: Word) => {
    if (word.kind === 'ready') ready.resolve(word.voices);
    else pass(word, waiting.get(word.id));
  });
  const ended = () => {
    ready.resolve(null);
    for (const hearing of waiting.values()) hearing.end(failed('unavailable', 'espeak-ng has ended'));
  };
  const hung = setTimeout(() => process.kill('SIGKILL'), startMs);
  process.on('error', ended);
  process.once('close', ended);
  const begun = () => {
    clearTimeout(hung);
    hold(child);
  };
  const child: Child = { process, ready: ready.promise.finally(begun), waiting };
  return child;
}

function pass(word: Exclude<Word, { kind: 'ready' }>, hearing: Hearing | undefined): void {
  if (word.kind === 'sound') hearing?.sound({ samples: word.samples, rate: word.rate });
  else hearing?.end(word.kind === 'refused' ? failed('unknown_voice', 'espeak-ng has no such voice') : undefined);
}

/** Our process may end although it runs, unless somebody waits for it. */
function hold({ process, waiting }: Child): void {
  if (waiting.size > 0) {
    process.ref();
    process.channel?.ref();
  } else {
    process.unref();
    process.channel?.unref();
  }
}
