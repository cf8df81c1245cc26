import { setTimeout as delay } from 'node:timers/promises';
import type { ChatMessage, ChatTwin } from '../test/twins/chat.ts';
import type { Accepted } from './audit.ts';
import type { Dice } from './dice.ts';
import { tokenOf, tokensIn } from './tokens.ts';

/**
 * Scripted learners on the chat twin. Each message is written after the one before it was taken, as docs/webhook.md
 * asks it of a platform, and most of them only after the reply.
 */
export interface School {
  /** Messages that the tutor has promised to answer, in order within each thread. */
  accepted: readonly Accepted[];
  /** Refusals for good, and messages that were stored twice: none are expected. */
  complaints: readonly string[];
  /** Nobody writes anything new. Resolves when all that was written has been taken. */
  goHome(): Promise<void>;
}

const WORKSPACES = 20;
/** Some learners have two lessons at the same time. */
const LEARNERS_PER_LESSONS = 0.8;
/** More replies than come between two looks. */
const LATEST = 8;

interface Deps {
  chat: ChatTwin;
  dice: Dice;
  thinkMs: number;
  accepted: Accepted[];
  complaints: string[];
  goingHome: AbortSignal;
}

export function openSchool(
  chat: ChatTwin,
  dice: Dice,
  { lessons, thinkMs }: { lessons: number; thinkMs: number },
): School {
  const goingHome = new AbortController();
  const deps: Deps = { chat, dice, thinkMs, accepted: [], complaints: [], goingHome: goingHome.signal };
  const everybody = Array.from({ length: lessons }, (_, lesson) =>
    learn(deps, lesson, lessons).catch((error) => void deps.complaints.push(`lesson ${lesson}: ${error}`)),
  );
  return {
    accepted: deps.accepted,
    complaints: deps.complaints,
    async goHome() {
      goingHome.abort();
      await Promise.all(everybody);
    },
  };
}

export function threadOf(lesson: number): string {
  return `thread-${lesson}`;
}

async function learn(deps: Deps, lesson: number, lessons: number): Promise<void> {
  const { dice, goingHome } = deps;
  const learners = Math.ceil(lessons * LEARNERS_PER_LESSONS);
  const learner = lesson % learners;
  const message = (number: number, more: { text?: string; start?: object }): ChatMessage => ({
    message: { id: `${number}`, text: more.text ?? '' },
    thread: { id: threadOf(lesson) },
    learner: { id: `learner-${learner}`, name: `Learner ${learner}` },
    workspace: { id: `school-${learner % WORKSPACES}`, name: `School ${learner % WORKSPACES}` },
    ...(more.start && { start: more.start }),
  });
  await think(deps, deps.thinkMs);
  const topic = `tides at the shore ${tokenOf(lesson, 0)}`;
  await write(
    deps,
    message(0, { start: { topic, mode: 'course', character: 'friendly', autostart: true } }),
    lesson,
    0,
  );
  for (let number = 1; !goingHome.aborted; ) {
    const burst = dice.chance(0.7) ? 1 : dice.chance(0.6) ? 2 : 3;
    for (let each = 0; each < burst; each += 1, number += 1) {
      const text = `And why is it so at this place? ${tokenOf(lesson, number)}`;
      await write(deps, message(number, { text }), lesson, number);
    }
    await answered(deps, lesson, tokenOf(lesson, number - 1));
    await think(deps, dice.between(0.3, 1.7) * deps.thinkMs);
  }
}

/** Some platforms post a message several times, at once or again later. */
async function write(deps: Deps, message: ChatMessage, lesson: number, number: number): Promise<void> {
  const { chat, dice, accepted, complaints } = deps;
  const copies = dice.chance(0.1) ? 2 : dice.chance(0.03) ? 3 : 1;
  const { status, answer } = await chat.post(message, copies);
  if (status !== 202) complaints.push(`message ${tokenOf(lesson, number)} was refused: ${JSON.stringify(answer)}`);
  else accepted.push({ thread: threadOf(lesson), token: tokenOf(lesson, number), at: Date.now() });
  if (!dice.chance(0.05)) return;
  const again = await chat.post(message);
  if (again.answer.created !== false) complaints.push(`message ${tokenOf(lesson, number)} was taken twice`);
}

async function think({ goingHome }: Deps, ms: number): Promise<void> {
  await delay(ms, undefined, { signal: goingHome }).catch(() => {});
}

/** Waits for the answer, or for the time to go home. */
async function answered({ chat, goingHome }: Deps, lesson: number, token: string): Promise<void> {
  const shown = chat.shown(threadOf(lesson));
  while (!goingHome.aborted && !shown.slice(-LATEST).some(({ reply }) => tokensIn(reply.text).includes(token))) {
    await delay(100);
  }
}
