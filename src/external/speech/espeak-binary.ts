import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { addAbortSignal, PassThrough, pipeline, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { errorMessage } from '../../errors.ts';
import type { EspeakAnswer, OpenEspeak } from './espeak.ts';
import { readGrowingWav } from './pcm.ts';
import { failed } from './pieces.ts';

/** A line of `espeak-ng --voices`: priority, language, … */
const VOICE = /^\s*\d+\s+(\S+)/gm;

/** The program of this machine. */
export function espeakBinary(program: string, { timeoutMs }: { timeoutMs: number }): OpenEspeak {
  return async (closing) => {
    const voices = await voicesOf(program, AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)])).catch(() => []);
    if (voices.length === 0) return null;
    return {
      voices,
      say(ssml, voice, signal) {
        const late = AbortSignal.timeout(timeoutMs);
        return say(program, { ssml, voice }, { late, stop: AbortSignal.any([closing, signal, late]) });
      },
    };
  };
}

async function voicesOf(program: string, stop: AbortSignal): Promise<string[]> {
  const { output, ended } = await run(program, ['--voices'], '', stop);
  const [listed, { code }] = await Promise.all([text(output), ended]);
  return code === 0 ? [...listed.matchAll(VOICE)].map(([, language]) => language ?? '') : [];
}

async function* say(
  program: string,
  { ssml, voice }: { ssml: string; voice: string },
  { stop, late }: { stop: AbortSignal; late: AbortSignal },
): AsyncGenerator<EspeakAnswer> {
  let running: Running | null = null;
  try {
    running = await run(program, parametersFor(voice), ssml, stop);
    let isSound = false;
    for await (const sound of readGrowingWav(running.output)) {
      isSound = true;
      yield { ok: true, sound };
    }
    const { code, error } = await running.ended;
    if (code === 0 && isSound) return;
    yield failed('unavailable', `espeak-ng ended with ${code}: ${error.slice(0, 200)}`);
  } catch (error) {
    if (late.aborted) yield failed('timeout', 'espeak-ng took too long');
    else yield failed('unavailable', `espeak-ng did not run: ${errorMessage(error)}`);
  } finally {
    running?.kill();
  }
}

/** -m: SSML; -b 1: in UTF-8, whatever the machine's locale is. */
function parametersFor(voice: string): string[] {
  return ['--stdout', '--stdin', '-m', '-b', '1', '-v', voice];
}

interface Running {
  output: Readable;
  /** `code` is null: it was killed. Rejects where it was stopped. */
  ended: Promise<{ code: number | null; error: string }>;
  /** Safe to call when it has ended. */
  kill(): void;
}

/** Rejects where it does not start. */
async function run(program: string, parameters: string[], input: string, stop: AbortSignal): Promise<Running> {
  const child = spawn(program, parameters, {
    ...{ signal: stop, killSignal: 'SIGKILL' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  // Whoever stops listening does not ask how it ended.
  closed.catch(() => {});
  await once(child, 'spawn');
  // It may have ended before it has read all.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  // All of it: it would be late because of whoever listens slowly. And no longer: a child of its own may hold it open.
  const output = addAbortSignal(stop, new PassThrough({ highWaterMark: Number.MAX_SAFE_INTEGER }));
  // Told to whoever reads it; nobody may do so any more.
  output.on('error', () => {});
  pipeline(child.stdout, output, () => {});
  const ended = Promise.all([closed, text(child.stderr)]).then(([[code], error]) => ({ code, error }));
  ended.catch(() => {});
  return { output, ended, kill: () => void child.kill('SIGKILL') };
}
