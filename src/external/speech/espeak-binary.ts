import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { errorMessage } from '../../errors.ts';
import type { Espeak, EspeakAnswer } from './espeak.ts';
import { failed } from './in-turn.ts';
import { readWav } from './pcm.ts';

/** A line of `espeak-ng --voices`: priority, language, … */
const VOICE = /^\s*\d+\s+(\S+)/gm;

/** The program of this machine. Null: there is none, or it does not run. */
export async function espeakBinary(program: string, { timeoutMs }: { timeoutMs: number }): Promise<Espeak | null> {
  const listed = await run(program, ['--voices'], '', { timeout: timeoutMs }).catch(() => null);
  const voices = [...(listed?.output.toString() ?? '').matchAll(VOICE)].map(([, language]) => language ?? '');
  if (listed?.code !== 0 || voices.length === 0) return null;
  return {
    voices,
    async say(ssml, voice, stop) {
      try {
        return answerOf(await run(program, parametersFor(voice), ssml, { signal: stop, timeout: timeoutMs }));
      } catch (error) {
        return failed('unavailable', `espeak-ng did not run: ${errorMessage(error)}`);
      }
    },
    close() {},
  };
}

/** -m: SSML; -b 1: in UTF-8, whatever the machine's locale is. */
function parametersFor(voice: string): string[] {
  return ['--stdout', '--stdin', '-m', '-b', '1', '-v', voice];
}

function answerOf({ code, output, error }: Ended): EspeakAnswer {
  const sound = readWav(output);
  if (code === 0 && sound) return { ok: true, sound };
  if (code === null) return failed('timeout', 'espeak-ng took too long');
  return failed('unavailable', `espeak-ng ended with ${code}: ${error.slice(0, 200)}`);
}

interface Ended {
  /** Null: it was killed. */
  code: number | null;
  output: Buffer;
  error: string;
}

async function run(program: string, parameters: string[], input: string, limits: SpawnOptions): Promise<Ended> {
  const child = spawn(program, parameters, { ...limits, stdio: ['pipe', 'pipe', 'pipe'], killSignal: 'SIGKILL' });
  // It may have ended before it has read all.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [[code], output, error] = await Promise.all([once(child, 'close'), buffer(child.stdout), text(child.stderr)]);
  return { code, output, error };
}
