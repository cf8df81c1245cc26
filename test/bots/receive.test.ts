import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { type ReceiveDeps, receive } from '../../src/bots/receive.ts';
import { LAST_PRIORITY } from '../../src/core/fairness.ts';
import type { InboundMessage } from '../../src/core/messages.ts';
import { UserError } from '../../src/errors.ts';
import { openRateLimits, type RateLimits } from '../../src/external/rate-limits.ts';
import { SILENT } from '../../src/telemetry/silent.ts';
import { silentLog } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();

const opened: RateLimits[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((limits) => limits.close()));
});

/** A door that lets so many messages a minute through, and the lessons that were nudged behind it. */
async function door(perMinute: { learner: number; workspace: number }) {
  const limits = await openRateLimits({
    redisUrl: null,
    databaseUrl: database.url,
    log: silentLog,
    patienceMs: 10_000,
  });
  opened.push(limits);
  const name = randomUUID();
  const nudged: string[] = [];
  const limit = (who: 'learner' | 'workspace') =>
    limits.limit(`${name}-${who}`, { points: perMinute[who], seconds: 60 });
  const deps: ReceiveDeps = {
    db: database.db,
    log: silentLog,
    telemetry: SILENT,
    nudger: { nudge: async (_, lessonId) => void nudged.push(lessonId) },
    limits: { learner: limit('learner'), workspace: limit('workspace') },
  };
  return { deps, nudged };
}

function messageOf(learner: string, more: Partial<InboundMessage> = {}): InboundMessage {
  return {
    platform: 'webhook',
    workspace: { id: 'school', name: 'School' },
    learner: { id: learner, name: learner },
    threadId: `thread-of-${learner}`,
    messageId: randomUUID(),
    text: 'three quarters',
    queue: 'nobody',
    ...more,
  };
}

async function refusal(receiving: Promise<unknown>): Promise<UserError> {
  const error = await receiving.then(
    () => null,
    (thrown) => thrown,
  );
  if (!(error instanceof UserError)) throw new Error(`it should have been refused: ${error}`);
  return error;
}

const storedFor = async (learner: string) =>
  database.db
    .selectFrom('messages')
    .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
    .select('messages.text')
    .where('lessons.thread_id', '=', `thread-of-${learner}`)
    .execute();

test('a learner who is too fast is told when to send it again, and nothing is stored', async () => {
  const { deps, nudged } = await door({ learner: 2, workspace: 100 });
  for (let again = 0; again < 2; again++) await receive(deps, messageOf('ada'));
  const error = await refusal(receive(deps, messageOf('ada')));
  expect(error.code).toBe('too_fast');
  expect(error.retryAfterMs).toBeGreaterThan(50_000);
  expect(error.message).toContain(`again in ${Math.ceil((error.retryAfterMs ?? 0) / 1000)} seconds`);
  expect(await storedFor('ada')).toHaveLength(2);
  expect(nudged).toHaveLength(2);
  await receive(deps, messageOf('grace'));
});

test('at the limit, a message that came before is still accepted', async () => {
  const { deps, nudged } = await door({ learner: 1, workspace: 100 });
  const once = messageOf('edsger');
  const accepted = await receive(deps, once);
  await refusal(receive(deps, messageOf('edsger')));
  expect(await receive(deps, once)).toEqual({ ...accepted, created: false, priority: LAST_PRIORITY });
  expect(nudged).toEqual([accepted.lessonId, accepted.lessonId]);
  expect((await refusal(receive(deps, { ...once, threadId: 'another' }))).code).toBe('too_fast');
  expect(await storedFor('edsger')).toHaveLength(1);
});

test('a workspace that is too busy refuses too, and pays nothing for a learner who is too fast', async () => {
  const { deps } = await door({ learner: 2, workspace: 3 });
  for (let again = 0; again < 2; again++) await receive(deps, messageOf('barbara'));
  for (let again = 0; again < 5; again++) {
    expect((await refusal(receive(deps, messageOf('barbara')))).code).toBe('too_fast');
  }
  const known = messageOf('tony');
  const accepted = await receive(deps, known);
  const error = await refusal(receive(deps, messageOf('niklaus')));
  expect(error.code).toBe('too_busy');
  expect(error.message).toMatch(/again in \d+ seconds; nothing before it is lost/);
  expect(await receive(deps, known)).toEqual({ ...accepted, created: false, priority: LAST_PRIORITY });
  await receive(deps, messageOf('donald', { workspace: { id: 'elsewhere', name: 'Elsewhere' } }));
});

test('a text that cannot be read costs nothing, and no limits let everything in', async () => {
  const { deps } = await door({ learner: 1, workspace: 1 });
  expect((await refusal(receive(deps, messageOf('alan', { text: '  ' })))).code).toBe('empty');
  await receive(deps, messageOf('alan'));
  for (let again = 0; again < 3; again++) await receive({ ...deps, limits: null }, messageOf('alan'));
});
