import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Speech, SpeechRequest } from '../../../src/core/ports.ts';
import { espeakBinary } from '../../../src/external/speech/espeak-binary.ts';
import { espeakPackage } from '../../../src/external/speech/espeak-package.ts';
import { espeakVoice } from '../../../src/external/speech/espeak-voices.ts';
import { offlineSpeech } from '../../../src/external/speech/offline-speech.ts';
import { oggOpus } from '../../../src/external/speech/ogg-opus.ts';
import { durationOf, silence } from '../../../src/external/speech/pcm.ts';
import { waveformOf } from '../../../src/external/speech/waveform.ts';
import { until } from '../../support/classroom.ts';
import { wavOf } from '../../twins/google-tts/sound.ts';
import { arrayOf, heard, said } from './listening.ts';
import { readOggOpus } from './read-ogg.ts';
import { rms } from './sounds.ts';

const LIMITS = { timeoutMs: 20_000 };
const never = new AbortController().signal;

const folder = mkdtempSync(join(tmpdir(), 'threadtutor-espeak-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STAND_IN = fileURLToPath(new URL('./espeak-program.ts', import.meta.url));

/** Runs a script of this folder's tests as a program. */
function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const isPackageThere = (() => {
  try {
    return Boolean(createRequire(import.meta.url).resolve('@echogarden/espeak-ng-emscripten'));
  } catch {
    return false;
  }
})();
const PROGRAM = 'espeak-ng';
const isProgramThere = spawnSync(PROGRAM, ['--version']).status === 0;
const standIn = program('espeak-ng', `exec "${process.execPath}" "${STAND_IN}" "$@"`);

const BUILDS = [
  { build: 'the npm build', isThere: isPackageThere, open: espeakPackage(LIMITS), languages: 7 },
  // It is loaded anew for each sentence: a few have to do.
  {
    build: 'a program with it inside',
    isThere: isPackageThere,
    open: espeakBinary(standIn, LIMITS),
    languages: 2,
  },
  { build: 'this machine’s program', isThere: isProgramThere, open: espeakBinary(PROGRAM, LIMITS), languages: 7 },
];

const request = (text: string, language = 'en', more: Partial<SpeechRequest> = {}): SpeechRequest => ({
  sentences: [{ text, ssml: text, pauseMs: 100 }],
  language,
  voice: null,
  ...more,
});

const GREETINGS: [language: string, text: string][] = [
  ['en', 'Three quarters are more than one half, because each part is bigger.'],
  ['en-GB', 'Three quarters are more than one half, because each part is bigger.'],
  ['de-DE', 'Drei Viertel sind mehr als die Hälfte, weil jedes Stück größer ist.'],
  ['es-MX', 'Tres cuartos son más que la mitad, porque cada parte es más grande.'],
  ['fr', 'Trois quarts font plus que la moitié, parce que chaque part est plus grande.'],
  ['it', 'Tre quarti sono più della metà, perché ogni parte è più grande.'],
  ['pt-BR', 'Três quartos são mais que a metade, porque cada parte é maior.'],
];

describe.each(BUILDS)('$build', ({ isThere, open, languages }) => {
  const speech = offlineSpeech({ builds: [open] });
  afterAll(() => speech.close());

  test.skipIf(!isThere)('speaks every language of the tutor that it can read', async () => {
    for (const [language, text] of GREETINGS.slice(0, languages)) {
      const { pieces, pcm } = await heard(speech, request(text, language));
      expect(pieces.map(({ usage }) => usage.characters).filter(Boolean)).toEqual([[...text].length]);
      expect(pieces.every(({ usage }) => usage.cost === 0)).toBe(true);
      // From a slow reader to a fast one: 8 to 25 characters in a second.
      expect(durationOf(pcm)).toBeGreaterThan(text.length / 25);
      expect(durationOf(pcm)).toBeLessThan(text.length / 8);
      expect(rms(pcm)).toBeGreaterThan(500);
      // A voice rises and falls: it is neither a tone nor noise.
      const points = [...waveformOf(pcm)];
      expect(Math.max(...points) - Math.min(...points)).toBeGreaterThan(150);
    }
  });

  test.skipIf(!isThere)('becomes a file that plays', async () => {
    const { pcm } = await heard(speech, request('Hello there, let us begin.'));
    const file = readOggOpus(await oggOpus(pcm));
    expect(file).toMatchObject({ channels: 1, rate: 48_000 });
    expect(Math.abs(durationOf(file.pcm) / durationOf(pcm) - 1)).toBeLessThan(0.02);
    expect(rms(file.pcm)).toBeGreaterThan(500);
  });

  test.skipIf(!isThere)('gives each sentence as soon as it is there, several speakers at once', async () => {
    const sentences = ['One.', 'Two, and a bit more.'].map((text) => ({ text, ssml: text, pauseMs: 500 }));
    const all = await Promise.all(['en', 'de'].map((language) => heard(speech, { sentences, language, voice: null })));
    for (const { pieces } of all) {
      const characters = pieces.map(({ usage }) => usage.characters);
      expect(characters.filter(Boolean)).toEqual(sentences.map(({ text }) => text.length));
      // Each with the silence after it, before the next one.
      const ends = [characters.findLastIndex(Boolean) - 1, pieces.length - 1];
      for (const end of ends) expect(pieces[end]).toMatchObject({ pcm: silence(500) });
    }
  });

  test.skipIf(!isThere)('understands SSML, and takes no text for commands', async () => {
    const seconds = async (ssml: string) => durationOf((await heard(speech, request('x'), { ssml })).pcm);
    const [plain, paused] = [await seconds('hello hello'), await seconds('hello <break time="900ms"/> hello')];
    expect(paused - plain).toBeGreaterThan(0.7);
    expect(await seconds('three &amp; five')).toBeGreaterThan((await seconds('three five')) + 0.05);
    // As names of sounds it would be one short word.
    expect(await seconds('hello [[h@l]]')).toBeGreaterThan((await seconds('hello')) + 0.5);
  });

  test.skipIf(!isThere)('says what it cannot do', async () => {
    const unreadable = { ok: false, reason: 'unsupported_language', detail: expect.stringContaining('cannot read') };
    expect(await said(speech, request('三分の二', 'ja'))).toEqual([unreadable]);
    expect(await said(speech, request('nuqneH', 'tlh'))).toEqual([unreadable]);
    expect(await said(speech, request('Hello.', 'en', { voice: 'en-xy' }))).toEqual([
      { ok: false, reason: 'unknown_voice', detail: expect.stringContaining('en-xy') },
    ]);
    expect(await speech.voiceFor('ja-JP', null)).toBeNull();
    expect(await speech.voices('ja')).toEqual([]);
  });

  test.skipIf(!isThere)('has the voices of a language, the usual one first', async () => {
    expect(await speech.voiceFor('en', null)).toBe('en-us');
    expect(await speech.voices('en')).toEqual(expect.arrayContaining(['en-us', 'en-gb']));
    expect((await speech.voices('en'))[0]).toBe('en-us');
    const british = offlineSpeech({ voice: 'en-gb', builds: [open] });
    expect(await british.voiceFor('en-US', null)).toBe('en-gb');
    expect(await british.voiceFor('de', null)).toBe('de');
    await british.close();
  });

  test.skipIf(!isThere)('stops when it is told to, and others go on', async () => {
    const stop = new AbortController();
    const pieces = said(speech, request('word '.repeat(900), 'en', { signal: stop.signal }));
    stop.abort();
    expect(await pieces).toEqual([]);
    expect(await secondsOf(speech, 'Hello.')).toBeGreaterThan(0.2);
  });
});

describe('where it goes wrong', () => {
  test('no espeak-ng at all', async () => {
    const nobody = offlineSpeech({ builds: [espeakBinary(join(folder, 'none'), LIMITS)] });
    expect(await said(nobody, request('Hello.'))).toEqual([
      { ok: false, reason: 'unavailable', detail: expect.stringContaining('install it') },
    ]);
    expect(await nobody.voiceFor('en', null)).toBeNull();
    expect(await nobody.voices('en')).toEqual([]);
    await nobody.close();
  });

  test('a program that does not know its voices is none', async () => {
    expect(await espeakBinary(program('silent', 'exit 0'), LIMITS)(never)).toBeNull();
    expect(await espeakBinary(program('broken', 'echo " 5  en-us  M"; exit 1'), LIMITS)(never)).toBeNull();
  });

  const listing = (rest: string) => `if [ "$1" = --voices ]; then echo " 5  en-us  M"; exit 0; fi\n${rest}`;

  test.each([
    ['ends with an error', 'echo "no data" >&2; exit 1', 20_000, 'unavailable', 'ended with 1: no data'],
    ['writes no sound', 'echo hello', 20_000, 'unavailable', 'ended with 0'],
    ['hangs', 'exec sleep 60', 3_000, 'timeout', 'too long'],
  ])('a program that %s', async (name, rest, timeoutMs, reason, detail) => {
    const path = program(`bad ${name}`, listing(rest));
    const speech = offlineSpeech({ builds: [espeakBinary(path, { timeoutMs })] });
    const answers = await said(speech, request('my secret word'));
    expect(answers).toEqual([{ ok: false, reason, detail: expect.stringContaining(detail) }]);
    expect(JSON.stringify(answers)).not.toContain('secret');
  });

  test.skipIf(!isPackageThere)('a build that hangs is ended, and the next sentence has another', async () => {
    const closing = new AbortController();
    const espeak = await espeakPackage({ timeoutMs: 3_000 })(closing.signal);
    const long = `<speak>${'a long story, '.repeat(20_000)}</speak>`;
    const last = async (ssml: string) => espeak && (await arrayOf(espeak.say(ssml, 'en-us', never))).at(-1);
    expect(await last(long)).toMatchObject({ ok: false, reason: 'timeout' });
    expect(await last('<speak>Hello.</speak>')).toMatchObject({ ok: true });
    closing.abort();
    expect(await last('<speak>Hello.</speak>')).toMatchObject({ ok: false });
  });

  test('what could not be started once is looked for again', async () => {
    const path = program('late', listing('exit 1'));
    const builds = [async () => null, espeakBinary(path, LIMITS)];
    const speech = offlineSpeech({ builds: [async (closing) => builds.shift()?.(closing) ?? null] });
    expect(await speech.voiceFor('en-US', null)).toBeNull();
    expect(await speech.voiceFor('en-US', null)).not.toBeNull();
  });

  test('who stops listening does not wait for a build that is starting', async () => {
    const stop = new AbortController();
    const speech = offlineSpeech({ builds: [() => new Promise(() => {})] });
    const answers = said(speech, request('Hello.', 'en', { signal: stop.signal }));
    stop.abort();
    expect(await answers).toEqual([]);
    expect(await said(speech, request('Hello.', 'en', { signal: stop.signal }))).toEqual([]);
  });

  test('the first of a sentence is there before the rest of it is made', async () => {
    const wav = join(folder, 'slow.wav');
    writeFileSync(wav, wavOf('a sentence', 0, 22_050));
    // It hangs in the midst of it.
    const path = program('slow', listing(`head -c 5000 "${wav}"; exec sleep 60`));
    const stop = new AbortController();
    const speech = offlineSpeech({ builds: [espeakBinary(path, LIMITS)] });
    const pieces = speech.speak(request('Hello.', 'en', { signal: stop.signal }))[Symbol.asyncIterator]();
    expect((await pieces.next()).value).toMatchObject({ ok: true });
    stop.abort();
    while (!(await pieces.next()).done);
  });

  test('a program whose own programs live on is not waited for', async () => {
    const pid = join(folder, 'pid');
    const path = program('parent', listing(`sleep 60 & echo $! > "${pid}"; wait`));
    const stop = new AbortController();
    const speech = offlineSpeech({ builds: [espeakBinary(path, LIMITS)] });
    const answers = said(speech, request('Hello.', 'en', { signal: stop.signal }));
    await until(() => existsSync(pid) && readFileSync(pid, 'utf8').endsWith('\n'));
    stop.abort();
    expect(await answers).toEqual([]);
    process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
  });

  test('what was said before a program failed is heard, and the failure told', async () => {
    const wav = join(folder, 'half.wav');
    writeFileSync(wav, wavOf('abc', 0, 22_050));
    const path = program('half', listing(`cat "${wav}"; echo "no more" >&2; exit 3`));
    const answers = await said(offlineSpeech({ builds: [espeakBinary(path, LIMITS)] }), request('Hello.'));
    const failure = { ok: false, reason: 'unavailable', detail: expect.stringContaining('ended with 3: no more') };
    expect(answers.at(-1)).toEqual(failure);
    expect(answers.reduce((sum, each) => sum + (each.ok ? each.usage.seconds : 0), 0)).toBeCloseTo(0.18, 2);
  });

  const isLinux = existsSync('/proc/self/task');

  test.skipIf(!isPackageThere || !isLinux)('a build that hangs before it is ready is not waited for', async () => {
    const others = children();
    const opening = espeakPackage({ timeoutMs: 500, startMs: 500 })(never);
    const mine = childrenSince(others);
    for (const pid of mine) process.kill(pid, 'SIGSTOP');
    expect(mine).toHaveLength(1);
    expect(await opening).toBeNull();
    expect(childrenSince(others)).toEqual([]);
  });

  test.skipIf(!isPackageThere || !isLinux)('whoever listens slowly keeps nobody from speaking', async () => {
    const others = children();
    const closing = new AbortController();
    const espeak = await espeakPackage(LIMITS)(closing.signal);
    if (!espeak) throw new Error('it did not start');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const slow = espeak.say('<speak>Hello there.</speak>', 'en-us', never)[Symbol.asyncIterator]();
    await slow.next();
    // One after the other: when this is said, that is, too.
    await arrayOf(espeak.say('<speak>Hello.</speak>', 'en-us', never));
    const mine = childrenSince(others);
    expect(mine).toHaveLength(1);
    vi.advanceTimersByTime(LIMITS.timeoutMs);
    let rest = await slow.next();
    for (; !rest.done; rest = await slow.next()) expect(rest.value).toMatchObject({ ok: true });
    await arrayOf(espeak.say('<speak>Hello.</speak>', 'en-us', never));
    expect(childrenSince(others)).toEqual(mine);
    closing.abort();
  });

  test.skipIf(!isPackageThere || !isLinux)('closing does not wait for a build that is starting', async () => {
    const others = children();
    const speech = offlineSpeech({ builds: [espeakPackage(LIMITS)] });
    const voice = speech.voiceFor('en', null);
    const mine = childrenSince(others);
    for (const pid of mine) process.kill(pid, 'SIGSTOP');
    expect(mine).toHaveLength(1);
    await speech.close();
    expect(await voice).toBeNull();
    expect(childrenSince(others)).toEqual([]);
  });

  test.skipIf(!isPackageThere || !isLinux)('a build that is killed is missed for one sentence only', async () => {
    const others = children();
    const speech = offlineSpeech({ builds: [espeakPackage(LIMITS)] });
    await said(speech, request('Hello.'));
    const answers = said(speech, request('a long story '.repeat(350)));
    for (const pid of childrenSince(others)) process.kill(pid, 'SIGKILL');
    expect((await answers).at(-1)).toEqual({ ok: false, reason: 'unavailable', detail: 'espeak-ng has ended' });
    expect(await secondsOf(speech, 'Hello.')).toBeGreaterThan(0.2);
    await speech.close();
  });

  test.skipIf(!isPackageThere || !isLinux)(
    'closing leaves no process behind, and nothing is spoken after it',
    async () => {
      const others = children();
      const speech = offlineSpeech({ builds: [espeakPackage(LIMITS)] });
      await said(speech, request('Hello.'));
      expect(childrenSince(others)).toHaveLength(1);
      await speech.close();
      await until(() => childrenSince(others).length === 0);
      expect(await said(speech, request('Hello.'))).toMatchObject([{ ok: false, reason: 'unavailable' }]);
    },
  );
});

async function secondsOf(speech: Speech, text: string): Promise<number> {
  return durationOf((await heard(speech, request(text))).pcm);
}

/** Without those of other tests, which may be about to end. */
const childrenSince = (others: readonly number[]) => children().filter((pid) => !others.includes(pid));

/** Processes of ours in which the npm build runs. */
function children(): number[] {
  const read = (pid: string, name: string) => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'utf8');
    } catch {
      return '';
    }
  };
  const isOurs = (pid: string) => read(pid, 'stat').split(') ').at(-1)?.split(' ')[1] === String(process.pid);
  const all = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isOurs(pid));
  return all.filter((pid) => read(pid, 'cmdline').includes('espeak-child')).map(Number);
}

test.each([
  ['en', 'en-us'],
  ['en-IN', 'en-us'],
  ['fr-CA', 'fr-fr'],
  ['fr-BE', 'fr-be'],
  ['es-AR', 'es-419'],
  ['zh-CN', 'cmn'],
  ['pt-PT', 'pt'],
  ['PT-br', 'pt-br'],
  ['xx', null],
  ['', null],
])('%j is read by %j', (language, voice) => {
  expect(espeakVoice(language, ['en-us', 'en-gb', 'fr-fr', 'fr-be', 'es', 'es-419', 'cmn', 'pt', 'pt-br'])).toBe(voice);
});
