import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Speech, SpeechRequest } from '../../../src/core/ports.ts';
import { googleSpeech } from '../../../src/external/speech/google-speech.ts';
import { oggOpus } from '../../../src/external/speech/ogg-opus.ts';
import { durationOf } from '../../../src/external/speech/pcm.ts';
import { until } from '../../support/classroom.ts';
import { freePort } from '../../support/free-port.ts';
import { secondsOf } from '../../twins/google-tts/sound.ts';
import { type GoogleTtsTwin, startGoogleTts } from '../../twins/google-tts/twin.ts';
import { heard, said } from './listening.ts';
import { readOggOpus } from './read-ogg.ts';
import { rms } from './sounds.ts';

let twin: GoogleTtsTwin;
let speech: Speech;
const opened: Speech[] = [];

function open(options: { voice?: string | null; timeoutMs?: number } = {}): Speech {
  const { voice = null, timeoutMs = 10_000 } = options;
  const other = googleSpeech({ endpoint: twin.endpoint, voice }, { timeoutMs });
  opened.push(other);
  return other;
}

beforeEach(async () => {
  twin = await startGoogleTts();
  speech = open();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
  await twin.close();
});

const request = (texts: string[], more: Partial<SpeechRequest> = {}): SpeechRequest => ({
  sentences: texts.map((text) => ({ text, ssml: text, pauseMs: 200 })),
  language: 'en',
  voice: null,
  ...more,
});

describe('speaking', () => {
  test('becomes a file that plays: mono, 48 kHz, as long as it takes to say', async () => {
    const texts = ['Hello there.', 'Three quarters are more than a half.', 'Is that clear?'];
    const { pieces, pcm } = await heard(speech, request(texts));
    const file = readOggOpus(await oggOpus(pcm));
    const expected = texts.reduce((sum, text) => sum + secondsOf(text, 200), 0);
    expect(file).toMatchObject({ channels: 1, rate: 48_000 });
    expect(Math.abs(durationOf(file.pcm) / expected - 1)).toBeLessThan(0.02);
    expect(rms(file.pcm)).toBeGreaterThan(1_000);
    expect(twin.requests.map(({ input }) => input.ssml?.match(/[A-Z]/g)?.length)).toEqual([1, 2]);
    expect(pieces.reduce((sum, { usage }) => sum + usage.seconds, 0)).toBeCloseTo(durationOf(pcm), 6);
  });

  test('asks in SSML for a voice of the language', async () => {
    await heard(speech, request(['Drei < vier'], { language: 'de-AT' }), { ssml: 'Drei &lt; vier' });
    expect(twin.requests).toEqual([
      {
        input: { ssml: '<speak>Drei &lt; vier</speak>' },
        voice: expect.objectContaining({ languageCode: 'de-DE', name: 'de-DE-Wavenet-G' }),
        audioConfig: expect.objectContaining({ audioEncoding: 'LINEAR16', sampleRateHertz: 24_000 }),
      },
    ]);
  });

  test('the first sentence is heard before the second is asked for', async () => {
    const pieces = speech.speak(request(['One.', 'Two.']))[Symbol.asyncIterator]();
    const release = twin.hold();
    const first = pieces.next();
    await until(() => twin.requests.length === 1);
    release();
    expect((await first).value).toMatchObject({ ok: true });
    const releaseAgain = twin.hold();
    await until(() => twin.requests.length === 2);
    releaseAgain();
    expect((await pieces.next()).value).toMatchObject({ ok: true });
    expect((await pieces.next()).done).toBe(true);
  });

  test('a long reply is asked for in requests within the limit', async () => {
    const long = Array.from({ length: 40 }, (_, index) => `Sätze wie Nummer ${index} sind nicht schwer.`);
    await heard(speech, request([...long, `${'sehr '.repeat(1_000)}lang.`], { language: 'de' }));
    const asked = twin.requests.map(({ input }) => input.ssml).join();
    expect(long.every((text) => asked.includes(text))).toBe(true);
    expect(asked.match(/sehr/g)?.length).toBe(1_000);
    expect(twin.requests.length).toBeLessThan(10);
    expect(twin.requests.every(({ input }) => Buffer.byteLength(input.ssml ?? '') <= 5_000)).toBe(true);
  });

  test('nothing to say asks for nothing', async () => {
    expect((await heard(speech, request(['…', '']))).pieces).toEqual([]);
    expect(twin.requests).toEqual([]);
  });

  test('usage is what Google bills, and no more than was estimated', async () => {
    const wish = request(['Hello.', 'Good bye.'], { voice: 'en-US-Neural2-C' });
    const { pieces } = await heard(speech, wish);
    const characters = '<speak>Hello.</speak><speak>Good bye.</speak>'.length;
    expect(pieces.reduce((sum, { usage }) => sum + usage.characters, 0)).toBe(characters);
    const cost = pieces.reduce((sum, { usage }) => sum + (usage.cost ?? Number.NaN), 0);
    expect(cost).toBeCloseTo((characters * 16) / 1_000_000, 9);
    expect(speech.estimate(wish)).toBeCloseTo(cost, 9);
    expect(speech.estimate(request(['Hello.'], { voice: 'en-US-Studio-O' }))).toBeCloseTo(21 * 160e-6, 9);
    expect(speech.estimate(request(['Hello.'], { voice: 'en-US-New-O' }))).toBeNull();
  });
});

describe('voices', () => {
  test.each([
    ['a wish counts', 'de', 'de-DE-Standard-A', null, 'de-DE-Standard-A'],
    ['then what is configured for the language', 'en-GB', null, 'en-US-Studio-O', 'en-US-Studio-O'],
    ['not for another', 'fr', null, 'en-US-Studio-O', 'fr-FR-Wavenet-F'],
    ['then ours for the country', 'en-GB', null, null, 'en-GB-Wavenet-A'],
    ['for a language that we have none for Google chooses', 'sw-KE', null, null, 'sw-KE'],
  ])('%s', async (_, language, wish, configured, voice) => {
    expect(await open({ voice: configured }).voiceFor(language, wish)).toBe(voice);
  });

  test('are listed as Google has them; none where it does not answer', async () => {
    expect(await speech.voices('de')).toEqual(['de-DE-Wavenet-G', 'de-DE-Standard-A']);
    twin.failNext({ code: status.INTERNAL, details: 'no' });
    expect(await speech.voices('fr')).toEqual([]);
    expect(await speech.voices('fr')).toEqual(['fr-FR-Wavenet-F']);
    // What was listed is not asked for again while somebody types.
    twin.house.voices = [];
    expect(await speech.voices('de')).toEqual(['de-DE-Wavenet-G', 'de-DE-Standard-A']);
  });

  test('a default that Google has no more is left to Google, and not asked for again', async () => {
    twin.house.voices = ['it-IT-Standard-Z'];
    const { pieces } = await heard(speech, request(['Ciao.'], { language: 'it' }));
    expect(pieces).toMatchObject([{ ok: true, usage: { cost: null } }]);
    expect(await speech.voiceFor('it', null)).toBe('it');
    await heard(speech, request(['Ciao.'], { language: 'it' }));
    expect(twin.requests.map(({ voice }) => voice.name)).toEqual(['it-IT-Wavenet-A', '', '']);
  });
});

describe('asked in another way', () => {
  test('SSML that is refused is said in plain words', async () => {
    const { pieces } = await heard(speech, request(['Two & two.']));
    expect(pieces).toMatchObject([{ ok: true, usage: { characters: 'Two & two.'.length } }]);
    expect(twin.requests.map(({ input }) => input)).toEqual([
      { ssml: '<speak>Two & two.</speak>' },
      { text: 'Two & two.' },
    ]);
  });

  test('a sentence that is too long for Google is said in clauses', async () => {
    twin.house.longestSentence = 165;
    const long = Array.from({ length: 20 }, (_, index) => `clause number ${index} of a sentence`).join(', ');
    expect((await heard(speech, request([`${long}!`]))).pieces).toMatchObject([{ ok: true }]);
    const clauses = twin.requests[1]?.input.text ?? '';
    expect(clauses.split('. ').length).toBeGreaterThan(3);
    expect(clauses.replace(/[.,]/g, '')).toBe(`${long.replaceAll(',', '')}!`);
    expect(clauses).not.toMatch(/,\.|\.\.|!\./);
  });
});

describe('failure is a value', () => {
  test.each([
    ['RESOURCE_EXHAUSTED', status.RESOURCE_EXHAUSTED, 'quota', 'boom'],
    ['UNAUTHENTICATED', status.UNAUTHENTICATED, 'unavailable', 'check GOOGLE_APPLICATION_CREDENTIALS'],
    [
      'PERMISSION_DENIED',
      status.PERMISSION_DENIED,
      'unavailable',
      'that the API is enabled: 7 PERMISSION_DENIED: boom',
    ],
    ['INTERNAL', status.INTERNAL, 'unavailable', 'boom'],
    ['INVALID_ARGUMENT', status.INVALID_ARGUMENT, 'unavailable', 'invalid'],
  ])('%s', async (_, code, reason, detail) => {
    twin.failNext({ code, details: 'boom' });
    expect(await said(speech, request(['Hello.', 'Again.']))).toEqual([
      { ok: false, reason, detail: expect.stringContaining(detail) },
    ]);
  });

  test.each([
    ['an unknown voice', { voice: 'en-US-Nobody-A' }, 'unknown_voice', 'en-US-Nobody-A'],
    ['an unknown language', { language: 'xx' }, 'unsupported_language', 'no voice for the language'],
  ])('%s', async (_, more, reason, detail) => {
    expect(await said(speech, request(['Hello.'], more))).toEqual([
      { ok: false, reason, detail: expect.stringContaining(detail) },
    ]);
  });

  test('a configured voice that is unknown is said to be so', async () => {
    const answers = await said(open({ voice: 'en-US-Nobody-A' }), request(['Hello.']));
    expect(answers).toMatchObject([{ ok: false, reason: 'unknown_voice' }]);
  });

  test('a quota that ends in the middle leaves what was said', async () => {
    twin.house.quota = 30;
    const answers = await said(speech, request(['Hello.', 'Good bye.']));
    expect(answers).toMatchObject([{ ok: true }, { ok: false, reason: 'quota' }]);
  });

  test('no answer in time', async () => {
    const release = twin.hold();
    const answers = await said(open({ timeoutMs: 200 }), request(['Hello.']));
    expect(answers).toEqual([{ ok: false, reason: 'timeout', detail: 'no audio within 200 ms' }]);
    release();
  });

  test('a server that is away for a moment is asked again, by the client itself', async () => {
    twin.failNext({ code: status.UNAVAILABLE, details: 'away' }, { code: status.UNAVAILABLE, details: 'away' });
    expect(await said(speech, request(['Hello.']))).toMatchObject([{ ok: true }]);
    expect(twin.requests).toHaveLength(3);
  });

  test('nobody there', async () => {
    const endpoint = { host: '127.0.0.1', port: await freePort(), plain: true };
    const lonely = googleSpeech({ endpoint, voice: null }, { timeoutMs: 3_000 });
    opened.push(lonely);
    expect(await said(lonely, request(['Hello.']))).toEqual([
      { ok: false, reason: 'unavailable', detail: expect.stringContaining('was not reached') },
    ]);
  });

  test('after it was closed', async () => {
    await said(speech, request(['Hello.']));
    await speech.close();
    await speech.close();
    expect(await said(speech, request(['Hello.']))).toMatchObject([{ ok: false, reason: 'unavailable' }]);
  });

  test('nothing of the text is in a detail, though the service quotes it', async () => {
    twin.failNext(
      ...Array.from({ length: 2 }, () => ({ code: status.INVALID_ARGUMENT, details: 'Invalid SSML: my secret word' })),
    );
    expect(await said(speech, request(['my secret word']))).toEqual([
      { ok: false, reason: 'unavailable', detail: 'the service refuses the SSML' },
    ]);
  });
});

describe('credentials', () => {
  const folder = mkdtempSync(join(tmpdir(), 'threadtutor-credentials-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['gone', null, 'gone.json'],
    ['no JSON', 'hunter2', 'not JSON'],
    ['without a key', '{ "type": "service_account", "client_email": "me@tutor.example" }', 'key'],
  ])('a file that is %s is a failure at once, each time', async (name, content, detail) => {
    const file = join(folder, `${name}.json`);
    if (content) writeFileSync(file, content);
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file);
    const lost = googleSpeech({ endpoint: null, voice: null });
    opened.push(lost);
    for (const text of ['Hello.', 'Again.']) {
      const answers = await said(lost, request([text]));
      expect(answers).toEqual([{ ok: false, reason: 'unavailable', detail: expect.stringContaining(detail) }]);
      expect(JSON.stringify(answers)).toContain('check GOOGLE_APPLICATION_CREDENTIALS');
      expect(JSON.stringify(answers)).not.toContain('hunter');
    }
    vi.unstubAllEnvs();
  });
});

describe('stopping', () => {
  test('ends the iteration without a failure, and takes the call back', async () => {
    const stop = new AbortController();
    twin.hold();
    const answers = said(speech, request(['Hello.'], { signal: stop.signal }));
    await until(() => twin.requests.length === 1);
    stop.abort();
    expect(await answers).toEqual([]);
    await until(() => twin.cancelled() === 1);
  });

  test('who stops listening has one more piece made at most, and that is taken back', async () => {
    for await (const piece of speech.speak(request(['One.', 'Two. '.repeat(300), 'Three. '.repeat(300)]))) {
      expect(piece.ok).toBe(true);
      twin.hold();
      break;
    }
    expect(twin.requests.length).toBeLessThanOrEqual(2);
    await until(() => twin.cancelled() === twin.requests.length - 1);
  });

  test('before it has begun, nothing is asked for', async () => {
    expect(await said(speech, request(['Hello.'], { signal: AbortSignal.abort() }))).toEqual([]);
    expect(twin.requests).toEqual([]);
  });
});
