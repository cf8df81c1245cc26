import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accept } from '../../../src/core/accept.ts';
import type { Entitlements } from '../../../src/core/billing/entitlements.ts';
import { admitLesson } from '../../../src/core/billing/lessons.ts';
import { holdVoice } from '../../../src/core/billing/voice-minutes.ts';
import { upsertWorkspace } from '../../../src/db/lessons.ts';
import { readMeters } from '../../../src/db/meters.ts';
import { deleteOpening, finishOpening } from '../../../src/db/openings.ts';
import { limitedTo } from '../../support/billing.ts';
import { useDatabase } from '../../support/database.ts';

const database = useDatabase();

async function place() {
  const workspace = { id: randomUUID(), name: 'School' };
  return { workspace, id: await upsertWorkspace(database.db, 'discord', workspace) };
}

type Place = Awaited<ReturnType<typeof place>>;

/** As bots do: asked for, opened, and counted; or given up. */
async function openLesson({ workspace }: Place, entitlements: Entitlements, fate: 'opened' | 'given up' | 'twice') {
  const { db } = database;
  const id = randomUUID();
  const admitted = await admitLesson({ db, entitlements }, 'discord', workspace, { id, request: {} });
  if (!admitted.ok) return 'refused';
  if (fate === 'given up') await deleteOpening(db, id);
  if (fate === 'given up') return fate;
  const threadId = `thread-${id}`;
  const learner = { id: randomUUID(), name: 'Ada' };
  const message = { platform: 'discord', queue: 'nobody', workspace, learner, threadId, messageId: id } as const;
  await accept(db, { ...message, text: 'fractions' });
  await finishOpening(db, 'discord', id, threadId);
  if (fate === 'twice') {
    await accept(db, { ...message, text: 'fractions' });
    await finishOpening(db, 'discord', id, threadId);
  }
  return 'opened';
}

test('however many ask at once, as many lessons begin as the plan allows, and each counts once', async () => {
  const fates = fc.array(fc.constantFrom('opened', 'opened', 'twice', 'given up'), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 8 }), fates, async (lessonsPerMonth, wishes) => {
      const here = await place();
      const entitlements = limitedTo({ lessonsPerMonth });
      const ends = await Promise.all(wishes.map((fate) => openLesson(here, entitlements, fate)));
      const opened = ends.filter((end) => end === 'opened').length;
      const { lessons = 0 } = await readMeters(database.db, here.id);
      expect(lessons).toBe(opened);
      expect(opened).toBeLessThanOrEqual(lessonsPerMonth);
      // Whoever was refused met a full house, or one that was full while others were about to give up.
      if (!wishes.includes('given up')) expect(opened).toBe(Math.min(lessonsPerMonth, wishes.length));
      const rest = lessonsPerMonth - opened;
      for (let more = 0; more < rest; more += 1) expect(await openLesson(here, entitlements, 'opened')).toBe('opened');
      expect(await openLesson(here, entitlements, 'opened')).toBe('refused');
    }),
    { numRuns: 25 },
  );
});

test('the same wish does not take two places, and is not refused because of itself', async () => {
  const here = await place();
  const entitlements = limitedTo({ lessonsPerMonth: 1 });
  const wish = () =>
    admitLesson({ db: database.db, entitlements }, 'discord', here.workspace, { id: 'wish-1', request: {} });
  expect(await wish()).toEqual({ ok: true, isFirst: true, left: 0 });
  expect(await wish()).toMatchObject({ ok: true, isFirst: false });
});

test('lessons at the same time are limited too, until one is over', async () => {
  const here = await place();
  const entitlements = limitedTo({ lessonsAtOnce: 2 });
  expect(await openLesson(here, entitlements, 'opened')).toBe('opened');
  expect(await openLesson(here, entitlements, 'opened')).toBe('opened');
  const refused = await admitLesson({ db: database.db, entitlements }, 'discord', here.workspace, {
    ...{ id: 'wish-2', request: {} },
  });
  expect(refused).toMatchObject({ ok: false, full: { limit: 'lessonsAtOnce', most: 2 } });
  const one = database.db.selectFrom('lessons').select('id').where('workspace_id', '=', here.id).limit(1);
  await database.db.updateTable('lessons').set({ phase: 'ended' }).where('id', '=', one).execute();
  expect(await openLesson(here, entitlements, 'opened')).toBe('opened');
});

test('a lesson that is almost open takes one place, and not two', async () => {
  const { db } = database;
  const here = await place();
  const entitlements = limitedTo({ lessonsAtOnce: 2 });
  const wish = (id: string) =>
    admitLesson({ db, entitlements }, 'discord', here.workspace, { id: `${here.id}-${id}`, request: {} });
  expect(await wish('1')).toMatchObject({ ok: true });
  const learner = { id: randomUUID(), name: 'Ada' };
  const message = { platform: 'discord', queue: 'nobody', workspace: here.workspace, learner, text: 'hi' } as const;
  await accept(db, { ...message, threadId: `thread-${here.id}`, messageId: here.id });
  expect(await wish('2')).toMatchObject({ ok: true });
  await finishOpening(db, 'discord', `${here.id}-1`, `thread-${here.id}`);
  expect(await wish('3')).toMatchObject({ ok: false, full: { limit: 'lessonsAtOnce' } });
});

test('however many speak at once, no more seconds are spoken than the plan has, and what was not used is given back', async () => {
  const wishes = fc.array(
    fc.record({ asked: fc.integer({ min: 1, max: 40 }), used: fc.integer({ min: 0, max: 40 }) }),
    {
      minLength: 1,
      maxLength: 15,
    },
  );
  await fc.assert(
    fc.asyncProperty(wishes, async (all) => {
      const here = await place();
      const deps = { db: database.db, entitlements: limitedTo({ voiceMinutesPerMonth: 2 }) };
      let spoken = 0;
      await Promise.all(
        all.map(async ({ asked, used }) => {
          const held = await holdVoice(deps, here.id, asked);
          if (!held.ok) return;
          const seconds = Math.min(asked, used);
          spoken += seconds;
          await held.settle(database.db, seconds);
        }),
      );
      expect(spoken).toBeLessThanOrEqual(120);
      expect((await readMeters(database.db, here.id)).voice_seconds ?? 0).toBe(spoken);
      // Nothing is set aside any more: the rest may be had to the last second.
      expect((await holdVoice(deps, here.id, 120 - spoken)).ok).toBe(true);
      expect((await holdVoice(deps, here.id, 1)).ok).toBe(false);
    }),
    { numRuns: 25 },
  );
});

test('where nothing is sold, nothing is limited, and nothing is counted that nobody asks for', async () => {
  const here = await place();
  const held = await holdVoice({ db: database.db }, here.id, 10_000);
  expect(held.ok).toBe(true);
  if (held.ok) await held.settle(database.db, 10_000);
  expect(await readMeters(database.db, here.id)).toEqual({});
});
