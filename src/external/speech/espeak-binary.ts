import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { errorMessage } from '../../errors.ts';
import type { EspeakAnswer, OpenEspeak } from './espeak.ts';
import { readGrowingWav } from './pcm.ts';
import { failed } from './pieces.ts';

/** A line of `espeak-ng --voices`: priority, language, … */
const VOICE = /^\s*\d+\s+(\S+)/gm;

/** The program of this machine. */
export function espeakBinary(program: string, { timeoutMs: timeout }: { timeoutMs: number }): OpenEspeak {
  return async (closing) => {
    const voices = await voicesOf(program, { timeout, signal: closing }).catch(() => []);
    if (voices.length === 0) return null;
    return {
      voices,
      say: (ssml, voice, signal) =>
        say(program, { ssml, voice }, { timeout, signal: AbortSignal.any([closing, signal]) }),
    };
  };
}

async function voicesOf(program: string, limits: Limits): Promise<string[]> {
  const { output, ended } = run(program, ['--voices'], '', limits);
  const [listed, { code }] = await Promise.all([text(output), ended]);
  return code === 0 ? [...listed.matchAll(VOICE)].map(([, language]) => language ?? '') : [];
}

async function* say(
  program: string,
  { ssml, voice }: { ssml: string; voice: string },
  limits: Limits,
): AsyncGenerator<EspeakAnswer> {
  const { output, ended, kill } = run(program, parametersFor(voice), ssml, limits);
  // Whoever stops listening does not ask how it ended.
  ended.catch(() => {});
  try {
    let isSound = false;
    for await (const sound of readGrowingWav(output)) {
      isSound = true;
      yield { ok: true, sound };
    }
    const { code, error } = await ended;
    if (code === null) yield failed('timeout', 'espeak-ng took too long');
    else if (code !== 0 || !isSound)
      yield failed('unavailable', `espeak-ng ended with ${code}: ${error.slice(0, 200)}`);
  } catch (error) {
    yield failed('unavailable', `espeak-ng did not run: ${errorMessage(error)}`);
  } finally {
    kill();
  }
}

/** -m: SSML; -b 1: in UTF-8, whatever the machine's locale is. */
function parametersFor(voice: string): string[] {
  return ['--stdout', '--stdin', '-m', '-b', '1', '-v', voice];
}

interface Limits {
  timeout: number;
  signal: AbortSignal;
}

interface Running {
  output: Readable;
  /** `code` is null: it was killed. Rejects where it does not start, or was aborted. */
  ended: Promise<{ code: number | null; error: string }>;
  /** Safe to call when it has ended. */
  kill(): void;
}

function run(program: string, parameters: string[], input: string, limits: Limits): Running {
  const child = spawn(program, parameters, { ...limits, stdio: ['pipe', 'pipe', 'pipe'], killSignal: 'SIGKILL' });
  // It may have ended before it has read all.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = Promise.all([once(child, 'close'), text(child.stderr)]);
  // All of it: it would be late because of whoever listens slowly.
  const output = pipeline(child.stdout, new PassThrough({ highWaterMark: Number.MAX_SAFE_INTEGER }), () => {});
  return {
    output,
    ended: ended.then(([[code], error]) => ({ code, error })),
    kill: () => void child.kill('SIGKILL'),
  };
}
