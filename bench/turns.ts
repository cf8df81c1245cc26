import { setTimeout as delay } from 'node:timers/promises';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { stateBytes, storedBytes } from './counters.ts';
import { type Figure, figure, median, type Report, spread } from './figures.ts';
import type { Lesson, School, Turn } from './lesson.ts';
import type { BareLoop } from './probes.ts';
import { replyAt } from './script.ts';

/** What a turn costs early and late in a lesson. */

export interface TurnPlan {
  /** Lessons that are measured around turn 100, and as many around turn 500. */
  lessons: number;
  /** Samples at each depth. */
  rounds: number;
}

const DEPTHS = [1, 10, 100, 500] as const;
type Depth = (typeof DEPTHS)[number];

export async function measureTurns(school: School, bareLoop: BareLoop, plan: TurnPlan, report: Report): Promise<void> {
  const deep = await openMany(school, plan.lessons);
  for (const figure of await growDeep(school, deep)) report(figure);
  const middle = await openMany(school, plan.lessons);
  await growTogether(middle, 100);
  const samples = await sampleTurns(school, bareLoop, { middle, deep }, plan.rounds);
  for (const figure of figuresOf(samples)) report(figure);
}

function figuresOf({ turns, unnudged, bare }: Samples): Figure[] {
  const all = DEPTHS.flatMap((depth) => turns[depth]);
  const acceptance = all.map(({ acceptMs }) => acceptMs);
  const whole = all.map(({ acceptMs, overheadMs }) => acceptMs + overheadMs);
  const overheads = (depth: Depth) => turns[depth].map(({ overheadMs }) => overheadMs);
  const first = median(overheads(1));
  return [
    ...spread('accept', acceptance),
    ...spread('accept tx', unnudged),
    ...DEPTHS.flatMap((depth) => spread('turn overhead', overheads(depth), `at turn ${depth}`)),
    ...spread('message to reply', whole),
    figure('statements to reply', median(all.map(({ statements }) => statements)), 'count'),
    ...spread('bare loop', bare),
    figure('turn overhead at turn 1 to bare loop', first / median(bare), 'times'),
    figure('turn overhead at turn 500 to turn 1', median(overheads(500)) / first, 'times'),
  ];
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
  const cpu = process.cpuUsage();
  await growTogether(lessons, 499);
  const { user, system } = process.cpuUsage(cpu);
  const tokensLate = await promptTokensAt(school, lessons, 500);
  await growTogether(lessons, 500);
  const grown = (await storedBytes(db)) - before;
  const state = await stateBytes(
    db,
    lessons.map(({ id }) => id),
  );
  return [
    figure('cpu per turn', (user + system) / 1000 / (399 * lessons.length), 'ms'),
    figure('stored per turn', grown / (400 * lessons.length), 'bytes'),
    figure('state document at turn 500', median(state), 'bytes'),
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
  turns: Record<Depth, Turn[]>;
  /** Accepting without the nudge, in ms. */
  unnudged: number[];
  bare: number[];
}

/** One turn at a time, and each depth in every round, so that whatever else the machine does hits all of them alike. */
async function sampleTurns(
  school: School,
  bareLoop: BareLoop,
  { middle, deep }: { middle: readonly Lesson[]; deep: readonly Lesson[] },
  rounds: number,
): Promise<Samples> {
  const samples: Samples = { turns: { 1: [], 10: [], 100: [], 500: [] }, unnudged: [], bare: [] };
  const measure = async (depth: Depth, lesson: Lesson) => {
    await rest();
    samples.turns[depth].push(await lesson.say(replyAt(depth)));
  };
  for (let round = 0; round < rounds; round += 1) {
    const fresh = await school.openLesson();
    await measure(1, fresh);
    await fresh.growTo(8);
    await rest();
    samples.unnudged.push(await fresh.sayUnnudged(replyAt(9)));
    await measure(10, fresh);
    await measure(100, pick(middle, round));
    await measure(500, pick(deep, round));
    await rest();
    samples.bare.push(await bareLoop.turn(), await bareLoop.turn());
  }
  return samples;
}

/** After the lesson is given back, the queue tidies up and a summary may be made: the next turn must not pay for it. */
async function rest(): Promise<void> {
  await delay(8);
}

function pick(lessons: readonly Lesson[], round: number): Lesson {
  const lesson = lessons[round % lessons.length];
  if (!lesson) throw new Error('there is no lesson to measure');
  return lesson;
}
