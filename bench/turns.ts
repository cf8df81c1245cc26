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

/** A school to measure, and the least that its turns could cost. */
export interface Subject {
  school: School;
  bareLoop: BareLoop;
  queueHop: () => Promise<number[]>;
  /** What its queues run on: `on redis`. */
  where: string;
  /** False: what is counted rather than timed is known, and does not depend on where. */
  counts: boolean;
}

export async function measureTurns(subject: Subject, plan: TurnPlan, report: Report): Promise<void> {
  const { school, where } = subject;
  const deep = await openMany(school, plan.lessons);
  const grown = await growDeep(school, deep);
  report(figure(`cpu per turn ${where}`, grown.cpuMs, 'ms'));
  if (subject.counts) for (const figure of grown.counts) report(figure);
  const middle = await openMany(school, plan.lessons);
  await growTogether(middle, 100);
  const samples = await sampleTurns(school, subject.bareLoop, { middle, deep }, plan.rounds);
  for (const figure of figuresOf(samples, await subject.queueHop(), where)) report(figure);
}

function figuresOf({ turns, unnudged, bare }: Samples, hops: number[], where: string): Figure[] {
  const all = DEPTHS.flatMap((depth) => turns[depth]);
  const acceptance = all.map(({ acceptMs }) => acceptMs);
  const whole = all.map(({ acceptMs, overheadMs }) => acceptMs + overheadMs);
  const overheads = (depth: Depth) => turns[depth].map(({ overheadMs }) => overheadMs);
  const first = median(overheads(1));
  const ratio = (what: string, value: number) => figure(`${what} ${where}`, value, 'times');
  return [
    ...spread('accept', acceptance, ` ${where}`),
    ...spread('accept tx', unnudged, ` ${where}`),
    ...DEPTHS.flatMap((depth) => spread('turn overhead', overheads(depth), ` at turn ${depth} ${where}`)),
    ...spread('message to reply', whole, ` ${where}`),
    figure(`statements to reply ${where}`, median(all.map(({ statements }) => statements)), 'count'),
    ...spread('bare loop', bare, ` ${where}`),
    ...spread('queue hop', hops, ` ${where}`),
    ratio('turn overhead at turn 1 to bare loop', first / median(bare)),
    ratio('turn overhead at turn 1 to bare loop and queue hop', first / (median(bare) + median(hops))),
    ratio('turn overhead at turn 500 to turn 1', median(overheads(500)) / first),
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
async function growDeep(school: School, lessons: readonly Lesson[]): Promise<{ cpuMs: number; counts: Figure[] }> {
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
  const counts = [
    figure('stored per turn', grown / (400 * lessons.length), 'bytes'),
    figure('state document at turn 500', median(state), 'bytes'),
    figure('prompt tokens at turn 5', tokensEarly, 'tokens'),
    figure('prompt tokens at turn 500', tokensLate, 'tokens'),
  ];
  return { cpuMs: (user + system) / 1000 / (399 * lessons.length), counts };
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
