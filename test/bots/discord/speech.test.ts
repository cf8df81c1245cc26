import { type APIAttachment, MessageFlags, PermissionFlagsBits } from 'discord-api-types/v10';
import { describe, expect, onTestFinished, test } from 'vitest';
import { REQUIRED_PERMISSIONS } from '../../../src/bots/discord/connection/invite.ts';
import { reply } from '../../../src/core/messages.ts';
import { readOggOpus } from '../../external/speech/read-ogg.ts';
import { rms } from '../../external/speech/sounds.ts';
import { type OpenedDiscordSurface, openDiscordSurface, type SurfaceOptions } from '../../support/discord-surface.ts';
import { outbound } from '../../support/outbound.ts';
import { inParts, utterance } from '../../support/utterances.ts';
import type { ShownMessage } from '../../twins/discord/shown.ts';
import type { Fault } from '../../twins/faults.ts';

/** Replies that are heard on Discord. */

const DONE = { ok: true, platformMessageIds: [expect.any(String)] };
const LATER = { ok: false, reason: 'retry' };
const NEEDED = Object.values(REQUIRED_PERMISSIONS).reduce((all, bit) => all | bit, 0n);

async function open(options: SurfaceOptions = {}) {
  const opened = await openDiscordSurface({ canSpeak: true, ...options });
  const { twin, surface, thread } = opened;
  onTestFinished(() => expect(twin.violations).toEqual([]));
  const speak: NonNullable<OpenedDiscordSurface['surface']['speak']> = (what) =>
    surface.speak?.(what) ?? Promise.reject(new Error('Discord cannot speak'));
  return { ...opened, speak, shown: () => twin.messages(thread.id) };
}

const isPost = (method: string, path: string) => method === 'POST' && path.endsWith('/messages');
const refusal = (status: number, code: number): Fault => ({ status, body: { message: 'refused', code } });

async function soundOf({ attachments }: ShownMessage) {
  const [file, ...more] = attachments;
  expect(more).toEqual([]);
  const { url } = file as APIAttachment;
  return readOggOpus(Buffer.from(await (await fetch(url)).arrayBuffer()));
}

describe('a voice message', () => {
  test.each([0.4, 3, 40])('of %f s is Discord’s own, with its picture and its length', async (seconds) => {
    const { thread, speak, shown } = await open();
    const spoken = await utterance({ threadId: thread.id }, { seconds });
    expect(await speak(spoken)).toEqual({ ok: true, platformMessageIds: [shown()[0]?.id] });
    const [message, ...more] = shown() as [ShownMessage];
    expect(more).toEqual([]);
    expect(message).toMatchObject({ flags: MessageFlags.IsVoiceMessage, content: '', embeds: [], components: [] });
    const [file] = message.attachments;
    expect(file).toMatchObject({
      content_type: 'audio/ogg',
      filename: expect.stringMatching(/^voice-message-.*\.ogg$/),
    });
    const points = Buffer.from(file?.waveform ?? '', 'base64');
    expect(points.length).toBeGreaterThan(0);
    expect(points.length).toBeLessThanOrEqual(Math.min(256, Math.ceil(seconds * 10)));
    expect(Math.max(...points)).toBe(255);
    const { pcm, channels } = await soundOf(message);
    expect(channels).toBe(1);
    expect(rms(pcm)).toBeGreaterThan(500);
    const heard = pcm.length / 48_000;
    expect(Math.abs((file?.duration_secs ?? 0) - heard)).toBeLessThanOrEqual(heard * 0.05);
  });

  test('comes in direct messages as well', async () => {
    const { twin, speak } = await open();
    const dm = twin.addUser({ name: 'Ada' }).dm().id;
    expect(await speak(await utterance({ threadId: `${dm}/1` }))).toEqual(DONE);
    expect(twin.messages(dm)).toMatchObject([{ flags: MessageFlags.IsVoiceMessage }]);
  });

  test('the parts of a long one come in order', async () => {
    const { thread, speak, shown } = await open();
    const parts = await inParts(3, { threadId: thread.id });
    const ids: string[] = [];
    for (const part of parts) {
      const sent = await speak(part);
      if (sent.ok) ids.push(...sent.platformMessageIds);
    }
    expect(shown().map(({ id }) => id)).toEqual(ids);
    expect(shown().map(({ attachments }) => attachments[0]?.size)).toEqual(parts.map(({ audio }) => audio.length));
  });

  test('wakes a thread that is archived', async () => {
    const { thread, speak } = await open();
    thread.archive();
    expect(await speak(await utterance({ threadId: thread.id }))).toEqual(DONE);
    expect(thread.isArchived()).toBe(false);
  });
});

describe('is heard once', () => {
  test.each<[string, Fault]>([
    ['the connection broke', 'reset'],
    ['Discord stumbled', { status: 500 }],
  ])('where %s after it was sent', async (_, fault) => {
    const { twin, thread, speak, shown } = await open();
    twin.faults.loseNext(isPost, 1, fault);
    expect(await speak(await utterance({ threadId: thread.id }))).toEqual(DONE);
    expect(shown()).toHaveLength(1);
  });

  test('also by another process, long after Discord has forgotten the nonce, and whatever came in between', async () => {
    let ahead = 0;
    const { twin, thread, speak, surface, another, shown } = await open({ twin: { now: () => Date.now() + ahead } });
    const spoken = await utterance({ threadId: thread.id });
    twin.faults.loseNext(isPost, 3);
    expect(await speak(spoken)).toMatchObject(LATER);
    const [message] = shown();
    // The same sound, of another press.
    const again = { ...spoken, key: (await utterance({ threadId: thread.id })).key };
    await surface.send(outbound(reply('message', 'Well done.'), { threadId: thread.id }));
    ahead = 3_600_000;
    expect(await another().speak?.({ ...spoken, mayBeShown: true })).toEqual({
      ok: true,
      platformMessageIds: [message?.id],
    });
    expect(shown()).toHaveLength(2);
    expect(await speak(again)).toEqual(DONE);
    expect(shown()).toHaveLength(3);
  });

  test('what may be shown and is not, is', async () => {
    const { thread, speak, shown } = await open();
    expect(await speak(await utterance({ threadId: thread.id, mayBeShown: true }))).toEqual(DONE);
    expect(shown()).toHaveLength(1);
  });

  test('nothing is read where nothing can be lost', async () => {
    const { twin, thread, speak } = await open();
    await speak(await utterance({ threadId: thread.id }));
    expect(twin.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('/messages'))).toEqual([]);
  });
});

describe('what Discord does not allow', () => {
  test('voice messages: it is a file, with what is said in a line and in its description', async () => {
    const { guild, thread, speak, shown } = await open();
    guild.setBotPermissions(NEEDED);
    const transcript = `Seven of ten parts are blue.\n\n${'And so on. '.repeat(200)}`;
    const spoken = await utterance({ threadId: thread.id, transcript, part: 1, of: 2, locale: 'de' });
    expect(await speak(spoken)).toEqual(DONE);
    const [message] = shown() as [ShownMessage];
    expect(message.flags).toBe(0);
    expect(message.content).toMatch(/^-# 🔊 Teil 2 von 2 · Seven of ten parts are blue\. And so on\..{10,200}$/);
    expect(message.attachments).toMatchObject([{ content_type: 'audio/ogg', description: expect.any(String) }]);
    expect((await soundOf(message)).pcm.length).toBeGreaterThan(48_000);
    // However often it is sent, and also where the right comes in between.
    expect(await speak(spoken)).toEqual({ ok: true, platformMessageIds: [message.id] });
    guild.setBotPermissions(NEEDED | PermissionFlagsBits.SendVoiceMessages);
    expect(await speak(spoken)).toEqual({ ok: true, platformMessageIds: [message.id] });
    expect(shown()).toHaveLength(1);
  });

  test('voice messages in this one channel', async () => {
    const { twin, thread, speak, shown } = await open();
    twin.faults.failNext(isPost, 1, refusal(400, 50173));
    expect(await speak(await utterance({ threadId: thread.id }))).toEqual(DONE);
    expect(shown()).toMatchObject([{ flags: 0, content: '-# 🔊 Seven of ten parts are blue. How many are white?' }]);
  });

  test('files: nothing can be heard there until somebody acts', async () => {
    const { guild, thread, speak, shown } = await open();
    guild.setBotPermissions(NEEDED & ~PermissionFlagsBits.AttachFiles);
    const spoken = await utterance({ threadId: thread.id });
    expect(await speak(spoken)).toMatchObject({ ok: false, reason: 'refused' });
    expect(shown()).toEqual([]);
  });

  test('anything: it waits until somebody acts', async () => {
    const { guild, thread, speak, shown } = await open();
    const spoken = await utterance({ threadId: thread.id });
    guild.setBotPermissions(0n);
    expect(await speak(spoken)).toMatchObject({ ...LATER, retryAfterMs: 300_000 });
    expect(shown()).toEqual([]);
  });

  test('reading: what may be shown is shown', async () => {
    const { twin, thread, speak } = await open();
    twin.faults.failNext((method) => method === 'GET', 1, refusal(403, 50013));
    expect(await speak(await utterance({ threadId: thread.id, mayBeShown: true }))).toEqual(DONE);
  });

  test('reading, because it is away: nothing is shown that may be there', async () => {
    const { twin, thread, speak, shown } = await open();
    twin.faults.failNext((method) => method === 'GET', 3, { status: 503 });
    expect(await speak(await utterance({ threadId: thread.id, mayBeShown: true }))).toMatchObject(LATER);
    expect(shown()).toEqual([]);
  });

  test.each<[string, Fault, object]>([
    ['no such channel', refusal(404, 10003), { reason: 'gone' }],
    ['no direct messages wanted', refusal(403, 50007), { reason: 'gone' }],
    ['a locked thread', refusal(400, 160005), { reason: 'retry', retryAfterMs: 300_000 }],
  ])('%s', async (_, fault, expected) => {
    const { twin, thread, speak } = await open();
    twin.faults.failNext(isPost, 1, fault);
    expect(await speak(await utterance({ threadId: thread.id }))).toMatchObject({ ok: false, ...expected });
  });

  test('nothing, where the channel is gone', async () => {
    const { thread, speak } = await open();
    thread.remove();
    for (const mayBeShown of [false, true]) {
      const spoken = await utterance({ threadId: thread.id, mayBeShown });
      expect(await speak(spoken)).toMatchObject({ ok: false, reason: 'gone' });
    }
  });
});
