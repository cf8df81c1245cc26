import type { ChatMessage, ChatTwin } from '../test/twins/chat.ts';
import type { Accepted } from './audit.ts';
import { attend, type Desk, type Lessons, type School } from './learners.ts';
import { tokenOf, tokensIn } from './tokens.ts';

/** Learners on the chat twin. A message counts as accepted when it was taken, as docs/webhook.md has it. */

const WORKSPACES = 20;
/** Some learners have two lessons at the same time. */
const LEARNERS_PER_LESSONS = 0.8;
/** More replies than come between two looks. */
const LATEST = 8;

interface Deps extends Lessons {
  chat: ChatTwin;
  accepted: Accepted[];
  complaints: string[];
}

export function openWebhookSchool(chat: ChatTwin, lessons: Lessons): School {
  const deps: Deps = { ...lessons, chat, accepted: [], complaints: [] };
  const { goHome } = attend(
    lessons,
    (lesson) => deskFor(deps, lesson),
    (sentence) => void deps.complaints.push(sentence),
  );
  const threads = lessons.lessons.map(threadOf);
  return {
    accepted: deps.accepted,
    goHome,
    interactions: null,
    shown: () =>
      threads.flatMap((thread) =>
        chat.shown(thread).map(({ delivery, reply, at }) => ({ thread, delivery, at, tokens: tokensIn(reply.text) })),
      ),
    complaints: () => [...deps.complaints, ...chat.complaints],
  };
}

/** Replies that came more than once and were shown once. */
export function repeatedSends(chat: ChatTwin, { lessons }: Lessons): number {
  return lessons.flatMap((lesson) => chat.arrivals(threadOf(lesson))).filter(({ attempt }) => attempt > 1).length;
}

function threadOf(lesson: number): string {
  return `thread-${lesson}`;
}

function deskFor(deps: Deps, lesson: number): Desk {
  const learner = lesson % Math.ceil(deps.lessons.length * LEARNERS_PER_LESSONS);
  const message = (number: number, text: string): ChatMessage => ({
    message: { id: `${number}`, text },
    thread: { id: threadOf(lesson) },
    learner: { id: `learner-${learner}`, name: `Learner ${learner}` },
    workspace: { id: `school-${learner % WORKSPACES}`, name: `School ${learner % WORKSPACES}` },
  });
  const shown = deps.chat.shown(threadOf(lesson));
  return {
    open() {
      const topic = `tides at the shore ${tokenOf(lesson, 0)}`;
      const start = { topic, mode: 'course', character: 'friendly', autostart: true };
      return write(deps, { ...message(0, ''), start }, lesson, 0);
    },
    write(number) {
      const text = `And why is it so at this place? ${tokenOf(lesson, number)}`;
      return write(deps, message(number, text), lesson, number);
    },
    isAnswered(number) {
      return shown.slice(-LATEST).some(({ reply }) => tokensIn(reply.text).includes(tokenOf(lesson, number)));
    },
    async between() {},
  };
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
