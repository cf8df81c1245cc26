import { setTimeout as delay } from 'node:timers/promises';
import type { Person } from '../test/twins/discord/people.ts';
import type { ShownMessage } from '../test/twins/discord/shown.ts';
import type { DiscordTwin } from '../test/twins/discord/twin.ts';
import type { Used } from '../test/twins/discord/used.ts';
import type { Accepted } from './audit.ts';
import type { HeardPart } from './heard.ts';
import { attend, type Desk, type Interactions, type Lessons, type School, waitFor } from './learners.ts';
import { isCutShort } from './model.ts';
import { tokenOf, tokensIn } from './tokens.ts';

/**
 * Learners on the twin of Discord. What they type counts as accepted when Discord has it, whether or not a bot was
 * there to hear of it. A command or a press that nobody acknowledges fails before their eyes, and they try again.
 */

const SERVERS = 10;
const LEARNERS_PER_LESSONS = 0.8;
/** A little longer than Discord waits. */
const ACKNOWLEDGED_MS = 3_200;
/** Then a person tries again. */
const PATIENCE_MS = 15_000;
/** Also who was told at once that it came to nothing does not try again at once. */
const AGAIN_MS = 1_000;

interface Deps extends Lessons {
  twin: DiscordTwin;
  accepted: Accepted[];
  interactions: Interactions;
  /** Acknowledged, and what has to come of them. */
  promised: { what: string; isKept(): boolean }[];
  /** Of the lessons that were opened. */
  threads: string[];
}

export function openDiscordSchool(twin: DiscordTwin, lessons: Lessons): School {
  const interactions = { acknowledged: 0, failed: 0 };
  const deps: Deps = { ...lessons, twin, accepted: [], interactions, promised: [], threads: [] };
  const complaints: string[] = [];
  const people = openServers(deps);
  const desk = (lesson: number, goingHome: AbortSignal) =>
    deskFor(deps, people[lesson % people.length], lesson, goingHome);
  const { goHome } = attend(lessons, desk, (sentence) => void complaints.push(sentence));
  const shown = () =>
    deps.threads.flatMap((thread) =>
      spokenIn(twin, thread).map(({ id, content, createdAt, editedAt }) => {
        return { thread, delivery: id, at: editedAt ?? createdAt, tokens: tokensIn(content) };
      }),
    );
  const areAllAnswered = () => {
    const told = new Set(shown().flatMap(({ tokens }) => tokens));
    return deps.accepted.every(({ token }) => told.has(token)) && deps.promised.every(({ isKept }) => isKept());
  };
  return {
    accepted: deps.accepted,
    interactions,
    async goHome() {
      await goHome();
      // Nothing but its answer shows here that a message was taken.
      await waitFor(areAllAnswered, NEVER);
    },
    shown,
    heard: () => deps.threads.flatMap((thread) => heardIn(twin, thread)),
    complaints: () => [
      ...complaints,
      ...twin.violations,
      ...deps.promised.filter(({ isKept }) => !isKept()).map(({ what }) => `${what} was acknowledged and not answered`),
      ...deps.threads.flatMap((thread) =>
        spokenIn(twin, thread)
          .filter(({ content }) => isCutShort(content))
          .map(({ content }) => `left in part in ${thread}: ${content.slice(0, 60)}`),
      ),
    ],
  };
}

const NEVER = new AbortController().signal;

interface Seat {
  person: Person;
  channelId: string;
}

function openServers({ twin, lessons }: Deps): Seat[] {
  const servers = Array.from({ length: SERVERS }, (_, index) => twin.addGuild({ name: `School ${index}` }));
  const channels = servers.map((server) => server.addChannel({ name: 'tutoring' }).id);
  return Array.from({ length: Math.ceil(lessons.length * LEARNERS_PER_LESSONS) }, (_, index) => {
    const person = servers[index % SERVERS]?.addMember({ name: `Learner ${index}` });
    if (!person) throw new Error('there is no server');
    return { person, channelId: channels[index % SERVERS] ?? '' };
  });
}

function spokenIn(twin: DiscordTwin, thread: string): ShownMessage[] {
  return twin.messages(thread).filter(({ author, attachments }) => author.isBot && attachments.length === 0);
}

/** The file's name tells what it is: the nonce of its reply and part, as replies/nonce.ts makes it. */
const FILE = /^voice-message-([\w-]{22})([\da-z]+)\.ogg$/;

function heardIn(twin: DiscordTwin, thread: string): HeardPart[] {
  const files = twin.messages(thread).flatMap(({ attachments }) => attachments);
  return files.flatMap(({ filename }) => {
    const [, id, part] = FILE.exec(filename) ?? [];
    if (!id || !part) return [];
    const hex = Buffer.from(id, 'base64url').toString('hex');
    return { thread, utterance: hex, part: Number.parseInt(part, 36) };
  });
}

/** Somebody who listens: one in so many lessons. */
const LISTENS = 5;

async function listen(deps: Deps, person: Person, thread: string, goingHome: AbortSignal): Promise<void> {
  const isOn = () => spokenIn(deps.twin, thread).some(({ content }) => content.includes('My voice is on'));
  while (!isOn() && !goingHome.aborted) {
    const used = await use(deps, () => person.runs({ id: thread }, 'tutor voice', { speak: 'on' }));
    if (used) await waitFor(isOn, goingHome, PATIENCE_MS);
  }
}

function deskFor(deps: Deps, seat: Seat | undefined, lesson: number, goingHome: AbortSignal): Desk {
  if (!seat) throw new Error('there is no seat');
  const { twin, dice, accepted } = deps;
  const { person } = seat;
  let thread = '';
  const spoken = () => spokenIn(twin, thread);
  return {
    async open() {
      for (let attempt = 1; thread === '' && !goingHome.aborted; attempt += 1) {
        if (attempt > 1) await delay(AGAIN_MS);
        thread = (await startLesson(deps, seat, `tides, lesson ${lesson}, try ${attempt}.`, goingHome)) ?? '';
      }
      if (thread !== '') await approve(deps, person, thread, goingHome);
      if (thread !== '' && lesson % LISTENS === 0) await listen(deps, person, thread, goingHome);
    },
    async write(number) {
      const token = tokenOf(lesson, number);
      person.says({ id: thread }, `And why is it so at this place? ${token}`);
      accepted.push({ thread, token, at: Date.now() });
    },
    isAnswered: (number) => spoken().some(({ content }) => tokensIn(content).includes(tokenOf(lesson, number))),
    async between() {
      if (!dice.chance(0.3)) return;
      const used = await use(deps, () => person.runs({ id: thread }, 'tutor progress'));
      if (!used) return;
      const isKept = () => used.replies().length > 0 || after(used, spoken()).some(({ embeds }) => embeds.length > 0);
      deps.promised.push({ what: `/tutor progress in ${thread}`, isKept });
      await waitFor(isKept, goingHome, PATIENCE_MS);
    },
  };
}

/** Resolves with its thread, whose name tells the topic; null where nothing came of it. */
async function startLesson(
  deps: Deps,
  { person, channelId }: Seat,
  topic: string,
  goingHome: AbortSignal,
): Promise<string | null> {
  const find = () => deps.twin.threads(channelId).find((thread) => thread.name().includes(topic))?.id ?? null;
  const used = await use(deps, () => person.runs({ id: channelId }, 'tutor start', { topic }));
  if (!used) return null;
  const isKept = () => used.replies().length > 0 || find() !== null;
  deps.promised.push({ what: `/tutor start of "${topic}"`, isKept });
  await waitFor(isKept, goingHome, PATIENCE_MS);
  const thread = find();
  if (thread) deps.threads.push(thread);
  return thread;
}

/** Until the lesson has begun. */
async function approve(deps: Deps, person: Person, thread: string, goingHome: AbortSignal): Promise<void> {
  const spoken = () => spokenIn(deps.twin, thread);
  const plan = () => spoken().find(({ components }) => JSON.stringify(components).includes('|approve|'));
  const hasBegun = () => spoken().some(({ content }) => content.startsWith('We begin.') && !isCutShort(content));
  await waitFor(() => plan() !== undefined, goingHome);
  while (!hasBegun() && !goingHome.aborted) {
    const used = await use(deps, () => person.presses(plan() ?? { id: '' }, 'Start'));
    if (!used) continue;
    const isKept = () => used.replies().length > 0 || after(used, spoken()).length > 0;
    deps.promised.push({ what: `a press of "Start" in ${thread}`, isKept });
    await waitFor(hasBegun, goingHome, PATIENCE_MS);
  }
}

/** What was said after somebody did something: ids on Discord grow. */
function after({ id }: Used, messages: readonly ShownMessage[]): ShownMessage[] {
  return messages.filter((message) => BigInt(message.id) > BigInt(id));
}

/** Null when it failed before the person's eyes. */
async function use({ interactions }: Deps, act: () => Used): Promise<Used | null> {
  const used = act();
  const isInTime = used.acknowledged.then(({ late }) => !late);
  if (await Promise.race([isInTime, delay(ACKNOWLEDGED_MS, false)])) {
    interactions.acknowledged += 1;
    return used;
  }
  interactions.failed += 1;
  return null;
}
