import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { exportLearner, forgetLearner } from '../../src/core/data-rights.ts';
import { COUNTED } from '../../src/core/fairness.ts';
import { readProfile } from '../../src/core/profile.ts';
import { loadPrompts } from '../../src/core/prompts.ts';
import { readSettings } from '../../src/core/settings.ts';
import { summariseLesson } from '../../src/core/summarising.ts';
import { admissible, readBacklog, readPlace, takeNextInLine, unattendedLessons, untold } from '../../src/db/backlog.ts';
import type { Database } from '../../src/db/database.ts';
import { listDeadLetters, retryDeadLetters } from '../../src/db/dead-letters.ts';
import { acceptedBefore } from '../../src/db/inbox.ts';
import { unfinishedLessons } from '../../src/db/lessons.ts';
import { currentLesson, lessonOfThread, recentTopics } from '../../src/db/threads.ts';
import { deliveryOfMessage, isSpoken, requestUtterance, unattendedUtterances } from '../../src/db/utterances.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import { offlineSpeech } from '../../src/external/speech/offline-speech.ts';
import { openClassroom, silentLog, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { failure, watchedModel } from '../support/models.ts';
import { type Plan, watchPlans } from '../support/plans.ts';
import { storeLessons } from '../support/stored-lessons.ts';

/** What is done for every message must cost the same beside a million lessons as beside ten. */

const database = useDatabase();

beforeAll(async () => {
  await storeLessons(database.db, 'elsewhere', 1_000_000);
  await sql`
    insert into utterances (lesson_id, delivery_id, status)
    select lesson_id, id, 'spoken' from deliveries where status = 'sent' limit 1000000`.execute(database.db);
  await sql`analyze utterances`.execute(database.db);
}, 240_000);

const LARGE = 'lessons turns messages deliveries turn_steps events usage learners workspaces utterances'.split(' ');

/** More than is unfinished in the stored lessons, far less than there are lessons. */
const MAX_ROWS = 500;

function offences(plans: readonly Plan[]): string[] {
  const found = plans.flatMap(({ statement, scans }) =>
    scans
      .filter(({ table, how, rowsRead }) => LARGE.includes(table) && (how === 'Seq Scan' || rowsRead > MAX_ROWS))
      .map(({ table, how, index, rowsRead }) => `${how} of ${table} (${index}, ${rowsRead} rows): ${statement}`),
  );
  return [...new Set(found)];
}

/** What the program sends while the work is done, with the plans of the server. */
async function plansOf(work: () => Promise<unknown>): Promise<Plan[]> {
  const plans = watchPlans();
  try {
    await work();
  } finally {
    plans.stop();
  }
  return plans.all;
}

test('accepting and answering messages reads a few rows by index', async () => {
  const model = watchedModel((call) => (call === 3 ? failure('unavailable') : undefined));
  const { runtime, newLearner } = await openClassroom(database.url, { model });
  const plans = await plansOf(async () => {
    const learner = await newLearner({ topic: 'fractions', autostart: true });
    await learner.answerRight();
    await learner.say('why is that so?');
    await learner.say('hint');
    await Promise.all([learner.send('one half'), learner.send('or two quarters')]);
    await learner.settle();
    await learner.say('end');
    await acceptedBefore(runtime.db, { platform: 'terminal', threadId: learner.threadId, messageId: 'unknown' });
    await summarise(runtime.db, learner.threadId);
    await runtime.close();
  });
  expect(statements(plans)).toBeGreaterThan(15);
  expect(offences(plans)).toEqual([]);
});

test('what looks over everything reads what is unfinished, and nothing else', async () => {
  const { db } = database;
  const plans = await plansOf(async () => {
    const { runtime } = await openClassroom(database.url);
    await runtime.close();
    const { workspace_id, learner_id } = await db
      .selectFrom('turns')
      .select(['workspace_id', 'learner_id'])
      .where('status', '=', 'queued')
      .limit(1)
      .executeTakeFirstOrThrow();
    await takeNextInLine(db, workspace_id, learner_id);
    await unattendedLessons(db, ['elsewhere'], 0, 200);
    await admissible(db, ['elsewhere'], { workspace: 50, learner: 2 }, 200);
    await untold(db, ['elsewhere'], 0, 20);
    await unfinishedLessons(db, 'terminal', 'stored-7', 'stored-7-7');
    await lessonOfThread(db, 'terminal', 'stored-7');
    await currentLesson(db, 'terminal', 'stored-7', 'stored-7-7');
    await recentTopics(db, 'terminal', 'stored-7', 'stored-7-7', 25);
    await readSettings(db, 'terminal', 'stored-7');
    await readProfile(db, 'terminal', 'stored-7', 'stored-7-7');
    await exportLearner(db, 'terminal', 'stored-7', 'stored-7-7');
    await forgetLearner(db, 'terminal', 'stored-7', 'stored-7-7');
    await readBacklog(db, 'elsewhere');
    await readPlace(db, workspace_id, COUNTED);
    await listDeadLetters(db);
    await retryDeadLetters(db, [randomUUID()]);
    await retryDeadLetters(db, null);
  });
  expect(offences(plans)).toEqual([]);
});

test('speaking reads a few rows by index, beside a million replies that were spoken', async () => {
  const { db } = database;
  const { runtime, newLearner, surface } = await openClassroom(database.url, { speech: offlineSpeech() });
  const plans = await plansOf(async () => {
    const learner = await newLearner({ topic: 'fractions', autostart: true });
    await learner.say('voice on');
    await until(() => surface.spoken.length > 0);
    const lesson = await db.selectFrom('lessons').select('id').where('thread_id', '=', learner.threadId).execute();
    await until(() => isSpoken(db, lesson[0]?.id ?? ''));
    const { id: sent = '' } = surface.sent.at(-1) ?? {};
    expect(await deliveryOfMessage(db, 'terminal', learner.threadId, sent)).toBe(sent);
    await requestUtterance(db, sent);
    await unattendedUtterances(db, ['elsewhere'], 0, 200);
    await forgetLearner(db, 'terminal', 'school', learner.threadId);
    await runtime.close();
  });
  expect(surface.spoken).toHaveLength(1);
  expect(offences(plans)).toEqual([]);
});

function statements(plans: readonly Plan[]): number {
  return new Set(plans.map(({ statement }) => statement)).size;
}

async function summarise(db: Database, threadId: string): Promise<void> {
  const prompts = await loadPrompts('prompts');
  const { id } = await db
    .selectFrom('lessons')
    .select('id')
    .where('thread_id', '=', threadId)
    .executeTakeFirstOrThrow();
  await summariseLesson({ db, model: offlineModel(), prompts, log: silentLog }, id);
}
