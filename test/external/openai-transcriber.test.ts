/** The real SDK against the twin: recordings become words. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { OpenAiConfig } from '../../src/config.ts';
import type { Transcriber } from '../../src/core/transcriber.ts';
import { limitedTranscriber, modelLimits } from '../../src/external/limited-model.ts';
import { hearingCost } from '../../src/external/openai/prices.ts';
import { openAiTranscriber } from '../../src/external/openai/transcriber.ts';
import { openRateLimits, type RateLimits } from '../../src/external/rate-limits.ts';
import { silentLog } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { gate } from '../support/models.ts';
import { type Recorded, recorded } from '../support/recordings.ts';
import { type HeardAnswer, type OpenAiTwin, startOpenAiTwin } from '../twins/openai.ts';

const database = useDatabase();
const KEY = 'plain-key-of-the-school';
const WORDS = 'Three quarters of the cake.';

let voice: Recorded;
let twin: OpenAiTwin;
beforeAll(async () => {
  voice = await recorded(WORDS);
});
beforeEach(async () => {
  twin = await startOpenAiTwin();
});
afterEach(async () => {
  await twin.close();
  expect(twin.complaints).toEqual([]);
});

function transcriberOf(overrides: Partial<OpenAiConfig> = {}, model = 'gpt-4o-mini-transcribe', maxRetries = 0) {
  const config: OpenAiConfig = {
    ...{ apiKeys: [KEY], baseUrl: twin.url, api: 'chat', timeoutMs: 10_000, moderation: false, pictures: false },
    models: { small: 's', large: 'l' },
    ...overrides,
  };
  return openAiTranscriber(config, model, { now: () => 1_000, maxRetries });
}

function hear(transcriber: Transcriber, more: Partial<Parameters<Transcriber['transcribe']>[0]> = {}) {
  const { bytes: audio, seconds } = voice;
  return transcriber.transcribe({ audio, type: 'audio/ogg', seconds, language: null, ...more });
}

test('a voice message arrives whole, and its words come back with what they cost', async () => {
  twin.says(voice.bytes, WORDS);
  const result = await hear(transcriberOf());
  const [input, output] = [Math.ceil(voice.seconds * 10), Math.ceil(WORDS.length / 4)];
  expect(result).toMatchObject({
    ...{ ok: true, text: WORDS },
    usage: { model: 'gpt-4o-mini-transcribe', inputTokens: input, outputTokens: output, cachedTokens: 0, latencyMs: 0 },
  });
  expect(result.usage?.cost).toBeCloseTo((input * 3 + output * 5) / 1_000_000, 12);
  const { length: bytes } = voice.bytes;
  const request = { model: 'gpt-4o-mini-transcribe', language: null, fileName: 'recording.ogg', format: 'ogg' };
  expect(twin.heard).toEqual([{ ...request, bytes, key: KEY }]);
});

test('a model that bills by the second says how long it was, and is told the language where it is known', async () => {
  twin.says(voice.bytes, WORDS);
  const result = await hear(transcriberOf({}, 'whisper-1'), { language: 'de', seconds: null });
  const seconds = Math.ceil(voice.seconds);
  expect(result).toMatchObject({ ok: true, usage: { seconds, inputTokens: 0, cost: (seconds / 60) * 0.006 } });
  expect(twin.heard).toMatchObject([{ model: 'whisper-1', language: 'de' }]);
});

test.each([
  ['audio/mp4', 'recording.m4a', 'mp4', Buffer.from('\0\0\0\x20ftypM4A ', 'latin1')],
  ['audio/x-m4a', 'recording.m4a', 'mp4', Buffer.from('\0\0\0\x20ftypM4A  ', 'latin1')],
  ['audio/mpeg', 'recording.mp3', 'mp3', Buffer.from('ID3 la la la', 'latin1')],
  ['audio/x-wav', 'recording.wav', 'wav', Buffer.from('RIFF\0\0\0\0WAVEfmt ', 'latin1')],
  ['audio/ogg; codecs=opus', 'recording.ogg', 'ogg', null],
  ['audio/webm;codecs=opus', 'recording.webm', 'webm', Buffer.from('\x1a\x45\xdf\xa3 webm', 'latin1')],
  ['audio/flac', 'recording.flac', 'flac', Buffer.from('fLaC la', 'latin1')],
])('%s goes by the name %s', async (type, fileName, format, bytes) => {
  const audio = bytes ?? voice.bytes;
  twin.says(audio, 'la');
  expect(await hear(transcriberOf(), { type, audio })).toMatchObject({ ok: true, text: 'la' });
  expect(twin.heard).toMatchObject([{ fileName, format }]);
});

test('silence is no failure', async () => {
  twin.says(voice.bytes, '');
  expect(await hear(transcriberOf())).toMatchObject({ ok: true, text: '' });
});

test.each<[string, HeardAnswer, object]>([
  [
    'a limit, with the wait',
    { status: 429, headers: { 'retry-after': '7' } },
    { reason: 'rate_limited', retryAfterMs: 7_000 },
  ],
  [
    'a used-up quota',
    { status: 429, errorBody: { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } } },
    { reason: 'rate_limited', detail: expect.stringContaining('quota') },
  ],
  ['a server in trouble', { status: 503 }, { reason: 'unavailable' }],
  ['what is no sound', { status: 400 }, { reason: 'refused' }],
  ['what is too large for it', { status: 413 }, { reason: 'refused' }],
  ['a wrong key', { status: 401 }, { reason: 'unavailable', detail: expect.stringContaining('OPENAI_API_KEY') }],
  [
    'another answer than a text',
    { text: undefined as never, errorBody: {}, status: 201 },
    { reason: 'invalid_output' },
  ],
])('%s is a value', async (_, answer, failure) => {
  twin.says(voice.bytes, answer);
  const result = await hear(transcriberOf());
  expect(result).toMatchObject({ ok: false, ...failure });
  expect(JSON.stringify(result)).not.toContain(KEY);
});

test('bytes that are no sound are refused by the server, and so is a model that it does not have', async () => {
  expect(await hear(transcriberOf(), { audio: Buffer.from('no sound at all') })).toMatchObject({ reason: 'refused' });
  expect(await hear(transcriberOf({}, 'no-such-model'))).toMatchObject({
    reason: 'unavailable',
    detail: expect.stringContaining('no model "no-such-model" at this address, check MODEL_TRANSCRIBE and'),
  });
});

test('an answer that stalls in the middle ends with the deadline', async () => {
  twin.says(voice.bytes, { text: WORDS, stall: true });
  expect(await hear(transcriberOf({ timeoutMs: 200 }))).toMatchObject({ ok: false, reason: 'timeout' });
});

test('a server that is not there is a value', async () => {
  expect(await hear(transcriberOf({ baseUrl: 'http://127.0.0.1:1/v1' }))).toMatchObject({ reason: 'unavailable' });
});

test('a retry sends the sound again', async () => {
  twin.says(voice.bytes, () =>
    twin.heard.length === 1 ? { status: 500, headers: { 'retry-after-ms': '1' } } : { text: WORDS },
  );
  expect(await hear(transcriberOf({}, 'whisper-1', 2))).toMatchObject({ ok: true, text: WORDS });
  expect(twin.heard).toHaveLength(2);
});

test('another key is tried where one is limited', async () => {
  const other = await startOpenAiTwin({ keys: ['second'] });
  onTestFinished(() => other.close());
  other.says(voice.bytes, WORDS);
  const transcriber = transcriberOf({ baseUrl: other.url, apiKeys: ['first', 'second'] });
  expect(await hear(transcriber)).toMatchObject({ ok: true });
  expect(other.heard).toMatchObject([{ key: 'second' }]);
});

test('what it may cost is known before, and is not less than it costs', () => {
  const estimate = (model: string, seconds: number | null) => transcriberOf({}, model).estimate({ seconds });
  expect(estimate('whisper-1', 60)).toBeCloseTo(0.006, 9);
  expect(estimate('whisper-1', null)).toBeCloseTo(0.03, 9);
  for (const model of ['gpt-4o-transcribe', 'gpt-4o-mini-transcribe-2025-12-15']) {
    const fastSpeaker = { audio: 600, text: 0, output: 400 };
    expect(estimate(model, 60)).toBeGreaterThanOrEqual(hearingCost(model, 60, fastSpeaker) ?? Number.NaN);
  }
  expect(estimate('of-a-server-of-ours', 60)).toBeNull();
});

test('what its provider limits, everybody leaves alone for a while, and what waits was not tried', async () => {
  const limits = await openRateLimits({
    redisUrl: null,
    databaseUrl: database.url,
    log: silentLog,
    patienceMs: 10_000,
  });
  onTestFinished(() => limits.close());
  const prefix = randomUUID();
  const ours: RateLimits = { ...limits, limit: (name, allowance) => limits.limit(`${prefix}-${name}`, allowance) };
  const open = (requests: number | null) =>
    limitedTranscriber(transcriberOf(), modelLimits(ours, { requests, tokens: null }), () => 0);
  twin.says(voice.bytes, { status: 429, headers: { 'retry-after': '20' } });
  expect(await hear(open(null))).toMatchObject({ reason: 'rate_limited', retryAfterMs: 20_000 });
  expect(await hear(open(null))).toMatchObject({ reason: 'rate_limited', notTried: true });
  expect(twin.heard).toHaveLength(1);
});

test('only as many requests are made as are granted', async () => {
  const limits = await openRateLimits({
    redisUrl: null,
    databaseUrl: database.url,
    log: silentLog,
    patienceMs: 10_000,
  });
  onTestFinished(() => limits.close());
  const prefix = randomUUID();
  const ours: RateLimits = { ...limits, limit: (name, allowance) => limits.limit(`${prefix}-${name}`, allowance) };
  const transcriber = limitedTranscriber(transcriberOf(), modelLimits(ours, { requests: 1, tokens: null }), () => 0);
  const { opened, open } = gate();
  twin.says(voice.bytes, { text: WORDS, gate: () => opened });
  const first = hear(transcriber);
  open();
  expect(await first).toMatchObject({ ok: true });
  expect(await hear(transcriber)).toMatchObject({ notTried: true });
});
