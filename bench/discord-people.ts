import { setTimeout as delay } from 'node:timers/promises';
import type { APIActionRowComponent, APIComponentInMessageActionRow } from 'discord-api-types/v10';
import type { Person } from '../test/twins/discord/people.ts';
import type { ShownMessage } from '../test/twins/discord/shown.ts';
import { type DiscordTwin, startDiscordTwin } from '../test/twins/discord/twin.ts';
import type { Used } from '../test/twins/discord/used.ts';
import { obey } from './people.ts';
import { replyAt, TOPIC } from './script.ts';

/**
 * Discord, and the people on it: a process of its own, started by discord.ts, so that what it costs is not the bot's.
 * Told by its parent to open the lessons, and then to talk in them, it reports what people waited for.
 */

export interface PeopleSettings {
  token: string;
  lessons: number;
  turns: number;
  /** From a reply to the next message, on average. */
  thinkMs: number;
}

/** What people waited for, in ms by the twin's clock. */
export interface Waits {
  /** From an interaction's dispatch to its acknowledgement. */
  acks: number[];
  /** Interactions that were acknowledged after three seconds, or not at all. */
  unacknowledged: number;
  /** From a message to the sign of typing, where one was shown. */
  typing: number[];
  /** From a message or a press to the whole reply. */
  replies: number[];
  /** Requests that Discord refused for being too many: it has a bot pause for ten thousand in ten minutes. */
  limited: number;
}

const LESSONS_PER_SERVER = 20;
/** Fifty requests a second open a thousand lessons in some minutes. */
const PATIENCE_MS = 600_000;
const ACK_PATIENCE_MS = 10_000;
/** One turn in so many is a press. */
const PRESS_EVERY = 4;

interface Place {
  twin: DiscordTwin;
  waits: Waits;
  /** Called when something happened in a channel, or to an interaction's answer. */
  lookers: Map<string, (what: 'typing' | 'message') => void>;
}

interface Learner {
  open(): Promise<void>;
  talk(turns: number): Promise<void>;
}

const { token, lessons, turns, thinkMs }: PeopleSettings = JSON.parse(process.argv[2] ?? '');
const twin = await startDiscordTwin({ token, limits: 'real' });
const place: Place = { twin, waits: noWaits(), lookers: new Map() };
twin.faults.onRequest(({ method, path, moment }) => {
  const [, , id = '', what] = path.split('/');
  if (moment === 'arrived' && what === 'typing') place.lookers.get(id)?.('typing');
  // An answer of an interaction is written below its token, which is the last thing in its path but one.
  if (moment === 'done' && method !== 'GET')
    place.lookers.get(path.startsWith('/webhooks/') ? (what ?? '') : id)?.('message');
  return null;
});
const learners = openLearners(place, lessons);
obey({ apiUrl: twin.url }, async (order) => {
  place.waits = noWaits();
  const seen = twin.requests.length;
  await Promise.all(learners.map((learner) => (order === 'open' ? learner.open() : learner.talk(turns))));
  place.waits.limited = twin.requests.slice(seen).filter(({ status }) => status === 429).length;
  return { waits: place.waits, violations: twin.violations };
});

function noWaits(): Waits {
  return { acks: [], unacknowledged: 0, typing: [], replies: [], limited: 0 };
}

function openLearners(place: Place, count: number): Learner[] {
  const servers = Array.from({ length: Math.ceil(count / LESSONS_PER_SERVER) }, (_, index) => {
    const guild = place.twin.addGuild({ name: `School ${index}` });
    return { guild, channel: guild.addChannel({ name: 'tutoring' }) };
  });
  return Array.from({ length: count }, (_, index) => {
    const server = servers[index % servers.length];
    if (!server) throw new Error('there is no server');
    return learnerOf(place, index, server.guild.addMember({ name: `Ada ${index}` }), server.channel.id);
  });
}

function learnerOf(place: Place, index: number, person: Person, channelId: string): Learner {
  let thread = { id: '' };
  /** The last one that can be pressed. */
  let last: ShownMessage | null = null;
  const replied = (sinceId: () => string) =>
    nextIn(place, thread.id, () => {
      const message = place.twin.messages(thread.id).at(-1);
      return message && isWhole(message) && BigInt(message.id) > BigInt(sinceId()) ? message : null;
    });
  const press = async (button: string) => {
    if (!last) throw new Error('there is nothing to press');
    const start = performance.now();
    const used = person.presses(last, buttonOf(last, button));
    const [message] = await Promise.all([replied(() => used.id), acknowledged(place, used, start)]);
    last = message;
    return performance.now() - start;
  };
  const say = async (text: string) => {
    const start = performance.now();
    const { id } = person.says(thread, text);
    last = await nextIn(place, thread.id, (what) => {
      if (what === 'typing') place.waits.typing.push(performance.now() - start);
      const message = place.twin.messages(thread.id).at(-1);
      return message && isWhole(message) && BigInt(message.id) > BigInt(id) ? message : null;
    });
    return performance.now() - start;
  };
  return {
    async open() {
      const start = performance.now();
      const used = person.runs({ id: channelId }, 'tutor start', { topic: TOPIC });
      const told = nextIn(place, used.token, () => /<#(\d+)>/.exec(used.replies()[0]?.content ?? '')?.[1] ?? null);
      const [id] = await Promise.all([told, acknowledged(place, used, start)]);
      thread = { id };
      last = await replied(() => used.id);
      await press('approve');
    },
    async talk(turns) {
      for (let turn = 1; turn <= turns; turn += 1) {
        await delay(2 * Math.random() * thinkMs);
        const wait = (turn + index) % PRESS_EVERY === 0 ? press('hint') : say(replyAt(turn));
        place.waits.replies.push(await wait);
      }
    },
  };
}

/** Resolves when it was, or can no longer be. */
async function acknowledged({ waits }: Place, used: Used, start: number): Promise<void> {
  const timer = Promise.withResolvers<null>();
  const timeout = setTimeout(() => timer.resolve(null), ACK_PATIENCE_MS);
  const outcome = await Promise.race([used.acknowledged, timer.promise]);
  clearTimeout(timeout);
  if (outcome) waits.acks.push(performance.now() - start);
  if (!outcome || outcome.late) waits.unacknowledged += 1;
}

/** What `look` finds, as soon as it does. */
function nextIn<Found>(
  { lookers }: Place,
  id: string,
  look: (what: 'typing' | 'message') => Found | null,
): Promise<Found> {
  const { promise, resolve, reject } = Promise.withResolvers<Found>();
  const timer = setTimeout(() => reject(new Error(`waited in vain in ${id}`)), PATIENCE_MS);
  const hear = (what: 'typing' | 'message') => {
    const found = look(what);
    if (found !== null) resolve(found);
  };
  lookers.set(id, hear);
  hear('message');
  return promise.finally(() => {
    clearTimeout(timer);
    lookers.delete(id);
  });
}

type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

/** A draft has no buttons, and a notice has none. */
function isWhole({ author, components }: ShownMessage): boolean {
  return author.isBot && components.length > 0;
}

function buttonOf({ components }: ShownMessage, action: string): string {
  const ids = (components as Row[]).flatMap((row) =>
    row.components.map((each) => ('custom_id' in each ? each.custom_id : '')),
  );
  const id = ids.find((each) => each.split('|')[1] === action);
  if (!id) throw new Error(`there is no button for ${action}, only: ${ids.join(', ')}`);
  return id;
}
