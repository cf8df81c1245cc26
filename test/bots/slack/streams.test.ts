import { setImmediate as soon } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { reply } from '../../../src/core/messages.ts';
import type { Draft, OutboundDelivery } from '../../../src/core/ports.ts';
import { until } from '../../support/classroom.ts';
import { newDraft, outbound } from '../../support/outbound.ts';
import {
  calls,
  type OpenedSlackSurface,
  openSlackSurface,
  type SurfaceOptions,
  textsIn,
  wordsIn,
} from '../../support/slack-surface.ts';
import type { Fault } from '../../twins/faults.ts';

/** A reply that is written before the eyes of its reader. */

const TEN_MINUTES = 600_000;
const tooFast = (seconds: number) => ({
  ...{ status: 429, headers: { 'retry-after': String(seconds) }, body: { ok: false, error: 'ratelimited' } },
});

type Opened = OpenedSlackSurface & {
  texts(): string[];
  /** Resolves when this is all that is shown. */
  shows(...texts: string[]): Promise<void>;
  /** Resolves when the surface is done with so many glimpses. */
  glimpsed(count: number): Promise<void>;
  /** How often Slack was asked for each of these. */
  asked(...methods: string[]): number[];
  deliveryOf(text: string, more?: Partial<OutboundDelivery>): OutboundDelivery;
  send(text: string, more?: Partial<OutboundDelivery>): ReturnType<OpenedSlackSurface['surface']['send']>;
};

async function open(options: SurfaceOptions = {}): Promise<Opened> {
  const opened = await openSlackSurface(options);
  const { twin, surface, threadId, shown } = opened;
  const texts = () => shown().map(wordsIn);
  const deliveryOf: Opened['deliveryOf'] = (text, more) =>
    outbound(reply('message', text, { commands: ['hint'] }), { threadId, ...more });
  return {
    ...opened,
    ...{ texts, deliveryOf },
    shows: (...expected) => until(() => JSON.stringify(texts()) === JSON.stringify(expected)),
    glimpsed: (count) => until(() => opened.glimpses() >= count),
    asked: (...methods) => methods.map((name) => twin.requests.filter(({ method }) => method === name).length),
    send: (text, more) => surface.send(deliveryOf(text, more)),
  };
}

async function begin({ surface, threadId }: OpenedSlackSurface, text: string, draft = newDraft()): Promise<Draft> {
  surface.preview(threadId, text, draft);
  await until(() => draft.id !== null);
  return draft;
}

const STREAMING = ['chat.startStream', 'chat.appendStream', 'chat.stopStream', 'chat.update', 'chat.postMessage'];

describe.each([
  ['a channel', false],
  ['direct messages', true],
])('in %s', (_, direct) => {
  test('a reply is streamed, and ends with its buttons', async () => {
    const opened = await open({ direct });
    const { twin, surface, threadId, ada, team } = opened;
    const draft = await begin(opened, 'Well');
    expect(opened.shown()).toMatchObject([{ isStreaming: true, metadata: null, ts: draft.id }]);
    surface.preview(threadId, 'Well **do', draft);
    await opened.shows('Well **do');
    const delivery = opened.deliveryOf('Well **done**.', { draft });
    expect(await surface.send(delivery)).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(opened.texts()).toEqual(['Well **done**.']);
    const [message] = opened.shown();
    expect(message).toMatchObject({ isStreaming: false, metadata: { event_payload: { key: `${delivery.id}-0` } } });
    expect(message?.blocks.map(({ type }) => type)).toEqual(['markdown', 'actions', 'context_actions']);
    expect(opened.asked(...STREAMING)).toEqual([1, 1, 1, 0, direct ? 0 : 1]);
    expect(twin.requests.find(({ method }) => method === 'chat.startStream')?.body).toMatchObject(
      direct ? { channel: opened.channel.id } : { recipient_user_id: ada.id, recipient_team_id: team.id },
    );
    expect(twin.violations).toEqual([]);
  });

  test('nobody is called by it, not even by what comes in two halves', async () => {
    const opened = await open({ direct });
    const { twin, surface, threadId, ada } = opened;
    const text = `Ask <@${ada.id}> or <!channel>, @here too. Or <!subteam^S1> all`;
    const draft = newDraft();
    for (let end = 1; end <= text.length; end += 1) {
      surface.preview(threadId, text.slice(0, end), draft);
      await soon();
    }
    await until(() => draft.id !== null);
    expect(await opened.send(text, { draft })).toMatchObject({ ok: true });
    const [asShown = ''] = opened.texts();
    expect(asShown.replaceAll('\u2060', '')).toBe(text);
    expect(opened.shown().flatMap(textsIn).flatMap(calls)).toEqual([]);
    expect(twin.violations).toEqual([]);
  });
});

describe('what has begun otherwise than it ends', () => {
  test('is replaced by a new attempt', async () => {
    const opened = await open();
    const draft = await begin(opened, 'Well d');
    opened.surface.preview(opened.threadId, 'Not quite', draft);
    await opened.shows('Not quite');
    expect(opened.shown()[0]?.isStreaming).toBe(false);
    expect(await opened.send('Not quite so.', { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(opened.texts()).toEqual(['Not quite so.']);
    expect(opened.asked(...STREAMING)).toEqual([1, 0, 1, 2, 1]);
  });

  test('is replaced by the reply', async () => {
    const opened = await open();
    const draft = await begin(opened, 'Well d');
    expect(await opened.send('Not quite.', { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(opened.texts()).toEqual(['Not quite.']);
    expect(opened.shown()[0]?.isStreaming).toBe(false);
    expect(opened.asked('chat.stopStream', 'chat.update')).toEqual([1, 1]);
  });

  test('is replaced by a plan', async () => {
    const opened = await open();
    const draft = await begin(opened, 'My pl');
    const line = { title: 'Halves', objective: '', status: 'pending' as const, mastery: null, right: 0, wrong: 0 };
    const planned = outbound(reply('plan', 'My plan:', { plan: [line] }), { threadId: opened.threadId, draft });
    expect(await opened.surface.send(planned)).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(opened.texts()).toEqual(['My plan:\n\nYour plan\n\n▫️ **1. Halves**']);
    expect(opened.asked('chat.stopStream', 'chat.update')).toEqual([1, 0]);
  });
});

describe('where Slack does not stream', () => {
  test.each<[string, SurfaceOptions]>([
    ['in this channel', {}],
    ['at all', { twin: { streams: false } }],
  ])('%s, a message is changed now and then', async (_, options) => {
    const opened = await open(options);
    const { twin, channel, surface, threadId, send } = opened;
    channel.setStreams(false);
    const draft = await begin(opened, 'Well');
    expect(opened.shown()).toMatchObject([{ isStreaming: false, metadata: { event_payload: { key: draft.key } } }]);
    surface.preview(threadId, 'Well d', draft);
    await until(() => opened.asked('chat.update')[0] === 0);
    twin.advance(5_000);
    surface.preview(threadId, 'Well do', draft);
    await opened.shows('Well do');
    expect(await send('Well done.', { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(opened.texts()).toEqual(['Well done.']);
    expect(opened.asked('chat.startStream', 'chat.update')).toEqual([1, 2]);
  });

  test('it is not asked again for a while', async () => {
    const opened = await open();
    const { twin, channel, send } = opened;
    channel.setStreams(false);
    await send('One.', { draft: await begin(opened, 'On') });
    await send('Two.', { draft: await begin(opened, 'Tw') });
    expect(opened.asked('chat.startStream')).toEqual([1]);
    channel.setStreams(true);
    twin.advance(TEN_MINUTES);
    await send('Three.', { draft: await begin(opened, 'Thr') });
    expect(opened.asked('chat.startStream')).toEqual([2]);
    expect(opened.texts()).toEqual(['One.', 'Two.', 'Three.']);
  });

  test('for one of its people, others see theirs streamed all the same', async () => {
    const opened: Opened = await open({
      async recipientOf(threadId) {
        const { team, ada } = opened;
        return { workspace: team.id, learner: threadId === opened.threadId ? 'U0NOBODY' : ada.id, team: team.id };
      },
    });
    const { surface, web, channel, asked } = opened;
    for (let time = 0; time < 2; time += 1) await opened.send('Well done.', { draft: await begin(opened, 'Well') });
    expect(asked('chat.startStream')).toEqual([1]);
    const { ts = '' } = await web.chat.postMessage({ channel: channel.id, text: 'Another lesson' });
    surface.preview(`${channel.id}:${ts}`, 'Well', newDraft());
    await until(() => channel.thread(ts).some(({ isStreaming }) => isStreaming));
  });

  test('a workspace’s own id is good enough for that of its people', async () => {
    const opened: Opened = await open({
      recipientOf: async () => ({ workspace: opened.team.id, learner: opened.ada.id, team: null }),
    });
    await begin(opened, 'Well');
    expect(opened.shown()[0]?.isStreaming).toBe(true);
  });

  test('nor where nobody knows whose workspace it is', async () => {
    const opened = await open({ recipientOf: async () => ({ workspace: 'E1', learner: 'U1', team: null }) });
    const draft = await begin(opened, 'Well');
    expect(await opened.send('Well done.', { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(opened.asked(...STREAMING)).toEqual([0, 0, 0, 1, 2]);
  });
});

describe('where something is lost or ended meanwhile', () => {
  test('Slack ends a stream that takes too long', async () => {
    const opened = await open();
    const draft = await begin(opened, 'Well');
    opened.twin.advance(TEN_MINUTES);
    expect(await opened.send('Well done.', { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(opened.texts()).toEqual(['Well done.']);
    expect(opened.shown()[0]?.blocks).toHaveLength(3);
  });

  test('also while it is written: it goes on as a message that is changed', async () => {
    const opened = await open();
    const { twin, surface, threadId } = opened;
    const draft = await begin(opened, 'Well');
    twin.advance(TEN_MINUTES);
    surface.preview(threadId, 'Well d', draft);
    await until(() => opened.asked('chat.appendStream')[0] === 1);
    surface.preview(threadId, 'Well do', draft);
    await opened.shows('Well do');
    expect(await opened.send('Well done.', { draft })).toMatchObject({ ok: true });
    expect(opened.texts()).toEqual(['Well done.']);
  });

  test.each(['arrived', 'done'] as const)('an addition of which nobody heard, and which had %s', async (moment) => {
    const opened = await open();
    const { twin, surface, threadId } = opened;
    const draft = await begin(opened, 'Well');
    const isAppend = (method: string) => method === 'chat.appendStream';
    if (moment === 'arrived') twin.faults.failNext(isAppend, 1, 'reset');
    else twin.faults.loseNext(isAppend, 1, 'reset');
    surface.preview(threadId, 'Well d', draft);
    await until(() => opened.asked('chat.appendStream')[0] === 1);
    expect(await opened.send('Well done.', { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(opened.texts()).toEqual(['Well done.']);
  });

  test('the beginning of a stream: it is found, and shown once', async () => {
    const opened = await open();
    const { twin, surface, threadId } = opened;
    twin.faults.loseNext((method) => method === 'chat.startStream', 1);
    const draft = newDraft();
    surface.preview(threadId, 'Well', draft);
    await opened.shows('Well');
    surface.preview(threadId, 'Well d', draft);
    const begun = opened.shown()[0]?.ts;
    expect(await opened.send('Well done.', { draft })).toEqual({ ok: true, platformMessageIds: [begun] });
    expect(opened.texts()).toEqual(['Well done.']);
    expect(opened.asked('chat.startStream')).toEqual([1]);
  });

  test.each(['arrived', 'done'] as const)('its end, which had %s', async (moment) => {
    const opened = await open();
    const draft = await begin(opened, 'Well');
    const isStop = (method: string) => method === 'chat.stopStream';
    if (moment === 'arrived') opened.twin.faults.failNext(isStop, 1, 'reset');
    else opened.twin.faults.loseNext(isStop, 1, 'reset');
    const delivery = opened.deliveryOf('Well done.', { draft });
    expect(await opened.surface.send(delivery)).toMatchObject({ ok: false, reason: 'retry' });
    expect(await opened.surface.send({ ...delivery, mayBeShown: true })).toEqual({
      ok: true,
      platformMessageIds: [draft.id],
    });
    expect(opened.texts()).toEqual(['Well done.']);
    expect(opened.shown()[0]).toMatchObject({ isStreaming: false, isEdited: false });
  });
});

describe('a process that dies while it streams', () => {
  test.each(['recorded', 'unrecorded'])('leaves a stream that was %s to the next one', async (what) => {
    const opened = await open();
    const { key, id } = await begin(opened, 'Well');
    const draft = { key, id: what === 'recorded' ? id : null };
    const sent = await opened.another().send(opened.deliveryOf('Well done.', { draft, mayBeShown: true }));
    expect(sent).toEqual({ ok: true, platformMessageIds: [id] });
    expect(opened.texts()).toEqual(['Well done.']);
    expect(opened.shown()[0]?.isStreaming).toBe(false);
  });

  test('leaves nothing of it where the next one has begun anew', async () => {
    const opened = await open();
    const { key } = await begin(opened, 'Well');
    const other = opened.another();
    const draft = newDraft(key);
    other.preview(opened.threadId, 'Good', draft);
    await until(() => draft.id !== null);
    expect(opened.shown()).toHaveLength(2);
    expect(await other.send(opened.deliveryOf('Good work.', { draft, mayBeShown: true }))).toMatchObject({ ok: true });
    await opened.shows('Good work.');
  });

  test.each<[string, Fault]>([
    ['does not answer', 'hang'],
    ['fails', { status: 500 }],
    ['is busy', tooFast(20)],
  ])('keeps no reply from being there where Slack %s when what is left of it is taken away', async (_, fault) => {
    const opened = await open();
    const { key, id } = await begin(opened, 'Well');
    const other = opened.another();
    const draft = newDraft(key);
    other.preview(opened.threadId, 'Good', draft);
    await until(() => draft.id !== null);
    const isOld = (_method: string, { ts }: { ts?: unknown }) => ts === id;
    opened.twin.faults.failNext(isOld, 2, fault);
    const delivery = opened.deliveryOf('Good work.', { draft, mayBeShown: true });
    expect(await other.send(delivery)).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(opened.texts()).toEqual(['Well', 'Good work.']);
  });

  test('or where its reply has no draft', async () => {
    const opened = await open();
    await begin(opened, 'Well');
    expect(await opened.another().send(opened.deliveryOf('One moment.', { mayBeShown: true }))).toMatchObject({
      ok: true,
    });
    await opened.shows('One moment.');
  });

  test.each(['another', 'the same'])(
    'an excuse in its place stays, and the reply of %s comes below it',
    async (who) => {
      const opened = await open();
      const first = await begin(opened, 'Well');
      await opened.send('I need a moment longer.', { draft: first });
      const surface = who === 'another' ? opened.another() : opened.surface;
      const draft = newDraft(first.key);
      surface.preview(opened.threadId, 'Well d', draft);
      await opened.shows('I need a moment longer.', 'Well d');
      expect(await surface.send(opened.deliveryOf('Well done.', { draft, mayBeShown: true }))).toMatchObject({
        ok: true,
      });
      expect(opened.texts()).toEqual(['I need a moment longer.', 'Well done.']);
    },
  );
});

describe('a busy workspace', () => {
  test('sees no more of a reply until it may', async () => {
    const opened = await open();
    const { twin, surface, threadId } = opened;
    const draft = await begin(opened, 'Well');
    twin.faults.failNext((method) => method === 'chat.appendStream', 1, tooFast(20));
    surface.preview(threadId, 'Well d', draft);
    await opened.glimpsed(2);
    surface.preview(threadId, 'Well do', draft);
    await opened.glimpsed(3);
    twin.advance(21_000);
    surface.preview(threadId, 'Well don', draft);
    await opened.shows('Well don');
    expect(opened.asked('chat.appendStream')).toEqual([2]);
    expect(await opened.send('Well done.', { draft })).toMatchObject({ ok: true });
    expect(opened.asked('chat.update')).toEqual([0]);
  });

  test('gets the beginning of a reply later', async () => {
    const opened = await open();
    const { twin, surface, threadId } = opened;
    twin.faults.failNext((method) => method === 'chat.startStream', 1, tooFast(20));
    const draft = newDraft();
    surface.preview(threadId, 'Well', draft);
    await opened.glimpsed(1);
    expect(twin.requests.at(-1)?.status).toBe(429);
    twin.advance(21_000);
    surface.preview(threadId, 'Well d', draft);
    await opened.shows('Well d');
    expect(await opened.send('Well done.', { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
    expect(opened.asked('conversations.replies')).toEqual([0]);
  });

  test('takes the end of a reply when it says', async () => {
    const opened = await open();
    const draft = await begin(opened, 'Well');
    opened.twin.faults.failNext((method) => method === 'chat.stopStream', 1, tooFast(20));
    const delivery = opened.deliveryOf('Well done.', { draft });
    expect(await opened.surface.send(delivery)).toMatchObject({ ok: false, reason: 'retry', retryAfterMs: 20_000 });
    expect(await opened.surface.send({ ...delivery, mayBeShown: true })).toEqual({
      ok: true,
      platformMessageIds: [draft.id],
    });
    expect(opened.texts()).toEqual(['Well done.']);
  });

  test('gets more replies in a minute than it takes streams of', async () => {
    const opened = await open({ twin: { limits: 'real' } });
    for (let index = 0; index < 15; index += 1) {
      const draft = newDraft();
      opened.surface.preview(opened.threadId, `Reply ${index}`, draft);
      expect(await opened.send(`Reply ${index}.`, { draft })).toMatchObject({ ok: true });
      opened.twin.advance(1_000);
    }
    expect(opened.texts()).toEqual(Array.from({ length: 15 }, (_, index) => `Reply ${index}.`));
    expect(opened.asked('chat.startStream', 'chat.update')).toEqual([10, 0]);
    expect(opened.twin.requests.filter(({ status }) => status === 429)).toEqual([]);
  });

  test.each([true, false])(
    'stays inside of its limits with a reply that grows for long (streamed: %s)',
    async (streams) => {
      const words = Array.from({ length: 30 }, (_, index) => `word${index}`);
      const draft = newDraft();
      let written = 1;
      const opened: Opened = await open({
        twin: { limits: 'real', streams },
        // The twin's clock goes by what the surface waits, and more was written each time.
        async pause(ms) {
          opened.twin.advance(ms);
          await soon();
          if (written === words.length) return;
          written += 1;
          opened.surface.preview(opened.threadId, words.slice(0, written).join(' '), draft);
        },
      });
      opened.surface.preview(opened.threadId, 'word0', draft);
      await until(() => written === words.length);
      expect(await opened.send(`${words.join(' ')}.`, { draft })).toEqual({ ok: true, platformMessageIds: [draft.id] });
      expect(opened.texts()).toEqual([`${words.join(' ')}.`]);
      expect(opened.twin.requests.filter(({ status }) => status === 429)).toEqual([]);
      expect(opened.asked(streams ? 'chat.appendStream' : 'chat.update')[0]).toBeGreaterThan(5);
    },
  );
});
