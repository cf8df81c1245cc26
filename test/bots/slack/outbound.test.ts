import { describe, expect, test } from 'vitest';
import { metadataOf } from '../../../src/bots/slack/replies/posting.ts';
import { reply } from '../../../src/core/messages.ts';
import type { OutboundDelivery, ShownCard } from '../../../src/core/ports.ts';
import { until } from '../../support/classroom.ts';
import { newDraft, outbound } from '../../support/outbound.ts';
import {
  type OpenedSlackSurface,
  openSlackSurface,
  type SurfaceOptions,
  wordsIn,
} from '../../support/slack-surface.ts';
import type { Fault } from '../../twins/faults.ts';
import { plainClient } from '../../twins/slack/client.ts';

/** What Slack may do to a reply on its way, and what the surface makes of it. */

const FIVE_MINUTES = 300_000;
/** The first surface gives up soon; another one has time. */
const IMPATIENT = { timeoutMs: 400 };
const DONE = { ok: true, platformMessageIds: [expect.any(String)] };
const LONG = Array.from({ length: 400 }, (_, index) => `Sentence number ${index} of a long story.`).join(' ');

type Opened = OpenedSlackSurface & {
  texts(): string[];
  asked(method: string): number;
  deliveryOf(text: string, more?: Partial<OutboundDelivery>): OutboundDelivery;
  send(text: string, more?: Partial<OutboundDelivery>): ReturnType<OpenedSlackSurface['surface']['send']>;
};

async function open(options: SurfaceOptions = {}): Promise<Opened> {
  const opened = await openSlackSurface(options);
  const { twin, surface, threadId, shown } = opened;
  const before = twin.requests.length;
  const deliveryOf: Opened['deliveryOf'] = (text, more) => outbound(reply('message', text), { threadId, ...more });
  return {
    ...{ ...opened, deliveryOf },
    texts: () => shown().map(wordsIn),
    asked: (name) => twin.requests.slice(before).filter(({ method }) => method === name).length,
    send: (text, more) => surface.send(deliveryOf(text, more)),
  };
}

const isPost = (method: string) => method === 'chat.postMessage';
const isRead = (method: string) => method === 'conversations.replies';
const refusal = (error: string): Fault => ({ status: 200, body: { ok: false, error } });
const tooFast = (seconds: number): Fault => ({
  ...{ status: 429, headers: { 'retry-after': String(seconds) }, body: { ok: false, error: 'ratelimited' } },
});

describe('what lasts is tried again later', () => {
  test.each<[string, Fault]>([
    ['503', { status: 503 }],
    ['a page of a proxy', { status: 502, body: '<html>', headers: { 'content-type': 'text/html' } }],
    ['a connection that breaks', 'reset'],
    ['no answer', 'hang'],
    ['a fault of Slack’s', refusal('internal_error')],
    ['a message limit', refusal('message_limit_exceeded')],
  ])('%s', async (_, fault) => {
    const { twin, surface, another, deliveryOf, texts } = await open(fault === 'hang' ? IMPATIENT : {});
    twin.faults.failNext(isPost, 1, fault);
    const delivery = deliveryOf('Well done.');
    expect(await surface.send(delivery)).toEqual({ ok: false, reason: 'retry', detail: expect.any(String) });
    const patient = fault === 'hang' ? another() : surface;
    expect(await patient.send({ ...delivery, mayBeShown: true })).toEqual(DONE);
    expect(texts()).toEqual(['Well done.']);
  });

  test('nobody listens: the reason names no address', async () => {
    const { twin, send } = await open();
    await twin.close();
    const sent = await send('Well done.');
    expect(sent).toMatchObject({ ok: false, reason: 'retry' });
    expect(JSON.stringify(sent)).not.toContain('127.0.0.1');
  });

  test('a wait is left to the queue', async () => {
    const { twin, send } = await open();
    twin.faults.failNext(isPost, 1, tooFast(60));
    expect(await send('Well done.')).toMatchObject({ ok: false, reason: 'retry', retryAfterMs: 60_000 });
  });

  test('the database that knows whose lesson it is', async () => {
    const recipientOf = () => Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));
    const { send, asked } = await open({ recipientOf });
    expect(await send('Well done.')).toMatchObject({ ok: false, reason: 'retry' });
    expect(asked('chat.postMessage')).toBe(0);
  });
});

describe('a reply is shown once', () => {
  test.each<[string, Fault]>([
    ['the connection broke', 'reset'],
    ['Slack stumbled', { status: 500 }],
    ['no answer came', 'hang'],
  ])('where %s after it was, and it is tried again', async (_, fault) => {
    const { twin, surface, another, deliveryOf, texts, shown } = await open(fault === 'hang' ? IMPATIENT : {});
    const delivery = deliveryOf('Well done.');
    twin.faults.loseNext(isPost, 1, fault);
    expect(await surface.send(delivery)).toMatchObject({ ok: false, reason: 'retry' });
    const again = { ...delivery, mayBeShown: true };
    const patient = fault === 'hang' ? another() : surface;
    expect(await patient.send(again)).toEqual({ ok: true, platformMessageIds: [shown()[0]?.ts] });
    expect(texts()).toEqual(['Well done.']);
  });

  test('also one in several messages, whose second was lost, by another process', async () => {
    const { twin, surface, another, deliveryOf, shown } = await open();
    const delivery = deliveryOf(LONG);
    let posts = 0;
    twin.faults.onRequest(({ method, moment }) => {
      if (!isPost(method) || moment === 'arrived') return null;
      posts += 1;
      return posts === 2 ? 'reset' : null;
    });
    expect(await surface.send(delivery)).toMatchObject({ ok: false, reason: 'retry' });
    expect(delivery.posted).toHaveLength(1);
    const sent = await another().send({ ...delivery, mayBeShown: true });
    expect(sent).toEqual({ ok: true, platformMessageIds: shown().map(({ ts }) => ts) });
    expect(shown().map(wordsIn).join(' ')).toBe(LONG);
    // No more than is needed: what is recorded need not be looked for.
    expect(twin.requests.find(({ method }) => isRead(method))?.body.oldest).toBe(shown()[0]?.ts);
  });

  test('the thread is not read where nothing can be lost', async () => {
    const { send, asked } = await open();
    await send('Well done.');
    expect(asked('conversations.replies')).toBe(0);
  });

  test('however much else was said in the thread', async () => {
    const { twin, surface, another, deliveryOf, web, channel, root, shown } = await open();
    for (let index = 0; index < 220; index += 1) {
      const metadata = metadataOf(`other-${index}`);
      await web.chat.postMessage({ channel: channel.id, thread_ts: root, text: `No. ${index}`, metadata });
    }
    const delivery = deliveryOf('Well done.');
    twin.faults.loseNext(isPost, 1);
    await surface.send(delivery);
    expect(await another().send({ ...delivery, mayBeShown: true })).toEqual(DONE);
    expect(shown()).toHaveLength(221);
    // Some apps may read one page a minute: what they have not read may be there.
    twin.faults.failNext((method, { cursor }) => isRead(method) && cursor !== undefined, 1, tooFast(60));
    const again = { ...delivery, mayBeShown: true };
    expect(await another().send(again)).toMatchObject({ reason: 'retry', retryAfterMs: 60_000 });
    expect(await another().send(again)).toEqual(DONE);
    expect(shown()).toHaveLength(221);
  });

  test('and what is older than the reply is neither read nor taken away', async () => {
    const { twin, web, channel, root, deliveryOf, another, texts, shown } = await open({ direct: true });
    await web.chat.postMessage({ channel: channel.id, thread_ts: root, text: 'No key' });
    twin.advance(2 * 3_600_000);
    expect(await another().send(deliveryOf('Well done.', { mayBeShown: true }))).toEqual(DONE);
    expect(await another().send(deliveryOf('More.', { mayBeShown: true }))).toEqual(DONE);
    expect(shown()[0]?.text).toBe('No key');
    expect(texts().slice(1)).toEqual(['Well done.', 'More.']);
  });

  test('and what is not ours, or not of the thread, is left alone', async () => {
    const { twin, team, web, ada, surface } = await open();
    const guests = twin.addTeam({ name: 'Guests' });
    const both = team.addChannel({ name: 'both', sharedWith: [guests] });
    both.inviteBot(guests);
    both.invite(ada);
    const { ts = '' } = await web.chat.postMessage({ channel: both.id, text: 'A lesson without a key' });
    const foreign = plainClient(twin, guests.botToken());
    await foreign.chat.postMessage({ channel: both.id, thread_ts: ts, text: 'Another bot' });
    const threadId = `${both.id}:${ts}`;
    for (const text of ['One.', 'Two.']) {
      const draft = { key: `turn-${text}`, id: null };
      expect(await surface.send(outbound(reply('message', text), { threadId, draft, mayBeShown: true }))).toEqual(DONE);
    }
    expect(both.thread(ts).map(({ blocks, text }) => wordsIn({ blocks }) || text)).toEqual([
      ...['A lesson without a key', 'Another bot', 'One.', 'Two.'],
    ]);
    expect(twin.requests.filter(({ error }) => error !== null)).toEqual([]);
  });

  test('and shows no previews of what it links to', async () => {
    const { twin, send } = await open();
    await send('See https://example.org.');
    const { body } = twin.requests.findLast(({ method }) => isPost(method)) ?? {};
    expect(body).toMatchObject({ unfurl_links: 'false', unfurl_media: 'false' });
  });

  test('where Slack asks us to wait with reading, it comes later', async () => {
    const { twin, send, texts } = await open();
    twin.faults.failNext(isRead, 1, tooFast(60));
    const sent = await send('Well done.', { mayBeShown: true });
    expect(sent).toMatchObject({ ok: false, reason: 'retry', retryAfterMs: 60_000 });
    expect(texts()).toEqual([]);
  });

  test('where Slack does not let us read, it comes all the same', async () => {
    const { twin, send, texts } = await open();
    twin.faults.failNext(isRead, 1, refusal('missing_scope'));
    expect(await send('Well done.', { mayBeShown: true })).toEqual(DONE);
    expect(texts()).toEqual(['Well done.']);
  });
});

describe('what Slack refuses', () => {
  test.each<[string, object]>([
    ['thread_not_found', { reason: 'gone' }],
    ['messages_tab_disabled', { reason: 'gone' }],
    ['channel_not_found', { reason: 'retry', retryAfterMs: FIVE_MINUTES }],
    ['restricted_action', { reason: 'retry', retryAfterMs: FIVE_MINUTES }],
    ['token_revoked', { reason: 'retry', retryAfterMs: FIVE_MINUTES }],
  ])('%s', async (code, expected) => {
    const { twin, send, asked } = await open();
    twin.faults.failNext(isPost, 1, refusal(code));
    expect(await send('Well done.')).toEqual({ ok: false, detail: `Slack says ${code}`, ...expected });
    expect(asked('chat.postMessage')).toBe(1);
  });

  const asked = reply('message', 'Well **done** & so on.', { commands: ['hint'] });
  const inPlainWords = ['section', 'actions'];

  test.each(['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long'])(
    'a body, by %s: it is shown in plain words',
    async (code) => {
      const { twin, surface, threadId, shown, texts } = await open();
      twin.faults.failNext(isPost, 1, refusal(code));
      expect(await surface.send(outbound(asked, { threadId }))).toEqual(DONE);
      expect(texts()).toEqual(['Well done &amp; so on.']);
      expect(shown()[0]?.blocks.map(({ type }) => type)).toEqual(inPlainWords);
    },
  );

  test.each([true, false])('a body in the place of a draft (streamed: %s)', async (streams) => {
    const { twin, surface, threadId, shown, texts } = await open({ twin: { streams } });
    const draft = newDraft();
    surface.preview(threadId, 'Well', draft);
    await until(() => draft.id !== null);
    for (const name of ['chat.stopStream', 'chat.update']) {
      twin.faults.failNext(
        (method, { blocks }) => method === name && blocks !== undefined,
        1,
        refusal('invalid_blocks'),
      );
    }
    expect(await surface.send(outbound(asked, { threadId, draft }))).toEqual({
      ok: true,
      platformMessageIds: [draft.id],
    });
    expect(texts()).toEqual(['Well done &amp; so on.']);
    expect(shown()[0]).toMatchObject({ isStreaming: false, blocks: inPlainWords.map((type) => ({ type })) });
  });

  test('a body that is wrong in plain words too is our own fault, and breaks the sending', async () => {
    const { twin, send } = await open();
    twin.faults.failNext(isPost, 2, refusal('invalid_blocks'));
    await expect(send('Well done.')).rejects.toThrow('invalid_blocks');
  });

  test('so does a reply that we cannot render', async () => {
    const { send, asked } = await open();
    await expect(send(null as never)).rejects.toThrow(TypeError);
    expect(asked('chat.postMessage')).toBe(0);
  });
});

describe('where a reply goes', () => {
  test.each(['archived', 'left'])('into a channel that is %s, when that is over', async (how) => {
    const { channel, surface, threadId, send, texts } = await open();
    const draft = newDraft();
    surface.preview(threadId, 'Well', draft);
    await until(() => draft.id !== null);
    if (how === 'archived') channel.archive();
    else channel.kickBot();
    expect(await send('Well done.', { draft })).toMatchObject({ reason: 'retry', retryAfterMs: FIVE_MINUTES });
    if (how === 'archived') channel.unarchive();
    else channel.inviteBot();
    expect(await send('Well done.', { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(texts()).toEqual(['Well done.']);
  });

  test('not into a private channel that we have left', async () => {
    const { team, web, surface } = await open();
    const secret = team.addChannel({ name: 'secret', isPrivate: true });
    const { ts = '' } = await web.chat.postMessage({ channel: secret.id, text: 'A lesson' });
    secret.kickBot();
    const sent = await surface.send(outbound(reply('message', 'Hi'), { threadId: `${secret.id}:${ts}` }));
    expect(sent).toMatchObject({ ok: false, reason: 'retry', retryAfterMs: FIVE_MINUTES });
  });

  test('nowhere while the tutor is not installed, or where no lesson is known', async () => {
    const { team, send, asked } = await open();
    team.uninstall();
    expect(await send('Well done.')).toMatchObject({ ok: false, reason: 'retry', retryAfterMs: FIVE_MINUTES });
    const lost = await open({ recipientOf: async () => null });
    expect(await lost.send('Well done.')).toMatchObject({ ok: false, reason: 'gone' });
    expect(asked('chat.postMessage') + lost.asked('chat.postMessage')).toBe(0);
  });

  test.each(['edit_window_closed', 'cant_update_message', 'block_mismatch'])(
    'in the place of a draft that Slack does not let us change: %s',
    async (code) => {
      const { twin, channel, surface, threadId, send, texts } = await open();
      channel.setStreams(false);
      const draft = newDraft();
      surface.preview(threadId, 'Well', draft);
      await until(() => draft.id !== null);
      twin.faults.failNext((method) => method === 'chat.update', 1, refusal(code));
      const sent = await send('Well done.', { draft });
      expect(sent).toEqual(DONE);
      expect(sent.ok && sent.platformMessageIds).not.toEqual([draft.id]);
      await until(() => texts().join() === 'Well done.');
    },
  );

  test('who the lesson is of is asked until it is known', async () => {
    let asked = 0;
    const { ada, team, send } = await open({
      async recipientOf() {
        asked += 1;
        return { workspace: team.id, learner: ada.id, team: asked < 2 ? null : team.id };
      },
    });
    for (const text of ['One.', 'Two.', 'Three.', 'Four.']) await send(text);
    expect(asked).toBe(2);
  });
});

describe('that the tutor is at work', () => {
  const STATUS = 'assistant.threads.setStatus';

  test.each([true, false])('is shown until the reply is there (direct: %s)', async (direct) => {
    const { twin, surface, channel, root, threadId, send, asked } = await open({ direct });
    surface.typing(threadId);
    await until(() => twin.status(channel.id, root) === 'is thinking…');
    await send('Well done.');
    expect(twin.status(channel.id, root)).toBe('');
    expect(asked(STATUS)).toBe(1);
  });

  test('is over with the first words of the reply', async () => {
    const { surface, threadId, send, asked } = await open();
    const draft = newDraft();
    surface.typing(threadId);
    await until(() => asked(STATUS) === 1);
    surface.preview(threadId, 'Well', draft);
    await until(() => draft.id !== null);
    await send('Well done.', { draft });
    expect(asked(STATUS)).toBe(1);
  });

  test('goes away also where the reply is only a message that was changed', async () => {
    const { twin, surface, channel, root, threadId, send } = await open();
    const sent = await send('Well done.');
    const [id = ''] = sent.ok ? sent.platformMessageIds : [];
    surface.typing(threadId);
    await until(() => twin.status(channel.id, root) !== '');
    expect(await send('Well done, Ada.', { draft: { key: 'another', id } })).toEqual({
      ok: true,
      platformMessageIds: [id],
    });
    expect(twin.status(channel.id, root)).toBe('');
  });

  test('speaks the learner’s language', async () => {
    const opened: Opened = await open({
      recipientOf: async () => ({ workspace: opened.team.id, learner: opened.ada.id, team: null, locale: 'de-DE' }),
    });
    opened.surface.typing(opened.threadId);
    await until(() => opened.twin.status(opened.channel.id, opened.root) === 'denkt nach …');
  });

  test.each(['missing_scope', 'channel_not_found'])('is not asked for again for a while after %s', async (code) => {
    const { twin, surface, threadId, send, asked } = await open();
    twin.faults.failNext((method) => method === STATUS, 1, refusal(code));
    for (const text of ['One.', 'Two.']) {
      surface.typing(threadId);
      await until(() => asked(STATUS) === 1);
      await send(text);
    }
    expect(asked(STATUS)).toBe(1);
    twin.advance(600_000);
    surface.typing(threadId);
    await until(() => asked(STATUS) === 2);
  });
});

describe('a lesson’s card', () => {
  const cardOf = ({ channel, root, threadId }: Opened): ShownCard => ({
    threadId,
    card: { channelId: channel.id, messageId: root },
    locale: null,
    reply: { ...reply('card', 'Fractions'), standing: 'teaching' },
  });

  test('is changed where it is, and keeps its key', async () => {
    const opened = await open();
    const { surface, root, channel } = opened;
    expect(await surface.showCard?.(cardOf(opened))).toEqual({ ok: true, platformMessageIds: [root] });
    const [card] = channel.messages();
    expect(card && wordsIn(card)).toBe('Fractions\n\n*Under way*');
    expect(card?.metadata).toEqual(metadataOf('card-1'));
  });

  test('is not missed where somebody has deleted it, or its channel, or taken the tutor away', async () => {
    const opened = await open();
    const { surface, web, channel, root, team } = opened;
    await web.chat.delete({ channel: channel.id, ts: root });
    expect(await surface.showCard?.(cardOf(opened))).toMatchObject({ ok: false, reason: 'gone' });
    channel.remove();
    expect(await surface.showCard?.(cardOf(opened))).toMatchObject({ ok: false, reason: 'gone' });
    team.uninstall();
    expect(await surface.showCard?.(cardOf(opened))).toMatchObject({ ok: false, reason: 'gone' });
  });

  test('comes later while Slack is away, or busy', async () => {
    const opened = await open();
    const isUpdate = (method: string) => method === 'chat.update';
    opened.twin.faults.failNext(isUpdate, 1, { status: 503 });
    expect(await opened.surface.showCard?.(cardOf(opened))).toMatchObject({ ok: false, reason: 'retry' });
    opened.twin.faults.failNext(isUpdate, 1, tooFast(30));
    expect(await opened.surface.showCard?.(cardOf(opened))).toMatchObject({ reason: 'retry', retryAfterMs: 30_000 });
  });
});
