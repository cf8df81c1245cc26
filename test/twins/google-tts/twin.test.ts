import { TextToSpeechClient } from '@google-cloud/text-to-speech';
import { credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSsml } from './ssml.ts';
import { type GoogleTtsTwin, startGoogleTts } from './twin.ts';

let twin: GoogleTtsTwin;
let client: TextToSpeechClient;

beforeAll(async () => {
  twin = await startGoogleTts();
  const { host, port } = twin.endpoint;
  const sslCreds = credentials.createInsecure();
  client = new TextToSpeechClient({ apiEndpoint: host, port, sslCreds, universeDomain: 'googleapis.com' });
});

afterAll(async () => {
  await client.close();
  await twin.close();
});

const ask = (more: Parameters<TextToSpeechClient['synthesizeSpeech']>[0]) =>
  client.synthesizeSpeech({
    input: { text: 'Hello.' },
    voice: { languageCode: 'en-US', name: 'en-US-Wavenet-F' },
    audioConfig: { audioEncoding: 'LINEAR16' },
    ...more,
  });

test('up to 5,000 bytes are said', async () => {
  const [{ audioContent }] = await ask({ input: { text: `${'ü'.repeat(2_499)}.!` } });
  expect(audioContent?.length).toBe(44 + 2 * 24_000 * 0.06 * 2_501);
});

test.each([
  ['more than 5,000 bytes', { input: { text: 'ü'.repeat(2_501) } }, 'longer than the limit of 5000 bytes'],
  ['nothing', { input: {} }, 'must be set'],
  ['SSML with an open end', { input: { ssml: '<speak>a' } }, 'Invalid SSML'],
  ['no language', { voice: { name: 'en-US-Wavenet-F' } }, 'needs a language code'],
  ['no such voice', { voice: { languageCode: 'en-US', name: 'x' } }, "'x' does not exist"],
  ['a voice of another language', { voice: { languageCode: 'en', name: 'de-DE-Wavenet-G' } }, 'does not speak'],
  ['another form', { audioConfig: { audioEncoding: 'OGG_OPUS' as const } }, 'LINEAR16 only'],
])('refuses %s', async (_, more, details) => {
  await expect(ask(more)).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringContaining(details),
  });
});

test('what it cannot do it does not know', async () => {
  const stream = client.streamingSynthesize();
  const { promise, resolve } = Promise.withResolvers<unknown>();
  stream.on('error', resolve);
  stream.end();
  expect(await promise).toMatchObject({ code: status.UNIMPLEMENTED });
});

describe('SSML', () => {
  test.each([
    ['<speak>a &amp; b &lt; c</speak>', 'a & b < c', 0],
    ['<speak>a<break time="300ms"/>b<break time="1.5s"/></speak>', 'ab', 1_800],
    ['<speak><s>a</s> <say-as interpret-as="characters">html</say-as></speak>', 'a html', 0],
  ])('%s', (ssml, text, pauseMs) => {
    expect(readSsml(ssml)).toEqual({ text, pauseMs });
  });

  test.each([
    ...['', 'a', '<speak>a', 'a</speak>', '<speak>a</speak>b', '<speak>a & b</speak>', '<speak>a < b</speak>'],
    ...['<speak>a > b</speak>', '<speak><s>a</speak></s>', '<speak><b>a</b></speak>', '<speak>&nbsp;</speak>'],
    ...['<speak><break/></speak>', '<speak><break time="11s"/></speak>', '<speak><speak>a</speak></speak>'],
    ...['<speak><say-as interpret-as=x>a</say-as></speak>', '<s>a</s>'],
  ])('%j is none', (ssml) => {
    expect(readSsml(ssml)).toBeNull();
  });
});
