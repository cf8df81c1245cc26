import { expect, onTestFinished, test } from 'vitest';
import { type WebhookSurfaceOptions, webhookSurface } from '../../../src/bots/webhook/outbound.ts';
import { reply } from '../../../src/core/messages.ts';
import { CHAT_SECRET } from '../../support/chat.ts';
import { silentLog, until } from '../../support/classroom.ts';
import { gate } from '../../support/models.ts';
import { newDraft, outbound } from '../../support/outbound.ts';
import { type Fault, startChatTwin } from '../../twins/chat.ts';

const NOW = Date.UTC(2026, 0, 1);
const THREAD = 'thread-1';
/** Again, and when is left to us. */
const WHENEVER = { reason: 'retry' };

async function openSurface(more: Partial<WebhookSurfaceOptions> = {}) {
  const twin = await startChatTwin({ secret: CHAT_SECRET, now: () => NOW });
  onTestFinished(async () => {
    await twin.close();
    expect(twin.complaints).toEqual([]);
  });
  const surface = webhookSurface(
    { url: twin.url, secret: CHAT_SECRET },
    { now: () => NOW, log: silentLog, pause: async () => {}, ...more },
  );
  return { twin, surface };
}

const delivery = (text = 'Well done.') => outbound(reply('message', text), { threadId: THREAD });

test('a reply arrives as it is, and its id comes back', async () => {
  const { twin, surface } = await openSurface();
  const sent = delivery('½ of π is **good**, “yes” 🎉');
  expect(await surface.send(sent)).toEqual({ ok: true, platformMessageIds: [`chat-${sent.id}`] });
  expect(twin.shown(THREAD)).toEqual([{ at: NOW, delivery: sent.id, reply: sent.reply }]);
});

test('a reply whose answer was lost is sent again and shown once', async () => {
  const { twin, surface } = await openSurface();
  twin.misbehave(({ attempt }) => (attempt === 1 ? { kind: 'lose' } : null));
  const sent = delivery();
  expect(await surface.send(sent)).toMatchObject({ ok: false, reason: 'retry' });
  expect(await surface.send(sent)).toMatchObject({ ok: true });
  expect(twin.arrivals(THREAD).map(({ fault }) => fault)).toEqual(['lose', null]);
  expect(twin.shown(THREAD)).toHaveLength(1);
});

test.each<[string, Fault, object]>([
  ['404: a wrong address', { kind: 'status', status: 404 }, { reason: 'retry' }],
  ['410: gone', { kind: 'status', status: 410 }, { reason: 'gone' }],
  ['400: again', { kind: 'status', status: 400 }, { reason: 'retry' }],
  ['500: again', { kind: 'status', status: 500 }, { reason: 'retry' }],
  ['a redirect is not followed', { kind: 'status', status: 302 }, { reason: 'retry' }],
  ['429 in seconds', { kind: 'status', status: 429, retryAfter: '7' }, { reason: 'retry', retryAfterMs: 7_000 }],
  [
    '503 with a date',
    { kind: 'status', status: 503, retryAfter: new Date(NOW + 9_000).toUTCString() },
    { reason: 'retry', retryAfterMs: 9_000 },
  ],
  ['429 with a date that is over', { kind: 'status', status: 429, retryAfter: new Date(0).toUTCString() }, WHENEVER],
  ['429 with nonsense', { kind: 'status', status: 429, retryAfter: 'soon' }, WHENEVER],
  ['429 without a word', { kind: 'status', status: 429 }, WHENEVER],
  ['a connection that breaks', { kind: 'drop' }, { reason: 'retry' }],
])('%s', async (_name, fault, expected) => {
  const { twin, surface } = await openSurface();
  twin.misbehave(() => fault);
  const result = await surface.send(delivery());
  expect(result).toEqual({ ok: false, detail: expect.any(String), ...expected });
  expect(twin.shown(THREAD)).toEqual([]);
});

test('a chat that does not answer is left alone after the timeout', async () => {
  const { twin, surface } = await openSurface({ timeoutMs: 30 });
  twin.misbehave(() => ({ kind: 'hang' }));
  const detail = 'the chat was not reached: TimeoutError';
  expect(await surface.send(delivery())).toEqual({ ok: false, reason: 'retry', detail });
});

test('a chat that is not there is an answer too, and the URL is nobody’s business', async () => {
  const options = { now: () => NOW, log: silentLog };
  for (const url of ['http://127.0.0.1:1/?key=hunter2', 'http://user:hunter2@127.0.0.1:1/']) {
    const result = await webhookSurface({ url, secret: CHAT_SECRET }, options).send(delivery());
    expect(result).toMatchObject({ ok: false, reason: 'retry' });
    expect(JSON.stringify(result)).not.toContain('hunter2');
  }
});

test.each([
  ['no JSON', 'OK'],
  ['ids that cannot be stored', '{"messageIds":["a\\u0000"]}'],
  ['nothing', ''],
])('a reply is sent even where the answer is %s', async (_name, body) => {
  const answer: typeof fetch = async () => new Response(body);
  const { surface } = await openSurface({ fetch: answer });
  expect(await surface.send(delivery())).toEqual({ ok: true, platformMessageIds: [] });
});

test('glimpses come one at a time, half a second apart, and the latest wins', async () => {
  const pauses: { ms: number; end(): void }[] = [];
  const pause = (ms: number) => {
    const { opened, open } = gate();
    pauses.push({ ms, end: open });
    return opened;
  };
  const { twin, surface } = await openSurface({ pause });
  const seen = () => twin.arrivals(THREAD).map(({ post }) => (post.type === 'preview' ? post.text : post.type));
  surface.typing(THREAD);
  surface.typing(THREAD);
  expect(pauses.map(({ ms }) => ms)).toEqual([100]);
  pauses.shift()?.end();
  await until(() => pauses.length === 1);
  for (const text of ['We', 'Well', 'Well d']) surface.preview(THREAD, text, newDraft());
  surface.preview('thread-2', 'Elsewhere', newDraft());
  await until(() => pauses.length === 2);
  expect(seen()).toEqual(['typing']);
  expect(twin.arrivals('thread-2')).toHaveLength(1);
  for (const { ms, end } of pauses.splice(0)) {
    expect(ms).toBe(500);
    end();
  }
  await until(() => pauses.length === 1);
  surface.typing(THREAD);
  expect(seen()).toEqual(['typing', 'Well d']);
  await surface.send(delivery('Well done.'));
  pauses[0]?.end();
  // The next turn begins anew, without what was left over.
  surface.preview(THREAD, 'Next', newDraft());
  await until(() => seen().length === 4);
  expect(seen()).toEqual(['typing', 'Well d', 'reply', 'Next']);
});

test('a glimpse that is under way is taken back when the reply is sent', async () => {
  const { opened, open } = gate();
  const under: AbortSignal[] = [];
  const watched: typeof fetch = (input, init) => {
    if (init?.signal && String(init.body).includes('"preview"')) under.push(init.signal);
    return fetch(input, init);
  };
  const { twin, surface } = await openSurface({ fetch: watched, pause: () => opened });
  twin.misbehave(({ post }) => (post.type === 'preview' ? { kind: 'hang' } : null));
  surface.preview(THREAD, 'Well', newDraft());
  surface.preview(THREAD, 'Well d', newDraft());
  await until(() => twin.arrivals(THREAD).length === 1);
  await surface.send(delivery());
  open();
  expect(under.map(({ aborted }) => aborted)).toEqual([true]);
  surface.preview(THREAD, 'Next', newDraft());
  await until(() => twin.arrivals(THREAD).length === 3);
  expect(twin.arrivals(THREAD).map(({ post }) => post.type)).toEqual(['preview', 'reply', 'preview']);
});

test('a reply that comes at once, or words of it, take the place of the sign of typing', async () => {
  const { twin, surface } = await openSurface();
  surface.typing(THREAD);
  await surface.send(delivery());
  surface.typing('thread-2');
  surface.preview('thread-2', 'Well', newDraft());
  await until(() => twin.arrivals('thread-2').length === 1);
  expect([THREAD, 'thread-2'].flatMap((id) => twin.arrivals(id).map(({ post }) => post.type))).toEqual([
    'reply',
    'preview',
  ]);
});

test('a glimpse that fails is forgotten, and the next one is shown', async () => {
  const { twin, surface } = await openSurface();
  twin.misbehave(({ attempt, post }) =>
    post.type === 'preview' && post.text === 'We' && attempt ? { kind: 'drop' } : null,
  );
  surface.preview(THREAD, 'We', newDraft());
  surface.preview(THREAD, 'Well', newDraft());
  await until(() => twin.arrivals(THREAD).length === 2);
  expect(await surface.send(delivery())).toMatchObject({ ok: true });
});
