import { setTimeout as delay } from 'node:timers/promises';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { type Figure, figure, median, type Report, spread } from './figures.ts';
import type { Lesson, School, TurnTimes } from './lesson.ts';
import { countQueries } from './queries.ts';
import { replyAt } from './script.ts';
import { stateBytes, storedBytes } from './storage.ts';

/** What a turn costs early and late in a lesson. */

export interface TurnPlan {
  /** Lessons that are measured around turn 100, and around turn 500. */
  lessons: number;
  /** Samples at each depth. */
  rounds: number;
}

const DEPTHS = [1, 10, 100, 500] as const;
type Depth = (typeof DEPTHS)[number];

/** Returns the medians of the turns at each depth. */
export async function measureTurns(school: School, plan: TurnPlan, report: Report): Promise<Record<Depth, number>> {
  const deep = await openMany(school, plan.lessons);
  for (const figure of await growDeep(school, deep)) report(figure);
  const middle = await openMany(school, plan.lessons);
  await growTogether(middle, 100);
  const samples = await sampleTurns(school, { middle, deep }, plan.rounds);
  const all = DEPTHS.flatMap((depth) => samples.turns[depth]);
  for (const figure of spread(
    'accept',
    all.map(({ acceptMs }) => acceptMs),
  ))
    report(figure);
  for (const figure of spread('accept tx', samples.withoutNudge)) report(figure);
  const overheads = (depth: Depth) => samples.turns[depth].map(({ overheadMs }) => overheadMs);
  for (const depth of DEPTHS) {
    for (const figure of spread('turn overhead', overheads(depth), `at turn ${depth}`)) report(figure);
  }
  report(figure('queries per turn', median(samples.queries), 'count'));
  return {
    1: median(overheads(1)),
    10: median(overheads(10)),
    100: median(overheads(100)),
    500: median(overheads(500)),
  };
}

async function openMany(school: School, count: number): Promise<Lesson[]> {
  const lessons: Lesson[] = [];
  while (lessons.length < count) lessons.push(await school.openLesson());
  return lessons;
}

/** Nothing is timed while lessons grow, so they may grow side by side. */
async function growTogether(lessons: readonly Lesson[], turns: number): Promise<void> {
  await Promise.all(lessons.map((lesson) => lesson.growTo(turns)));
}

/** Takes lessons to turn 500, and notes on the way what grows with them and what must not. */
async function growDeep(school: School, lessons: readonly Lesson[]): Promise<Figure[]> {
  const { db } = school.runtime;
  const tokensEarly = await promptTokensAt(school, lessons, 5);
  await growTogether(lessons, 100);
  const before = await storedBytes(db);
  await growTogether(lessons, 499);
  const tokensLate = await promptTokensAt(school, lessons, 500);
  await growTogether(lessons, 500);
  const grown = (await storedBytes(db)) - before;
  return [
    figure('stored per turn', grown / (400 * lessons.length), 'bytes'),
    figure(
      'state document at turn 500',
      median(
        await stateBytes(
          db,
          lessons.map(({ id }) => id),
        ),
      ),
      'bytes',
    ),
    figure('prompt tokens at turn 5', tokensEarly, 'tokens'),
    figure('prompt tokens at turn 500', tokensLate, 'tokens'),
  ];
}

/** Takes one lesson through the given turn and counts what a language model would have been sent for it. */
async function promptTokensAt(school: School, lessons: readonly Lesson[], turn: number): Promise<number> {
  const [lesson] = lessons;
  if (!lesson) throw new Error('there is no lesson to take a prompt from');
  await lesson.growTo(turn - 1);
  await lesson.say(replyAt(turn));
  return school.model.lastTeacherPrompt().reduce((sum, { content }) => sum + countTokens(content), 0);
}

interface Samples {
  turns: Record<Depth, TurnTimes[]>;
  /** Of the database transaction alone. */
  withoutNudge: number[];
  /** Statements on all connections, the queue's included, for one turn from message to rest. */
  queries: number[];
}

/** One turn at a time, and each depth in every round, so that whatever else the machine does hits all of them alike. */
async function sampleTurns(
  school: School,
  { middle, deep }: { middle: readonly Lesson[]; deep: readonly Lesson[] },
  rounds: number,
): Promise<Samples> {
  const samples: Samples = { turns: { 1: [], 10: [], 100: [], 500: [] }, withoutNudge: [], queries: [] };
  const counter = countQueries();
  const measure = async (depth: Depth, lesson: Lesson) => {
    await rest();
    counter.reset();
    samples.turns[depth].push(await lesson.say(replyAt(depth)));
    await rest();
    samples.queries.push(counter.count());
  };
  for (let round = 0; round < rounds; round += 1) {
    const fresh = await school.openLesson();
    await measure(1, fresh);
    await fresh.growTo(8);
    await rest();
    samples.withoutNudge.push((await fresh.sayWithoutNudge(replyAt(9))).acceptMs);
    await measure(10, fresh);
    await measure(100, pick(middle, round));
    await measure(500, pick(deep, round));
  }
  counter.stop();
  return samples;
}

/** The queue tidies up after the lesson is given back; the next turn's clock must not pay for it. */
async function rest(): Promise<void> {
  await delay(5);
}

function pick(lessons: readonly Lesson[], round: number): Lesson {
  const lesson = lessons[round % lessons.length];
  if (!lesson) throw new Error('there is no lesson to measure');
  return lesson;
}
