import { setImmediate as soon } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { reply } from '../../../src/core/messages.ts';
import type { OutboundDelivery, ShownCard } from '../../../src/core/ports.ts';
import { until } from '../../support/classroom.ts';
import { type OpenedDiscordSurface, openDiscordSurface, type SurfaceOptions } from '../../support/discord-surface.ts';
import { newDraft, outbound } from '../../support/outbound.ts';
import { plainApi } from '../../twins/discord/client.ts';
import type { Fault } from '../../twins/faults.ts';

/** What Discord may do to a reply on its way, and what the surface makes of it. */

const TEN_MINUTES = 300_000;
const DONE = { ok: true, platformMessageIds: [expect.any(String)] };

type Opened = OpenedDiscordSurface & {
  send(text: string, more?: Partial<OutboundDelivery>): ReturnType<OpenedDiscordSurface['surface']['send']>;
  /** What is written in the thread. */
  texts(): string[];
  posts(): number;
};

async function open(options: SurfaceOptions = {}): Promise<Opened> {
  const opened = await openDiscordSurface(options);
  const { twin, surface, thread } = opened;
  return {
    ...opened,
    send: (text, more) => surface.send(outbound(reply('message', text), { threadId: thread.id, ...more })),
    texts: () => twin.messages(thread.id).map(({ content }) => content),
    posts: () => twin.requests.filter((each) => isPost(each.method, each.path) && each.path.includes(thread.id)).length,
  };
}

const isPost = (method: string, path: string) => method === 'POST' && path.endsWith('/messages');
const isEdit = (method: string, path: string) => method === 'PATCH' && path.includes('/messages/');
const refusal = (status: number, code: number): Fault => ({ status, body: { message: 'refused', code } });
const tooFast = (seconds: number, headers: Record<string, string> = {}): Fault => ({
  status: 429,
  headers: {
    ...{ 'Retry-After': String(seconds), 'X-RateLimit-Scope': 'user', 'X-RateLimit-Limit': '5' },
    ...{ 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset-After': String(seconds), ...headers },
  },
  body: { message: 'You are being rate limited.', retry_after: seconds, global: 'X-RateLimit-Global' in headers },
});

describe('a disturbance that is over soon is nobody’s business', () => {
  test.each<[string, Fault, number]>([
    ['503', { status: 503 }, 2],
    ['500 from a proxy', { status: 502, body: '<html>', headers: { 'content-type': 'text/html' } }, 2],
    ['a connection that breaks', 'reset', 2],
    ['429 with a wait that is worth it', tooFast(0.02), 3],
    ['429 of all routes together', tooFast(0.02, { 'X-RateLimit-Global': 'true', 'X-RateLimit-Scope': 'global' }), 1],
    ['429 that others have caused', tooFast(0.02, { 'X-RateLimit-Scope': 'shared' }), 1],
  ])('%s', async (_, fault, times) => {
    const { twin, send, texts, posts } = await open();
    twin.faults.failNext(isPost, times, fault);
    expect(await send('Well done.')).toEqual(DONE);
    expect(texts()).toEqual(['Well done.']);
    expect(posts()).toBe(times + 1);
  });

  test.each<[string, Fault]>([
    ['the connection broke', 'reset'],
    ['Discord stumbled', { status: 500 }],
    ['no answer came', 'hang'],
  ])('a reply is shown once where %s after it was', async (_, fault) => {
    const { twin, send, texts, posts } = await open({ timeoutMs: 1_500 });
    twin.faults.loseNext(isPost, 1, fault);
    expect(await send('Well done.')).toEqual(DONE);
    expect(texts()).toEqual(['Well done.']);
    expect(posts()).toBe(2);
  });
});

describe('what lasts is tried again later', () => {
  test.each<[string, Fault]>([
    ['503', { status: 503 }],
    ['a connection that breaks', 'reset'],
    ['no answer', 'hang'],
  ])('%s', async (_, fault) => {
    const { twin, send, texts, posts } = await open({ timeoutMs: 300 });
    twin.faults.failNext(isPost, 3, fault);
    expect(await send('Well done.')).toEqual({ ok: false, reason: 'retry', detail: expect.any(String) });
    expect(posts()).toBe(3);
    expect(await send('Well done.')).toEqual(DONE);
    expect(texts()).toEqual(['Well done.']);
  });

  test('nobody listens: the reason names no address', async () => {
    const { twin, send } = await open();
    await twin.close();
    const sent = await send('Well done.');
    expect(sent).toMatchObject({ ok: false, reason: 'retry' });
    expect(JSON.stringify(sent)).not.toContain('127.0.0.1');
  });

  test('a long wait is left to the queue, and not asked about meanwhile', async () => {
    const { twin, surface, send, posts, channel } = await open();
    twin.faults.failNext(isPost, 1, tooFast(60));
    const sent = await send('Well done.');
    expect(sent).toMatchObject({ ok: false, reason: 'retry', detail: 'rate limited' });
    expect(sent).toMatchObject({ retryAfterMs: expect.toSatisfy((ms: number) => ms >= 60_000 && ms < 61_000) });
    expect(await send('Well done.')).toMatchObject({ ok: false, reason: 'retry' });
    expect(posts()).toBe(1);
    // Another channel has a limit of its own.
    const elsewhere = outbound(reply('message', 'Well done.'), { threadId: channel.id });
    expect(await surface.send(elsewhere)).toEqual(DONE);
  });

  test('while Discord takes nothing at all, no channel is asked', async () => {
    const { twin, surface, send, channel } = await open();
    twin.faults.failNext(isPost, 1, tooFast(60, { 'X-RateLimit-Global': 'true', 'X-RateLimit-Scope': 'global' }));
    expect(await send('Well done.')).toMatchObject({ ok: false, reason: 'retry', detail: 'rate limited' });
    const { length: asked } = twin.requests;
    const elsewhere = outbound(reply('message', 'Well done.'), { threadId: channel.id });
    const sent = await surface.send(elsewhere);
    expect(sent).toMatchObject({ retryAfterMs: expect.toSatisfy((ms: number) => ms > 50_000) });
    expect(twin.requests).toHaveLength(asked);
  });
});

describe('what Discord refuses', () => {
  test.each<[string, Fault, object]>([
    ['no such channel', refusal(404, 10003), { reason: 'gone' }],
    ['no direct messages wanted', refusal(403, 50007), { reason: 'gone' }],
    ['no such server', refusal(404, 10004), { reason: 'retry', retryAfterMs: TEN_MINUTES }],
    ['no access', refusal(403, 50001), { reason: 'retry', retryAfterMs: TEN_MINUTES }],
    ['no permission', refusal(403, 50013), { reason: 'retry', retryAfterMs: TEN_MINUTES }],
    ['a locked thread', refusal(400, 160005), { reason: 'retry', retryAfterMs: TEN_MINUTES }],
    ['something else', refusal(403, 20028), { reason: 'retry' }],
  ])('%s', async (_, fault, expected) => {
    const { twin, send, posts } = await open();
    twin.faults.failNext(isPost, 1, fault);
    expect(await send('Well done.')).toEqual({ ok: false, detail: expect.stringContaining('refused'), ...expected });
    expect(posts()).toBe(1);
  });

  test('a body that is wrong is our own fault, and breaks the sending', async () => {
    const { twin, send } = await open();
    twin.faults.failNext(isPost, 1, refusal(400, 50035));
    await expect(send('Well done.')).rejects.toThrow('refused');
  });

  test('so does a reply that we cannot render', async () => {
    const { send, posts } = await open();
    await expect(send(null as never)).rejects.toThrow(TypeError);
    expect(posts()).toBe(0);
  });
});

describe('where a reply goes', () => {
  test('a thread that is archived comes back with it', async () => {
    const { thread, send, texts } = await open();
    thread.archive();
    expect(await send('Well done.')).toEqual(DONE);
    expect(thread.isArchived()).toBe(false);
    expect(texts()).toEqual(['Well done.']);
  });

  test('also one that is archived while the reply is being written', async () => {
    const { twin, surface, thread, send, texts } = await open();
    const draft = newDraft();
    surface.preview(thread.id, 'Well', draft);
    await until(() => draft.id !== null);
    thread.archive();
    expect(await send('Well done.', { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(thread.isArchived()).toBe(false);
    expect(texts()).toEqual(['Well done.']);
    expect(twin.violations).toEqual([]);
  });

  test.each([
    ['locked', false],
    ['locked and archived', true],
  ])('into a thread that is %s, when it is opened again', async (_, archived) => {
    const { surface, thread, send, texts } = await open();
    const draft = newDraft();
    surface.preview(thread.id, 'Well', draft);
    await until(() => draft.id !== null);
    if (archived) thread.archive({ locked: true });
    else thread.lock();
    expect(await send('Well done.', { draft })).toMatchObject({ reason: 'retry', retryAfterMs: TEN_MINUTES });
    thread.unarchive();
    expect(await send('Well done.', { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(texts()).toEqual(['Well done.']);
  });

  test('not to somebody who takes no direct messages', async () => {
    const { twin, surface } = await open();
    const ada = twin.addUser({ name: 'Ada' });
    const threadId = `${ada.dm().id}/1`;
    expect(await surface.send(outbound(reply('message', 'Hi'), { threadId }))).toEqual(DONE);
    ada.closesDms();
    const sent = await surface.send(outbound(reply('message', 'Well done.'), { threadId }));
    expect(sent).toMatchObject({ ok: false, reason: 'gone' });
  });

  test('nobody is called by it', async () => {
    const { twin, guild, send, thread, surface } = await open();
    const ada = guild.addMember({ name: 'Ada' });
    const draft = newDraft();
    surface.preview(thread.id, `@everyone <@${ada.id}>`, draft);
    await until(() => draft.id !== null);
    await send(`@everyone <@${ada.id}> and more`, { draft });
    const message = await plainApi(twin).channels.getMessage(thread.id, draft.id ?? '');
    expect(message).toMatchObject({ mention_everyone: false, mentions: [] });
    expect(twin.violations).toEqual([]);
  });
});

describe('a lesson’s card', () => {
  const cardIn = (channel: { id: string }, thread: { id: string }): ShownCard => ({
    threadId: thread.id,
    card: { channelId: channel.id, messageId: thread.id },
    locale: null,
    reply: { ...reply('card', 'Fractions'), standing: 'teaching' },
  });

  test('is changed where it is', async () => {
    const { twin, surface, channel, thread } = await open();
    expect(await surface.showCard?.(cardIn(channel, thread))).toEqual({ ok: true, platformMessageIds: [thread.id] });
    const [shown] = twin.messages(channel.id);
    expect(shown).toMatchObject({ content: '', embeds: [{ title: 'Fractions' }] });
  });

  test('is not missed where somebody has deleted it, or its channel', async () => {
    const { twin, surface, channel, thread } = await open();
    await plainApi(twin).channels.deleteMessage(channel.id, thread.id);
    expect(await surface.showCard?.(cardIn(channel, thread))).toMatchObject({ ok: false, reason: 'gone' });
    channel.remove();
    expect(await surface.showCard?.(cardIn(channel, thread))).toMatchObject({ ok: false, reason: 'gone' });
  });

  test('comes later while Discord is away', async () => {
    const { twin, surface, channel, thread } = await open();
    twin.faults.failNext(isEdit, 3, { status: 503 });
    expect(await surface.showCard?.(cardIn(channel, thread))).toMatchObject({ ok: false, reason: 'retry' });
  });
});

test('a reply that grows for half a minute stays inside of Discord’s limits', async () => {
  const words = Array.from({ length: 30 }, (_, index) => `word${index}`);
  const draft = newDraft();
  let shown = 1;
  const { twin, surface, thread, send, texts } = await open({
    twin: { limits: 'real' },
    // The twin's clock goes by what the surface waits, and more was written each time.
    async pause(ms) {
      twin.advance(ms);
      await soon();
      if (shown === words.length) return;
      shown += 1;
      surface.preview(thread.id, words.slice(0, shown).join(' '), draft);
    },
  });
  const began = twin.now();
  surface.preview(thread.id, words.slice(0, 1).join(' '), draft);
  await until(() => texts().at(-1) === words.join(' '));
  expect(twin.now() - began).toBeGreaterThanOrEqual(30_000);
  expect(await send(`${words.join(' ')}.`, { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
  expect(texts()).toEqual([`${words.join(' ')}.`]);
  expect(twin.requests.filter(({ method, path }) => isEdit(method, path))).toHaveLength(30);
  expect(twin.requests.filter(({ status }) => status === 429)).toEqual([]);
});
