/**
 * A stand-in for the program espeak-ng where there is none: its npm build behind the program's own arguments, output
 * and exit codes. Whatever else it is asked for it refuses.
 */
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import load from '@echogarden/espeak-ng-emscripten';

const { values } = parseArgs({
  options: {
    voices: { type: 'boolean' },
    stdout: { type: 'boolean' },
    stdin: { type: 'boolean' },
    m: { type: 'boolean', short: 'm' },
    b: { type: 'string', short: 'b' },
    v: { type: 'string', short: 'v' },
  },
});

const worker = new (await load()).eSpeakNGWorker();

if (values.voices) {
  const lines = worker.list_voices().map(({ languages: [first] }) => ` 5  ${first?.name}  --/M  Somebody  xx/yy`);
  process.stdout.write(['Pty Language       Age/Gender VoiceName          File', ...lines, ''].join('\n'));
} else if (values.stdout && values.stdin && values.m && values.b === '1' && values.v) {
  const ssml = await text(process.stdin);
  if (worker.set_voice('', values.v, 0, 0, 0) !== 0) {
    process.stderr.write('Error: The specified espeak-ng voice does not exist.\n');
    process.exit(1);
  }
  // The length is not known when the head is written.
  const head = Buffer.from('5249464624f0ff7f57415645666d74201000000001000100', 'hex');
  const rate = Buffer.alloc(8);
  rate.writeUInt32LE(worker.get_samplerate(), 0);
  rate.writeUInt32LE(worker.get_samplerate() * 2, 4);
  process.stdout.write(Buffer.concat([head, rate, Buffer.from('020010006461746100f0ff7f', 'hex')]));
  worker.synthesize(ssml, (samples) => {
    process.stdout.write(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
  });
} else {
  process.exit(2);
}
