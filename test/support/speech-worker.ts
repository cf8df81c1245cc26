import { terminalSurface } from '../../src/bots/terminal/outbound.ts';
import type { Telemetry } from '../../src/core/ports.ts';
import type { StepName } from '../../src/core/step-names.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import { googleSpeech } from '../../src/external/speech/google-speech.ts';
import { createLogger } from '../../src/log.ts';
import { startRuntime } from '../../src/runtime.ts';
import { SILENT } from '../../src/telemetry/silent.ts';

/** A process that speaks, into files, and dies at a step of it when it is told to: see test/core/speech/kill.test.ts. */

export interface SpeechWorkerOptions {
  databaseUrl: string;
  queue: string;
  speechDir: string;
  port: number;
  /** Around the nth occurrence of the step. */
  death: { step: StepName; nth: number; when: 'before' | 'after' } | null;
}

async function start({ databaseUrl, queue, speechDir, port, death }: SpeechWorkerOptions): Promise<void> {
  let seen = 0;
  const die = () => {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  };
  const telemetry: Telemetry = {
    ...SILENT,
    async step(name, _attributes, work) {
      const isIt = death?.step === name && ++seen === death.nth;
      if (isIt && death.when === 'before') await die();
      const result = await work();
      if (isIt && death.when === 'after') await die();
      return result;
    },
  };
  const screen = () => ({ width: 0, colour: false });
  await startRuntime({
    ...{ databaseUrl, queue, telemetry, leaseMs: 2_000, sweepMs: 100 },
    log: createLogger('silent'),
    model: offlineModel(),
    speech: googleSpeech({ endpoint: { host: '127.0.0.1', port, plain: true }, voice: null }),
    surfaces: () => [terminalSurface(process.stdout, screen, { isTty: false, refresh() {}, speechDir })],
  });
}

process.on('message', (options: SpeechWorkerOptions) => void start(options));
process.on('disconnect', () => process.exit());
