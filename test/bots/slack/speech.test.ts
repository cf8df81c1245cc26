import { describe, expect, onTestFinished, test } from 'vitest';
import { reply } from '../../../src/core/messages.ts';
import type { Utterance } from '../../../src/core/ports.ts';
import { readOggOpus } from '../../external/speech/read-ogg.ts';
import { rms } from '../../external/speech/sounds.ts';
import { newDraft, outbound } from '../../support/outbound.ts';
import { openSlackSurface, type SurfaceOptions, wordsIn } from '../../support/slack-surface.ts';
import { inParts, utterance } from '../../support/utterances.ts';
import type { Fault } from '../../twins/faults.ts';
import type { ShownMessage } from '../../twins/slack/shown.ts';

/** Replies that are heard on Slack. */

const LATER = { ok: false, reason: 'retry' };

async function open(options: SurfaceOptions = {}) {
  const opened = await openSlackSurface({ canSpeak: true, ...options });
  const { twin, team, web, surface, threadId, shown } = opened;
  onTestFinished(() => expect(twin.violations).toEqual([]));
  return {
    ...opened,
    speak: (what: Utterance) => surface.speak?.(what) ?? Promise.reject(new Error('Slack cannot speak')),
    one: (more: Partial<Utterance> = {}) => utterance({ threadId, ...more }),
    heard: () => shown().filter(({ files }) => files.length > 0),
    asked: (name: string) => twin.requests.filter(({ method }) => method === name).length,
    async fileOf({ files: [file] }: ShownMessage) {
      const { file: known } = await web.files.info({ file: file?.id ?? '' });
      const headers = { authorization: `Bearer ${team.botToken()}` };
      const response = await fetch(known?.url_private ?? '', { headers });
      return { ...known, sound: readOggOpus(Buffer.from(await response.arrayBuffer())) };
    },
  };
}

const is = (name: string) => (method: string) => method === name;
const refusal = (error: string): Fault => ({ status: 200, body: { ok: false, error } });

describe('a file', () => {
  test.each([false, true])('is in the thread, with how what is said begins (direct: %s)', async (direct) => {
    const { threadId, channel, speak, one, heard, fileOf } = await open({ direct });
    const spoken = await one({ threadId, transcript: `Seven of <ten> parts.\n\n${'And so on. '.repeat(50)}` });
    expect(await speak(spoken)).toEqual({ ok: true, platformMessageIds: [heard()[0]?.ts] });
    const [message, ...more] = heard() as [ShownMessage];
    expect(more).toEqual([]);
    expect(message.text).toMatch(/^🔊 Seven of &lt;ten&gt; parts\. And so on\..{10,180}…$/);
    expect(message.files).toMatchObject([{ title: '🔊 Listen', name: `${spoken.key}.ogg` }]);
    const { mimetype, sound } = await fileOf(message);
    expect(mimetype).toBe('audio/ogg');
    expect(rms(sound.pcm)).toBeGreaterThan(500);
    expect(Math.abs(sound.pcm.length / 48_000 - spoken.seconds)).toBeLessThanOrEqual(spoken.seconds * 0.05);
    // In the channel itself there is only what was there before.
    expect(channel.messages()).toHaveLength(1);
  });

  test('calls nobody', async () => {
    const { speak, one, heard } = await open();
    await speak(await one({ transcript: 'Ask <!channel> and @here, or <@U123>.' }));
    expect(heard()[0]?.text).not.toMatch(/<[!@]|@here/);
  });

  test('the parts of a long one come in order, and each says which it is', async () => {
    const { threadId, speak, heard } = await open();
    const parts = await inParts(3, { threadId, locale: 'fr' });
    for (const part of parts) expect(await speak(part)).toMatchObject({ ok: true });
    expect(heard().map(({ text }) => text)).toEqual([
      '🔊 Partie 1 sur 3 · This is part 1.',
      '🔊 Partie 2 sur 3 · This is part 2.',
      '🔊 Partie 3 sur 3 · This is part 3.',
    ]);
    expect(heard().map(({ files }) => files[0]?.title)).toEqual([1, 2, 3].map((part) => `🔊 Partie ${part} sur 3`));
  });
});

describe('is heard once', () => {
  test.each<[string, string]>([
    ['the upload was lost', 'upload'],
    ['the last answer was lost', 'files.completeUploadExternal'],
    ['the first answer was lost', 'files.getUploadURLExternal'],
  ])('where %s', async (_, method) => {
    const { twin, speak, another, one, heard } = await open();
    const spoken = await one();
    twin.faults.loseNext(is(method), 1);
    expect(await speak(spoken)).toMatchObject(LATER);
    const again = await another().speak?.({ ...spoken, mayBeShown: true });
    expect(again).toEqual({ ok: true, platformMessageIds: [heard()[0]?.ts] });
    expect(heard()).toHaveLength(1);
  });

  test('the same sound of another key is another one', async () => {
    const { speak, one, heard } = await open();
    const spoken = await one();
    await speak(spoken);
    await speak({ ...spoken, key: (await one()).key, mayBeShown: true });
    expect(heard()).toHaveLength(2);
  });

  test('where Slack has said yes, and shows it later', async () => {
    const { twin, speak, one, heard, asked } = await open();
    const notYet = { status: 200, body: { ok: true, file: { id: 'F1', shares: {} } } };
    twin.faults.failNext(is('files.info'), 3, notYet);
    const spoken = await one();
    expect(await speak(spoken)).toEqual({ ok: true, platformMessageIds: [heard()[0]?.ts] });
    expect(asked('files.info')).toBe(4);
  });

  test('where Slack has said yes, and shows it to nobody', async () => {
    const { twin, speak, one, heard } = await open();
    twin.faults.failNext(is('files.completeUploadExternal'), 1, { status: 200, body: { ok: true, files: [] } });
    const nowhere = { status: 200, body: { ok: true, file: { id: 'F1' } } };
    twin.faults.failNext(is('files.info'), 5, nowhere);
    const spoken = await one();
    expect(await speak(spoken)).toMatchObject({ ...LATER, detail: expect.stringContaining('does not show it yet') });
    expect(heard()).toEqual([]);
    expect(await speak({ ...spoken, mayBeShown: true })).toMatchObject({ ok: true });
    expect(heard()).toHaveLength(1);
  });

  test('where Slack does not tell whether it is there', async () => {
    const { twin, speak, one, heard } = await open();
    twin.faults.failNext(is('files.info'), 1, refusal('missing_scope'));
    expect(await speak(await one())).toEqual({ ok: true, platformMessageIds: [heard()[0]?.files[0]?.id] });
  });

  test('nothing is read where nothing can be lost, and nothing sent while the thread cannot be read', async () => {
    const { twin, speak, one, heard, asked } = await open();
    await speak(await one());
    expect(asked('conversations.replies')).toBe(0);
    twin.faults.failNext(is('conversations.replies'), 1, { status: 503 });
    expect(await speak(await one({ mayBeShown: true }))).toMatchObject(LATER);
    expect(heard()).toHaveLength(1);
  });
});

test('a file is not taken for the rest of a reply that was being written: it stays', async () => {
  const { surface, another, threadId, speak, one, shown, heard } = await open();
  await surface.send(outbound(reply('message', 'Seven of ten.'), { threadId }));
  await speak(await one());
  const draft = newDraft();
  const next = outbound(reply('message', 'And how many are white?'), { threadId, draft, mayBeShown: true });
  expect(await another().send(next)).toMatchObject({ ok: true });
  expect(heard()).toHaveLength(1);
  expect(shown().map((message) => wordsIn(message) || message.text)).toEqual([
    'Seven of ten.',
    '🔊 Seven of ten parts are blue. How many are white?',
    'And how many are white?',
  ]);
});

describe('what Slack refuses', () => {
  test.each<[string, string, object]>([
    ['files.getUploadURLExternal', 'file_uploads_disabled', { reason: 'refused' }],
    ['files.getUploadURLExternal', 'file_type_not_allowed', { reason: 'refused' }],
    ['files.getUploadURLExternal', 'missing_scope', { reason: 'refused' }],
    ['files.completeUploadExternal', 'file_update_failed', { reason: 'retry' }],
    ['files.completeUploadExternal', 'not_in_channel', { reason: 'retry', retryAfterMs: 300_000 }],
    ['files.completeUploadExternal', 'thread_not_found', { reason: 'gone' }],
    ['files.completeUploadExternal', 'internal_error', { reason: 'retry' }],
  ])('%s: %s', async (method, error, expected) => {
    const { twin, speak, one, heard } = await open();
    twin.faults.failNext(is(method), 1, refusal(error));
    expect(await speak(await one())).toMatchObject({ ok: false, ...expected });
    expect(heard()).toEqual([]);
  });

  test('the bytes: another attempt makes another file', async () => {
    const { twin, speak, one, heard } = await open();
    twin.faults.failNext(is('upload'), 1, { status: 500 });
    const spoken = await one();
    const sent = await speak(spoken);
    expect(sent).toMatchObject(LATER);
    expect(JSON.stringify(sent)).not.toMatch(/127\.0\.0\.1|upload\//);
    expect(await speak({ ...spoken, mayBeShown: true })).toMatchObject({ ok: true });
    expect(heard()).toHaveLength(1);
  });

  test('a wait is left to the queue', async () => {
    const { twin, speak, one } = await open();
    const tooFast = { status: 429, headers: { 'retry-after': '60' }, body: { ok: false, error: 'ratelimited' } };
    twin.faults.failNext(is('files.completeUploadExternal'), 1, tooFast);
    expect(await speak(await one())).toMatchObject({ ...LATER, retryAfterMs: 60_000 });
  });

  test('everything, where the channel is gone, archived, or the tutor not in it', async () => {
    const { channel, speak, one } = await open();
    channel.kickBot();
    expect(await speak(await one())).toMatchObject({ ...LATER, retryAfterMs: 300_000 });
    channel.inviteBot();
    channel.archive();
    expect(await speak(await one())).toMatchObject({ ...LATER, retryAfterMs: 300_000 });
    channel.remove();
    for (const mayBeShown of [false, true]) {
      expect(await speak(await one({ mayBeShown }))).toMatchObject({ ...LATER, retryAfterMs: 300_000 });
    }
  });

  test('everything, where the tutor is not installed any more, or no lesson is known', async () => {
    const { team, speak, one } = await open();
    team.uninstall();
    expect(await speak(await one())).toMatchObject(LATER);
    const unknown = await open({ recipientOf: async () => null });
    expect(await unknown.speak(await unknown.one())).toMatchObject({ ok: false, reason: 'gone' });
  });
});
