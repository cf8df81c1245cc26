import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { webhookApp } from '../../../src/bots/webhook/app.ts';
import { signatureHeaders } from '../../../src/bots/webhook/signature.ts';
import { openDatabase } from '../../../src/db/database.ts';
import { UserError } from '../../../src/errors.ts';
import { SILENT } from '../../../src/telemetry/silent.ts';
import { CHAT_SECRET, chatMessage, listen } from '../../support/chat.ts';
import { silentLog } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';

const database = useDatabase();
const NOW = 1_700_000_000_000;

interface Answer {
  status: number;
  retryAfter: string | null;
  body: unknown;
}

/** A tutor whose clock stands still, and a way to post to it; the nudges that it gave. */
async function openTutor(more: { databaseUrl?: string; nudge?: () => Promise<void> } = {}) {
  const opened = openDatabase(more.databaseUrl ?? database.url, () => {});
  const nudges: string[] = [];
  const nudge = more.nudge ?? (async (_queue: string, lessonId: string) => void nudges.push(lessonId));
  const deps = { db: opened.db, nudger: { nudge }, log: silentLog, telemetry: SILENT, limits: null };
  const app = webhookApp(deps, { url: 'http://unused', secret: CHAT_SECRET }, { now: () => NOW });
  // As a part of a larger server, whose answers to errors are its own.
  const url = await listen(new Hono().onError((_, context) => context.text('other', 500)).route('/', app));
  const post = async (body: object | string, headers?: Record<string, string>): Promise<Answer> => {
    const raw = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${url}/chat/messages`, {
      method: 'POST',
      body: raw,
      headers: headers ?? signatureHeaders(CHAT_SECRET, raw, NOW),
    });
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() };
  };
  return { post, url, nudges, close: opened.close };
}

const error = (code: string, message: unknown = expect.any(String)) => ({ error: { code, message } });

test('a message is accepted, nudged, and accepted once however often it comes', async () => {
  const { post, nudges, close } = await openTutor();
  const message = chatMessage('ada', '', { start: { topic: 'fractions' } });
  const answers = [await post(message), await post(message), await post({ ...message, learner: { id: 'ada' } })];
  const [first] = answers;
  expect(first).toEqual({
    status: 202,
    retryAfter: null,
    body: { lesson: expect.any(String), turn: expect.any(String), created: true },
  });
  for (const again of answers.slice(1)) {
    expect(again).toEqual({ ...first, body: { ...(first?.body as object), created: false } });
  }
  expect(new Set(nudges).size).toBe(1);
  const { count } = await database.db
    .selectFrom('messages')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('platform_message_id', '=', message.message.id)
    .executeTakeFirstOrThrow();
  expect(count).toBe(1);
  await close();
});

test('nothing is accepted without a signature of now', async () => {
  const { post, close } = await openTutor();
  const body = JSON.stringify(chatMessage('eve', 'hello'));
  const attempts = [
    {},
    signatureHeaders('another secret of sixteen', body, NOW),
    signatureHeaders(CHAT_SECRET, body.replace('eve', 'ada'), NOW),
    signatureHeaders(CHAT_SECRET, body, NOW - 301_000),
    signatureHeaders(CHAT_SECRET, body, NOW + 301_000),
  ];
  for (const headers of attempts) {
    expect(await post(body, headers)).toMatchObject({ status: 401, body: error('signature') });
  }
  // It is refused before it is looked at.
  expect(await post('{', {})).toMatchObject({ status: 401 });
  const learner = database.db.selectFrom('learners').select('id').where('external_id', '=', 'eve');
  expect(await learner.execute()).toEqual([]);
  await close();
});

test('a body above 64 KB is refused, whether it says its length or not', async () => {
  const { post, url, close } = await openTutor();
  expect(await post(chatMessage('big', 'x'.repeat(64 * 1024)))).toMatchObject({
    status: 413,
    body: error('too_large'),
  });
  const sending = request(`${url}/chat/messages`, { method: 'POST' });
  const answered = new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    sending.on('error', reject);
    sending.on('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    });
  });
  for (let kilobytes = 0; kilobytes < 65; kilobytes += 1) sending.write('x'.repeat(1024));
  sending.end();
  const { status, body } = await answered;
  expect(status).toBe(413);
  expect(JSON.parse(body)).toEqual(error('too_large'));
  await close();
});

test('what cannot be read is refused for good, and says where', async () => {
  const { post, close } = await openTutor();
  const { thread: _, ...rest } = chatMessage('ada', 'hello');
  expect(await post(rest)).toMatchObject({
    status: 400,
    body: error('invalid', expect.stringMatching(/^thread: /)),
  });
  expect(await post('{"message":')).toMatchObject({ status: 400, body: error('invalid') });
  await close();
});

test('a person is told why not', async () => {
  const { post, close } = await openTutor();
  await post(chatMessage('owner', '', { start: {} }));
  expect(await post(chatMessage('stranger', 'me too', { thread: { id: 'thread-owner' } }))).toMatchObject({
    status: 409,
    body: error('not_your_lesson', expect.stringContaining('belongs to someone else')),
  });
  expect(await post(chatMessage('owner', ' \u0000 '))).toMatchObject({ status: 422, body: error('empty') });
  expect(await post(chatMessage('owner', 'x'.repeat(8_001)))).toMatchObject({ status: 422, body: error('too_long') });
  await close();
});

test('a limit says in whole seconds when to come again', async () => {
  const tooFast = new UserError('too_fast', 'Give me a moment.', 1_200);
  const deps = {
    nudger: { nudge: async () => {} },
    log: silentLog,
    telemetry: SILENT,
    limits: null,
    // Where a limit would be met: within receive.
    get db(): never {
      throw tooFast;
    },
  };
  const app = webhookApp(deps, { url: 'http://unused', secret: CHAT_SECRET }, { now: () => NOW });
  const body = JSON.stringify(chatMessage('fast', 'again'));
  const headers = signatureHeaders(CHAT_SECRET, body, NOW);
  const response = await app.request('/chat/messages', { method: 'POST', body, headers });
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('2');
  expect(await response.json()).toEqual(error('too_fast', 'Give me a moment.'));
});

test('while the database is away the sender is asked to come again, and learns nothing of ours', async () => {
  const { post, close } = await openTutor({ databaseUrl: 'postgres://tutor:hunter2@127.0.0.1:1/gone' });
  const answer = await post(chatMessage('ada', 'hello'));
  expect(answer).toMatchObject({ status: 503, retryAfter: '5', body: error('unavailable') });
  expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|127\.0\.0\.1|ECONN|gone/);
  await close();
});

test('a lost nudge loses no message', async () => {
  const nudge = () => Promise.reject(new Error('the queue is away'));
  const { post, close } = await openTutor({ nudge });
  expect(await post(chatMessage('unheard', 'hello'))).toMatchObject({ status: 202 });
  await close();
});
