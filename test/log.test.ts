import { describe, expect, test } from 'vitest';
import { recordedLog } from './support/log.ts';

const SECRET = 'hunter2-hunter2';

/** What a line is written from; none may hold the secret afterwards. */
const LINES: [string, (log: ReturnType<typeof recordedLog>['log']) => void][] = [
  ['a field', (log) => log.info({ apiKey: SECRET }, 'x')],
  ['a field in snake case', (log) => log.info({ api_key: SECRET, access_token: SECRET }, 'x')],
  ['a field in capitals', (log) => log.info({ OPENAI_API_KEY: SECRET, CHAT_WEBHOOK_SECRET: SECRET }, 'x')],
  ['a list of keys', (log) => log.info({ config: { model: { apiKeys: [SECRET, SECRET] } } }, 'x')],
  ['a field far down', (log) => log.info({ a: { b: { c: [{ d: { boardPassword: SECRET } }] } } }, 'x')],
  ['headers', (log) => log.info({ request: { headers: { Authorization: `Bearer ${SECRET}`, Cookie: SECRET } } }, 'x')],
  ['a header of an answer', (log) => log.info({ headers: { 'set-cookie': [SECRET], 'x-api-key': SECRET } }, 'x')],
  ['an object of secrets', (log) => log.info({ credentials: { user: 'tutor', pass: SECRET } }, 'x')],
  ['a postgres URL in a field', (log) => log.info({ url: `postgres://tutor:${SECRET}@db:5432/tutor` }, 'x')],
  ['a postgres URL in a message', (log) => log.info(`cannot reach postgresql://tutor:${SECRET}@db/tutor, retrying`)],
  ['a redis URL without a user', (log) => log.info(`cannot reach rediss://:${SECRET}@cache:6379`)],
  ['a URL whose password has an @', (log) => log.info(`cannot reach redis://u:p@${SECRET}@cache:6379/0`)],
  ['a URL whose password has a /', (log) => log.info(`Invalid URL: postgres://tutor:a/b?${SECRET}@db/tutor`)],
  ['the text of an error', (log) => log.error({ err: new Error(`postgres://tutor:${SECRET}@db`) }, 'x')],
  ['an error by itself', (log) => log.error(new Error(`postgres://tutor:${SECRET}@db`))],
  ['an error with a request', (log) => log.error({ err: Object.assign(new Error('x'), { config: { SECRET } }) }, 'x')],
  ['a bearer in a message', (log) => log.warn(`sent Authorization: Bearer ${SECRET}`)],
  ['a key in a message', (log) => log.warn(`Incorrect API key provided: sk-${SECRET}`)],
  ['a query', (log) => log.warn({ path: `/x?a=1&api_key=${SECRET}&b=2` }, 'x')],
  ['the ids of a child', (log) => log.child({ token: SECRET }).info('x')],
];

describe('the log', () => {
  test.each(LINES)('hides secrets: %s', (_where, write) => {
    const { log, text, lines } = recordedLog();
    write(log);
    expect(lines()).toHaveLength(1);
    expect(text()).not.toContain(SECRET);
  });

  test('keeps what a reader needs', () => {
    const { log, lines } = recordedLog();
    log.child({ lessonId: 'lesson-1' }).child({ turnId: 'turn-1' }).warn({ inputTokens: 12, attempts: 3 }, 'put off');
    log.info({ url: 'postgres://db:5432/tutor' }, 'connected to postgres://tutor@db:5432/tutor at 10:30, ada@school');
    log.error({ err: Object.assign(new TypeError('redis://:pw@cache is down'), { code: 'ECONNREFUSED' }) }, 'x');
    expect(lines()).toMatchObject([
      { level: 40, lessonId: 'lesson-1', turnId: 'turn-1', inputTokens: 12, attempts: 3, msg: 'put off' },
      { url: 'postgres://db:5432/tutor', msg: 'connected to postgres://tutor@db:5432/tutor at 10:30, ada@school' },
      {
        err: {
          name: 'TypeError',
          message: 'redis://:[hidden]@cache is down',
          code: 'ECONNREFUSED',
          stack: expect.any(String),
        },
      },
    ]);
    expect(lines()[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  test('never holds what learners wrote', () => {
    const { log, text } = recordedLog();
    log.warn(
      { lessonId: 'lesson-1', message: { text: 'I am Ada' }, input: ['I am Ada'], reply: { body: 'I am Ada' } },
      'x',
    );
    // As the database reports a row that breaks a rule.
    log.error({ err: Object.assign(new Error('a rule'), { detail: 'Failing row: I am Ada', where: 'I am Ada' }) }, 'x');
    expect(text()).not.toContain('Ada');
  });
});
