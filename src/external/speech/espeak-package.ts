import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Espeak, EspeakAnswer } from './espeak.ts';
import type { Wish, Word } from './espeak-child.ts';
import { failed } from './in-turn.ts';

const PACKAGE = '@echogarden/espeak-ng-emscripten';
const CHILD = fileURLToPath(new URL('./espeak-child.ts', import.meta.url));

interface Build {
  timeoutMs: number;
  /** Null: it has ended; the next sentence starts another. */
  child: Child | null;
  ids: number;
  closed: boolean;
}

interface Child {
  process: ChildProcess;
  /** Its voices; null: it did not start. */
  ready: Promise<readonly string[] | null>;
  waiting: Map<number, (answer: EspeakAnswer) => void>;
}

/** The npm build. Null: it is not installed, or it does not run. */
export async function espeakPackage({ timeoutMs }: { timeoutMs: number }): Promise<Espeak | null> {
  if (!isInstalled()) return null;
  const build: Build = { timeoutMs, child: null, ids: 0, closed: false };
  const voices = await childOf(build).ready;
  if (!voices) return null;
  return {
    voices,
    say: (ssml, voice, stop) => say(build, ssml, voice, stop),
    close() {
      build.closed = true;
      build.child?.process.kill();
    },
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

async function say(build: Build, ssml: string, voice: string, stop: AbortSignal): Promise<EspeakAnswer> {
  if (build.closed) return failed('unavailable', 'it is closed');
  const child = childOf(build);
  if (!(await child.ready)) return failed('unavailable', 'espeak-ng did not start');
  if (stop.aborted) return failed('unavailable', 'it was stopped');
  build.ids += 1;
  const wish: Wish = { id: build.ids, ssml, voice };
  const answer = Promise.withResolvers<EspeakAnswer>();
  child.waiting.set(wish.id, answer.resolve);
  hold(child);
  // A sentence takes it some hundredths of a second: one that takes so long hangs, and all the others with it.
  const timer = setTimeout(() => {
    answer.resolve(failed('timeout', `no audio within ${build.timeoutMs} ms`));
    if (build.child === child) build.child = null;
    child.process.kill('SIGKILL');
  }, build.timeoutMs);
  // It goes on to the end of the sentence, which is soon.
  const stopped = () => answer.resolve(failed('unavailable', 'it was stopped'));
  stop.addEventListener('abort', stopped, { once: true });
  child.process.send(wish, (error) => error && answer.resolve(failed('unavailable', 'espeak-ng has ended')));
  try {
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', stopped);
    child.waiting.delete(wish.id);
    hold(child);
  }
}

function childOf(build: Build): Child {
  if (build.child) return build.child;
  const child = start();
  build.child = child;
  child.process.once('close', () => {
    if (build.child === child) build.child = null;
  });
  return child;
}

function start(): Child {
  // Without our environment: it needs none of our secrets.
  const process = fork(CHILD, [], { env: {}, execArgv: [], serialization: 'advanced', stdio: 'ignore' });
  const waiting: Child['waiting'] = new Map();
  const ready = Promise.withResolvers<readonly string[] | null>();
  process.on('message', (word: Word) => {
    if (word.kind === 'ready') ready.resolve(word.voices);
    else waiting.get(word.id)?.(answerOf(word));
  });
  const ended = () => {
    ready.resolve(null);
    for (const settle of waiting.values()) settle(failed('unavailable', 'espeak-ng has ended'));
  };
  process.on('error', ended);
  process.once('close', ended);
  const child: Child = { process, ready: ready.promise.finally(() => hold(child)), waiting };
  return child;
}

function answerOf(word: Exclude<Word, { kind: 'ready' }>): EspeakAnswer {
  if (word.kind === 'refused') return failed('unknown_voice', 'espeak-ng has no such voice');
  return { ok: true, sound: { samples: word.samples, rate: word.rate } };
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
