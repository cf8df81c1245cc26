import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { exportLearner, forgetLearner } from '../../src/core/data-rights.ts';
import type { Happening } from '../../src/core/happenings.ts';
import { loadPrompts } from '../../src/core/prompts.ts';
import { summariseLesson } from '../../src/core/summarising.ts';
import { customerOf, insertCheckout, setCustomer, setPayer } from '../../src/db/billing-accounts.ts';
import { findLearner, upsertWorkspace } from '../../src/db/lessons.ts';
import { askForNarration, endNarrationOf } from '../../src/db/narrations.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import { SILENT } from '../../src/telemetry/silent.ts';
import { openClassroom, type ScriptedLearner, silentLog, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { recordedLog } from '../support/log.ts';
import { gate, watchedModel } from '../support/models.ts';

/** What a learner may ask of us: all that we know of them, and that we forget it. */

const database = useDatabase();
const forget = (learner: string) => forgetLearner(database.db, 'terminal', 'school', learner);
const exported = (learner: string) => exportLearner(database.db, 'terminal', 'school', learner);

/** Another lesson of somebody, in a thread of its own. */
async function anotherLesson(of: ScriptedLearner, newLearner: () => Promise<ScriptedLearner>) {
  const next = await newLearner();
  const learner = { id: of.threadId, name: 'Ada' };
  await next.say('', { learner, start: { topic: 'fractions', autostart: true } });
  return { thread: next, say: (text: string) => next.say(text, { learner }) };
}

/** The rows, by table, in which one of the words stands anywhere. */
async function tracesOf(words: readonly string[]): Promise<Record<string, number>> {
  const { rows: tables } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%'`.execute(
    database.db,
  );
  const counts = tables.map(async ({ name }) => {
    const { rows } = await sql<{ count: number }>`
      select count(*) from ${sql.table(name)} as found
      where to_jsonb(found)::text like any(${words.map((word) => `%${word}%`)})`.execute(database.db);
    return [name, rows[0]?.count ?? 0] as const;
  });
  return Object.fromEntries((await Promise.all(counts)).filter(([, count]) => count > 0));
}

async function idsOf(learner: string): Promise<string[]> {
  const known = await findLearner(database.db, 'terminal', 'school', learner);
  if (!known) throw new Error('the learner is not known');
  const lessons = await database.db.selectFrom('lessons').select('id').where('learner_id', '=', known.id).execute();
  return [learner, known.id, ...lessons.map(({ id }) => id)];
}

test('everything of a learner is erased, whatever table it is in, and nothing of anybody else', async () => {
  const model = watchedModel();
  const { newLearner, runtime } = await openClassroom(database.url, { model });
  const [gone, stays] = [await newLearner({ topic: 'fractions' }), await newLearner({ topic: 'fractions' })];
  for (const learner of [gone, stays]) {
    await learner.say('approve');
    await learner.answerWrong();
    for (let said = 0; said < 10; said += 1) await learner.say('why is that so?');
    const { id } = await lessonIn(learner.threadId);
    const prompts = await loadPrompts(join(import.meta.dirname, '../../prompts'));
    await summariseLesson({ db: runtime.db, model: offlineModel(), prompts, log: silentLog }, id);
  }
  await (await anotherLesson(gone, newLearner)).say('end');
  for (const { threadId } of [gone, stays]) {
    const wish = { server: threadId, channel: 'room', learner: threadId, lessonId: (await lessonIn(threadId)).id };
    await askForNarration(database.db, 'terminal', wish, { token: randomUUID(), leaseMs: 10_000 });
  }
  const request = { learner: { id: gone.threadId }, topic: 'fractions' };
  for (const [id, who] of [
    ['1', request],
    ['2', { learner: { id: stays.threadId } }],
  ] as const) {
    await database.db
      .insertInto('openings')
      .values({ id, platform: 'terminal', workspace: 'school', request: JSON.stringify(who) })
      .execute();
  }
  const [goneIds, stayIds] = [await idsOf(gone.threadId), await idsOf(stays.threadId)];
  const stayTraces = await tracesOf(stayIds);
  expect(Object.keys(await tracesOf(goneIds)).sort()).toEqual([
    ...[
      'deliveries',
      'events',
      'learners',
      'lessons',
      'messages',
      'narrations',
      'openings',
      'summaries',
      'turns',
      'usage',
    ],
  ]);
  const steps = await tableSize('turn_steps');

  expect(await forget(gone.threadId)).toEqual({ lessons: 2 });
  expect(await tracesOf(goneIds)).toEqual({});
  expect(await tableSize('turn_steps')).toBeLessThan(steps);
  expect(await tracesOf(stayIds)).toEqual(stayTraces);
  expect(await forget(gone.threadId)).toEqual({ lessons: 0 });
  expect(await exported(gone.threadId)).toEqual({
    name: null,
    profile: { wishes: {}, misconceptions: [] },
    lessons: [],
  });
});

const lessonIn = (threadId: string) =>
  database.db.selectFrom('lessons').selectAll().where('thread_id', '=', threadId).executeTakeFirstOrThrow();

async function tableSize(table: 'turn_steps' | 'lessons'): Promise<number> {
  const { count } = await database.db
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

const recorded = recordedLog();
const doors: { open(): void }[] = [];
afterEach(() => {
  for (const door of doors.splice(0)) door.open();
});

test('a turn in hand ends quietly: nothing is said, nothing comes back, and the worker goes on', async () => {
  const door = gate();
  doors.push(door);
  let isCalled = false;
  const model = watchedModel(async (_, request) => {
    if (request.agent !== 'teacher' || !JSON.stringify(request.input).includes('held up')) return undefined;
    isCalled = true;
    await door.opened;
    return undefined;
  });
  const happened: Happening[] = [];
  const telemetry = { ...SILENT, note: (happening: Happening) => void happened.push(happening) };
  const { newLearner } = await openClassroom(database.url, { model, telemetry, log: recorded.log });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const ids = await idsOf(learner.threadId);
  const { length: before } = learner.replies();
  await learner.send('why am I held up?');
  await until(() => isCalled);

  expect(await forget(learner.threadId)).toEqual({ lessons: 1 });
  door.open();
  await until(() => happened.some(({ type }) => type === 'lease_lost'));
  expect(await tracesOf(ids)).toEqual({});
  expect(learner.replies()).toHaveLength(before);
  const complaints = recorded.lines().filter(({ level }) => Number(level) >= 50);
  expect(complaints).toEqual([]);

  expect((await learner.say('', { start: { topic: 'fractions' } })).kind).toBe('plan');
  expect((await exported(learner.threadId)).lessons).toHaveLength(1);
});

test('what a call in hand had cost stays in the sum of the month, and with nobody', async () => {
  const door = gate();
  doors.push(door);
  let isCalled = false;
  const model = watchedModel(async () => {
    isCalled = true;
    await door.opened;
    return undefined;
  });
  const { generate } = model;
  const paid = {
    ...model,
    estimate: () => 0.02,
    generate: (async (request) => {
      const result = await generate(request);
      return result.ok ? { ...result, usage: { ...result.usage, cost: 0.01 } } : result;
    }) as typeof generate,
  };
  const happened: Happening[] = [];
  const { newLearner } = await openClassroom(database.url, {
    model: paid,
    telemetry: { ...SILENT, note: (happening) => void happened.push(happening) },
    budgets: { turn: null, lesson: null, workspaceMonth: 1 },
  });
  const learner = await newLearner();
  const workspace = { id: randomUUID(), name: 'Paying' };
  await learner.send('', { workspace, start: { topic: 'fractions' } });
  await until(() => isCalled);
  await forgetLearner(database.db, 'terminal', workspace.id, learner.threadId);
  door.open();
  await until(() => happened.some(({ type }) => type === 'lease_lost'));
  const month = await database.db
    .selectFrom('workspace_months')
    .innerJoin('workspaces', 'workspaces.id', 'workspace_id')
    .select(['spent', 'reserved', 'workspace_id'])
    .where('external_id', '=', workspace.id)
    .executeTakeFirstOrThrow();
  expect(month).toMatchObject({ spent: 0.01, reserved: 0 });
  const usage = await database.db.selectFrom('usage').select('id').where('workspace_id', '=', month.workspace_id);
  expect(await usage.execute()).toEqual([]);
});

test('forgetting twice at once, in the middle of lessons and of new messages, ends, and with nothing left', async () => {
  const { newLearner } = await openClassroom(database.url);
  const first = await newLearner({ topic: 'fractions', autostart: true });
  const learner = { id: first.threadId, name: 'Ada' };
  const lessons = await Promise.all(Array.from({ length: 5 }, () => anotherLesson(first, newLearner)));
  const threads = [first, ...lessons.map(({ thread }) => thread)];
  const talking = threads.map(async (thread) => {
    // A message may fall into the moment in which its learner is erased: then the platform sends it again.
    for (let sent = 0; sent < 15; sent += 1) await thread.send('why is that so?', { learner }).catch(() => {});
  });
  const counts = await Promise.all([forget(learner.id), forget(learner.id), forget(learner.id)]);
  expect(counts.reduce((sum, { lessons: erased }) => sum + erased, 0)).toBeGreaterThanOrEqual(6);
  await Promise.all(talking);
  await forget(learner.id);
  expect(await findLearner(database.db, 'terminal', 'school', learner.id)).toBeNull();
  expect(await tracesOf([learner.id])).toEqual({});
});

test('the export has all that was said and how it went, in order, and no inner workings', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true, character: 'playful' });
  await learner.answerRight();
  await learner.answerWrong();
  await learner.say('', { action: { type: 'hint' } });
  const waiting = await learner.pending();
  await (await anotherLesson(learner, newLearner)).say('what is a numerator?');
  const { name, profile, lessons } = await exported(learner.threadId);
  expect({ name, profile }).toEqual({ name: 'Ada', profile: { wishes: { character: 'playful' }, misconceptions: [] } });
  const [first, second] = lessons;
  if (!first || !second) throw new Error('there are two lessons');
  const said = first.conversation.map(({ author, text }) => `${author}: ${text}`);
  expect(said[0]).toBe('learner: [start: fractions]');
  expect(said.at(-2)).toBe('learner: [hint]');
  expect(said.at(-1)).toContain('Hint 2 of 3');
  expect(second.conversation.map(({ text }) => text)).toContain('what is a numerator?');
  const times = first.conversation.map(({ at }) => at);
  expect(times).toEqual(times.toSorted());
  expect(first).toMatchObject({ topic: 'Fractions for beginners', phase: 'teaching' });
  expect(first.voiceChannel).toBeNull();
  const wish = { server: learner.threadId, channel: 'room 5', learner: learner.threadId };
  const { id: lessonId } = await lessonIn(learner.threadId);
  await askForNarration(database.db, 'terminal', { ...wish, lessonId }, { token: randomUUID(), leaseMs: 10_000 });
  const [{ voiceChannel } = { voiceChannel: null }] = (await exported(learner.threadId)).lessons;
  expect(voiceChannel).toMatchObject({ channel: 'room 5', status: 'speaking' });
  expect(Date.parse(voiceChannel?.since ?? '')).toBeGreaterThan(Date.now() - 60_000);
  await endNarrationOf(database.db, 'terminal', wish);
  const { steps } = await learner.state();
  expect(first.plan.map(({ title, status, right }) => ({ title, status, right }))).toEqual(
    steps.map(({ title, status, right }) => ({ title, status, right })),
  );
  const text = JSON.stringify(lessons);
  expect(text).toBe(JSON.stringify((await exported(learner.threadId)).lessons));
  for (const secret of [...(await idsOf(learner.threadId)).slice(1), waiting.hints[2], '"answer"', '"judgement"']) {
    expect(text).not.toContain(secret);
  }
});

test('who paid is forgotten, and what was paid is not, nor who else paid', async () => {
  const { db } = database;
  const [payer, other] = [randomUUID(), randomUUID()];
  const school = await upsertWorkspace(db, 'terminal', { id: 'school', name: 'School' });
  const college = await upsertWorkspace(db, 'terminal', { id: 'college', name: 'College' });
  await setCustomer(db, school, 'cus_school');
  await setPayer(db, school, payer);
  await insertCheckout(db, school, payer);
  await setPayer(db, college, other);
  await insertCheckout(db, school, other);
  expect(JSON.stringify(await exported(payer))).not.toContain(other);
  await forget(payer);
  expect(await tracesOf([payer])).toEqual({});
  expect(await tracesOf([other])).toEqual({ billing_accounts: 1, checkouts: 1 });
  expect(await customerOf(db, school)).toBe('cus_school');
});
