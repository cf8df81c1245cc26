import { setTimeout as delay } from 'node:timers/promises';
import type { Person } from '../test/twins/slack/people.ts';
import type { ShownMessage } from '../test/twins/slack/shown.ts';
import type { ChannelHandle } from '../test/twins/slack/teams.ts';
import type { SlackTwin } from '../test/twins/slack/twin.ts';
import type { Used } from '../test/twins/slack/used.ts';
import type { Accepted } from './audit.ts';
import type { Dice } from './dice.ts';
import { type Desk, type Interactions, waitFor } from './learners.ts';
import { isCutShort, WISH } from './model.ts';
import type { Told } from './slack-told.ts';
import { tokenOf, tokensIn } from './tokens.ts';

/** A learner on the twin of Slack, in one lesson: what they do there, and what they see of it. */

export interface SlackDeps {
  twin: SlackTwin;
  told: Told;
  dice: Dice;
  accepted: Accepted[];
  interactions: Interactions;
  /** Acknowledged, and what has to come of them. */
  promised: { what: string; isKept(): boolean }[];
  /** Of the lessons that were opened. */
  places: SlackPlace[];
}

/** A lesson's thread. */
export interface SlackPlace {
  channelId: string;
  rootTs: string;
  /** By which the audit knows it. */
  thread: string;
}

export interface Seat {
  person: Person;
  channel: ChannelHandle;
  lesson: number;
  hasOneLesson: boolean;
  goingHome: AbortSignal;
}

/** Then a person tries again. */
const PATIENCE_MS = 15_000;
/** Also what fails at once is not tried again at once. */
const AGAIN_MS = 1_000;
/** Longer than Slack takes while it is slow. */
const LATE_MS = 3_000;
const QUESTION = 'And why is it so at this place?';

export function deskFor(deps: SlackDeps, seat: Seat): Desk {
  const { twin, dice } = deps;
  const { lesson, goingHome } = seat;
  let place: SlackPlace | null = null;
  const spoken = () => (place ? spokenIn(twin, place) : []);
  return {
    async open() {
      place = await dice.pick([byCommand, byMention, byDirectMessage])(deps, seat);
      if (place) await approve(deps, seat, place);
    },
    async write(number) {
      if (!place) return;
      const token = tokenOf(lesson, number);
      const text = `${QUESTION} ${token}`;
      const isInForm = seat.hasOneLesson && dice.chance(0.2) && (await writeInForm(deps, seat, place, text));
      if (!isInForm) await type(deps, seat.person.says(place.channelId, text, { threadTs: place.rootTs }));
      deps.accepted.push({ thread: place.thread, token, at: Date.now() });
    },
    isAnswered: (number) => spoken().some((message) => tokensIn(wordsOf(message)).includes(tokenOf(lesson, number))),
    async between() {
      if (place && dice.chance(0.3)) await askForProgress(deps, seat, place, goingHome);
    },
  };
}

/** Of the tutor's messages, those that answer: neither cards, nor what a learner said in a form for all to read. */
export function spokenIn(twin: SlackTwin, { channelId, rootTs }: SlackPlace): ShownMessage[] {
  const said = twin.channel(channelId).thread(rootTs);
  return said.filter((message) => message.author.isBot && !/^(?:card|view)-/.test(keyOf(message)));
}

function keyOf({ metadata }: ShownMessage): string {
  return String(metadata?.event_payload.key ?? '');
}

/** What the tutor says in it. */
export function wordsOf({ blocks }: ShownMessage): string {
  return blocks.flatMap(({ type, text }) => (type === 'markdown' ? [String(text)] : [])).join('\n\n');
}

/** Resolves with its thread, on the card that tells the topic; null where it was time to go home. */
async function byCommand(deps: SlackDeps, { person, channel, lesson, goingHome }: Seat): Promise<SlackPlace | null> {
  for (let attempt = 1; !goingHome.aborted; attempt += 1) {
    const topic = `tides, lesson ${lesson}, try ${attempt}.`;
    const card = () => channel.messages().find(({ author, text }) => author.isBot && text.includes(topic));
    const used = await use(deps, () => person.runs(channel, `/tutor start ${topic}`));
    if (!used) continue;
    const isKept = () => used.replies().length > 0 || card() !== undefined;
    deps.promised.push({ what: `/tutor start ${topic}`, isKept });
    await waitFor(isKept, goingHome, PATIENCE_MS);
    const found = card();
    if (found) return placeOn(deps, found);
    await delay(AGAIN_MS);
  }
  return null;
}

function byMention(deps: SlackDeps, seat: Seat): Promise<SlackPlace> {
  const said = seat.person.says(seat.channel, `<@BOT> ${wishFor(seat)}`);
  return byMessage(deps, seat, said, 'app_mention');
}

function byDirectMessage(deps: SlackDeps, seat: Seat): Promise<SlackPlace> {
  return byMessage(deps, seat, seat.person.writes(wishFor(seat)), 'message');
}

function wishFor({ lesson }: Seat): string {
  return `${WISH} how tides work ${tokenOf(lesson, 0)}`;
}

/** The thread is the one on what they wrote. */
async function byMessage(
  deps: SlackDeps,
  { lesson }: Seat,
  said: ShownMessage,
  event: 'app_mention' | 'message',
): Promise<SlackPlace> {
  const place = placeOn(deps, said);
  await deps.told.taken({ event, ...said });
  deps.accepted.push({ thread: place.thread, token: tokenOf(lesson, 0), at: Date.now() });
  return place;
}

function placeOn({ places }: SlackDeps, { channelId, ts }: ShownMessage): SlackPlace {
  const place = { channelId, rootTs: ts, thread: `${channelId}:${ts}` };
  places.push(place);
  return place;
}

/** Until the lesson has begun. Its plan can be agreed to below the plan itself, and on its card. */
async function approve(deps: SlackDeps, { person, goingHome }: Seat, place: SlackPlace): Promise<void> {
  const { twin, dice, promised } = deps;
  const spoken = () => spokenIn(twin, place);
  const plan = () => spoken().find((message) => hasButton(message, 'approve'));
  const card = () => cardIn(twin, place, 'approve');
  const hasBegun = () => spoken().some(isBeginning);
  await waitFor(() => plan() !== undefined, goingHome);
  while (!hasBegun() && !goingHome.aborted) {
    const pressed = (dice.chance(0.3) ? card() : undefined) ?? plan();
    if (!pressed) return;
    const used = await use(deps, () => person.presses(pressed, 'lesson:approve'));
    if (!used) continue;
    const isKept = () => used.replies().length > 0 || after(used, spoken()).length > 0;
    promised.push({ what: `a press of "Start" in ${place.thread}`, isKept });
    await waitFor(hasBegun, goingHome, PATIENCE_MS);
  }
}

function isBeginning(message: ShownMessage): boolean {
  const words = wordsOf(message);
  return words.startsWith('We begin.') && !isCutShort(words) && !message.isStreaming;
}

function hasButton({ blocks }: ShownMessage, action: string): boolean {
  return JSON.stringify(blocks).includes(`"lesson:${action}"`);
}

function cardIn(twin: SlackTwin, { channelId, rootTs }: SlackPlace, action: string): ShownMessage | undefined {
  const said = twin.channel(channelId).thread(rootTs);
  return said.find((message) => keyOf(message).startsWith('card-') && hasButton(message, action));
}

/** Typed, and taken. Now and then Slack tells of it once more, as if it had not heard of that. */
async function type({ twin, told, dice }: SlackDeps, said: ShownMessage): Promise<void> {
  const eventId = await told.taken({ event: 'message', ...said });
  if (dice.chance(0.05)) void twin.delivery.redeliver(eventId);
}

/** False where no form could be had. Once it is open, it is sent until it is taken: its words may be kept already. */
async function writeInForm(deps: SlackDeps, { person, goingHome }: Seat, place: SlackPlace, text: string) {
  const asked = spokenIn(deps.twin, place).findLast((message) => hasButton(message, 'write'));
  if (!asked) return false;
  const used = person.presses(asked, 'lesson:write');
  if (!(await use(deps, () => used))) {
    // It may open all the same, when Slack is slow: not to be taken for the next one, it is put away.
    if (await waitFor(() => used.view() !== null, goingHome, LATE_MS)) used.closes();
    return false;
  }
  const isOpen = () => used.view() !== null;
  let wasOpen = false;
  const isKept = () => {
    wasOpen ||= isOpen();
    return wasOpen || used.replies().length > 0;
  };
  deps.promised.push({ what: `a press of "Write…" in ${place.thread}`, isKept });
  await waitFor(isKept, goingHome, PATIENCE_MS);
  if (!isOpen()) return false;
  while (isOpen()) {
    await use(deps, () => used.submits({ written: text }));
    if (isOpen()) await delay(AGAIN_MS);
  }
  return true;
}

async function askForProgress(deps: SlackDeps, { person }: Seat, place: SlackPlace, goingHome: AbortSignal) {
  const { twin, promised } = deps;
  const card = cardIn(twin, place, 'progress');
  const used = card && (await use(deps, () => person.presses(card, 'lesson:progress')));
  if (!used) return;
  const isKept = () => used.replies().length > 0 || after(used, spokenIn(twin, place)).some(showsProgress);
  promised.push({ what: `a press of "Progress" in ${place.thread}`, isKept });
  await waitFor(isKept, goingHome, PATIENCE_MS);
}

function showsProgress({ blocks }: ShownMessage): boolean {
  return blocks.some(({ type }) => type === 'header');
}

/** What was said after somebody pressed something. */
function after({ payload }: Used, messages: readonly ShownMessage[]): ShownMessage[] {
  const [action] = (payload.actions ?? []) as { action_ts: string }[];
  return messages.filter(({ ts }) => Number(ts) > Number(action?.action_ts));
}

/** Null when it failed before the person's eyes. */
async function use({ interactions }: SlackDeps, act: () => Used): Promise<Used | null> {
  const used = act();
  const { ok } = await used.acknowledged;
  if (ok) {
    interactions.acknowledged += 1;
    return used;
  }
  interactions.failed += 1;
  await delay(AGAIN_MS);
  return null;
}
