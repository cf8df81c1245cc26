import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { terminalSurface } from '../../src/bots/terminal/outbound.ts';
import { type SpeakingSurface, speakingSurfaceContract } from './speaking.ts';
import { type OpenSurface, surfaceContract } from './surface.ts';

/** Nothing is between it and who reads it. A reply that a crash repeats is read twice. */

function open(speechDir: string | null): OpenSurface & Pick<SpeakingSurface, 'another'> {
  const output = new PassThrough();
  const printed: string[] = [];
  output.on('data', (chunk) => printed.push(String(chunk)));
  const another = () =>
    terminalSurface(output, () => ({ width: 0, colour: false }), { isTty: false, speechDir, refresh() {} });
  return {
    ...{ surface: another(), another },
    threadId: 'thread-1',
    // What is printed stays, so that a preview and the rest of its reply are one message.
    shown: () => (printed.length > 0 ? [printed.join('')] : []),
    maxCharacters: null,
  };
}

surfaceContract(async () => open(null));

speakingSurfaceContract(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'spoken-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const opened = open(directory);
  return {
    ...opened,
    async heard() {
      const folder = join(directory, opened.threadId);
      const names = (await readdir(folder)).sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10));
      return Promise.all(names.map((name) => readFile(join(folder, name))));
    },
  };
});
