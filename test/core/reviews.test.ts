import { expect, test } from 'vitest';
import { type LessonState, newLesson, type Step } from '../../src/core/lesson.ts';
import { newStep } from '../../src/core/plan.ts';
import { reviewPlan, reviewsDue } from '../../src/core/reviews.ts';
import { summaryText } from '../../src/core/summary.ts';

const step = (title: string, more: Partial<Step> = {}): Step => ({
  ...newStep({ id: title, title, objective: '', approach: '', criteria: '', source: null, needed: 2 }),
  status: 'completed',
  ...more,
});
const mastery = (alpha: number, beta: number) => ({ mastery: { alpha, beta } });

/** A lesson that is over, with a step that sits and one that does not. */
const lesson = (topic: string | null, more: Partial<LessonState> = {}): LessonState => ({
  ...newLesson(),
  phase: 'completed',
  preferences: { ...newLesson().preferences, topic },
  steps: [step('sits', mastery(3, 1)), step('shaky', mastery(2, 2))],
  ...more,
});

test.each<[string, Partial<Step>, number | null]>([
  ['two right answers without help', mastery(3, 1), 3],
  ['one of three right', mastery(2, 3), 1],
  ['one right where one is enough', { needed: 1, ...mastery(2, 1) }, 3],
  ['one right where two are needed', mastery(2, 1), 1],
  ['all right, and then blocked', { status: 'blocked', ...mastery(9, 1) }, 1],
  ['skipped', { status: 'skipped', ...mastery(9, 1) }, 1],
  ['under way, and right so far', { status: 'in_progress', ...mastery(9, 1) }, 3],
  ['never met', { status: 'pending' }, null],
])('a step: %s', (_, more, inDays) => {
  const reviews = reviewPlan(lesson('maths', { steps: [step('a', more)] }));
  expect(reviews).toEqual(inDays === null ? [] : [{ title: 'a', inDays }]);
});

test('what is shaky comes first, and else all stays in the order of the plan', () => {
  const steps = [
    step('a', mastery(3, 1)),
    step('b', mastery(1, 1)),
    step('c', mastery(3, 1)),
    step('d', { status: 'skipped' }),
  ];
  expect(reviewPlan(lesson('maths', { steps })).map(({ title }) => title)).toEqual(['b', 'd', 'a', 'c']);
  expect(summaryText(lesson('maths', { steps }))).toContain(
    '**What to review, and when:**\n- tomorrow: b; d\n- in three days: a; c',
  );
  expect(summaryText(lesson('maths', { steps: [] }))).not.toContain('review');
});

const at = (time: string) => new Date(`2026-03-${time}Z`);
const dueAt = (now: string, ...lessons: [string, LessonState][]) =>
  reviewsDue(
    lessons.map(([time, state]) => ({ state, lastUsedAt: at(time) })),
    at(now),
  );

test.each([
  ['10T20:00:00', '10T23:59:59', []],
  ['10T23:59:00', '11T06:00:00', ['shaky']],
  ['10T20:00:00', '12T23:59:59', ['shaky']],
  ['10T20:00:00', '13T00:00:00', ['shaky', 'sits']],
  ['01T00:00:00', '31T23:59:59', ['shaky', 'sits']],
])('of a lesson at %s, at %s there is due: %s', (used, now, titles) => {
  expect(dueAt(now, [used, lesson('maths')])).toEqual(titles.length > 0 ? [{ topic: 'maths', titles }] : []);
});

test('nothing is due for ever', () => {
  const old = { state: lesson('maths'), lastUsedAt: new Date('2026-01-01T00:00:00Z') };
  expect(reviewsDue([old], new Date('2026-01-31T00:00:00Z'))).toHaveLength(1);
  expect(reviewsDue([old], new Date('2026-02-01T00:00:00Z'))).toEqual([]);
});

test('a lesson that goes on, or that had no topic, is not due', () => {
  expect(dueAt('20T00:00:00', ['10T00:00:00', lesson('maths', { phase: 'teaching' })])).toEqual([]);
  expect(dueAt('20T00:00:00', ['10T00:00:00', lesson(null)])).toEqual([]);
  expect(dueAt('20T00:00:00', ['10T00:00:00', lesson('maths', { phase: 'ended' })])).toHaveLength(1);
});

test('of a topic the newest lesson counts, however it was written; the longest due is first', () => {
  const [newer, older] = [lesson('Maths ', { steps: [step('new')] }), lesson('maths')];
  const due = dueAt('20T00:00:00', ['15T00:00:00', newer], ['12T00:00:00', lesson('art')], ['10T00:00:00', older]);
  expect(due.map(({ topic, titles }) => [topic, titles])).toEqual([
    ['art', ['shaky', 'sits']],
    ['Maths ', ['new']],
  ]);
  // Who is at it again reviews it.
  const again = lesson('maths', { phase: 'teaching' });
  expect(dueAt('20T00:00:00', ['19T00:00:00', again], ['10T00:00:00', older])).toEqual([]);
});
