import { PassThrough } from 'node:stream';
import { terminalSurface } from '../../src/bots/terminal/outbound.ts';
import { type OpenSurface, surfaceContract } from './surface.ts';

/** Nothing is between it and who reads it. A reply that a crash repeats is read twice. */

surfaceContract(async (): Promise<OpenSurface> => {
  const output = new PassThrough();
  const printed: string[] = [];
  output.on('data', (chunk) => printed.push(String(chunk)));
  const surface = terminalSurface(output, () => ({ width: 0, colour: false }), {
    isTty: false,
    speechDir: null,
    refresh() {},
  });
  return {
    surface,
    threadId: 'thread-1',
    // What is printed stays, so that a preview and the rest of its reply are one message.
    shown: () => (printed.length > 0 ? [printed.join('')] : []),
    maxCharacters: null,
  };
});
