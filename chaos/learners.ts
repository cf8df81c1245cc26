import { setTimeout as delay } from 'node:timers/promises';
import type { Accepted, Shown } from './audit.ts';
import type { Dice } from './dice.ts';
import type { HeardPart } from './heard.ts';

/** Scripted learners, as far as they are the same on every platform. */

/** What people did with commands, buttons and forms. */
export interface Interactions {
  acknowledged: number;
  /** Not acknowledged within three seconds, so that the person saw it fail. */
  failed: number;
}

export interface School {
  /** Messages that the tutor has promised to answer, in order within each thread. */
  accepted: readonly Accepted[];
  /** Nobody writes anything new. Resolves when all that was written has been taken. */
  goHome(): Promise<void>;
  /** Null: there are none. */
  interactions: Interactions | null;
  /** What people see in the lessons, in order within each. */
  shown(): Shown[];
  /** What can be listened to there, in order within each lesson; absent: nobody listens. */
  heard?(): HeardPart[];
  /** What is not as it has to be, a sentence each: none are expected. To be asked at the end. */
  complaints(): string[];
}

/** A learner's place in a lesson. */
export interface Desk {
  /** Begins the lesson. Resolves when something can be written in it, or when it is time to go home. */
  open(): Promise<void>;
  /** Resolves when it was taken. */
  write(number: number): Promise<void>;
  isAnswered(number: number): boolean;
  /** What people do between a reply and their next message. */
  between(): Promise<void>;
}

export interface Lessons {
  dice: Dice;
  /** Their numbers, which are their own in the whole run. */
  lessons: readonly number[];
  /** Between an answer and the next message, on average. */
  thinkMs: number;
}

/** Holds the lessons until it is called off. `onError` hears of a learner who had to give up. */
export function attend(
  { dice, lessons, thinkMs }: Lessons,
  deskFor: (lesson: number, goingHome: AbortSignal) => Desk,
  onError: (sentence: string) => void,
): { goHome(): Promise<void> } {
  const goingHome = new AbortController();
  const { signal } = goingHome;
  const everybody = lessons.map((lesson) =>
    learn(deskFor(lesson, signal), dice, thinkMs, signal).catch((error) => onError(`lesson ${lesson}: ${error}`)),
  );
  return {
    async goHome() {
      goingHome.abort();
      await Promise.all(everybody);
    },
  };
}

/** Each message is written after the one before it was taken, and most of them only after the reply. */
async function learn(desk: Desk, dice: Dice, thinkMs: number, goingHome: AbortSignal): Promise<void> {
  await think(thinkMs, goingHome);
  await desk.open();
  for (let number = 1; !goingHome.aborted; ) {
    const burst = dice.chance(0.7) ? 1 : dice.chance(0.6) ? 2 : 3;
    for (let each = 0; each < burst; each += 1, number += 1) await desk.write(number);
    await waitFor(() => desk.isAnswered(number - 1), goingHome);
    await desk.between();
    await think(dice.between(0.3, 1.7) * thinkMs, goingHome);
  }
}

async function think(ms: number, goingHome: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: goingHome }).catch(() => {});
}

/** Until it is so, or too late, or time to go home; returns whether it is so. */
export async function waitFor(
  isSo: () => boolean,
  goingHome: AbortSignal,
  patienceMs = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (!isSo()) {
    if (goingHome.aborted || performance.now() > deadline) return false;
    await delay(200);
  }
  return true;
}
