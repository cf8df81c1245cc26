import { setTimeout as delay } from 'node:timers/promises';
import { EVENTS } from '../src/bots/slack/connection/uses.ts';
import { plainClient } from '../test/twins/slack/client.ts';
import type { Person } from '../test/twins/slack/people.ts';
import type { ShownMessage } from '../test/twins/slack/shown.ts';
import type { ChannelHandle, TeamHandle } from '../test/twins/slack/teams.ts';
import { type SlackTwin, startSlackTwin } from '../test/twins/slack/twin.ts';
import type { Used } from '../test/twins/slack/used.ts';
import { obey } from './people.ts';
import { replyAt, TOPIC } from './script.ts';

/**
 * Slack, and the people on it: a process of its own, started by slack.ts, so that what it costs is not the bot's. Told by
 * its parent to open the lessons, and then to talk in them, it reports what people waited for.
 */

export interface SlackPeopleSettings {
  lessons: number;
  turns: number;
  /** From a reply to the next message, on average. */
  thinkMs: number;
}

export interface SlackReady {
  apiUrl: string;
  appToken: string;
  client: { id: string; secret: string };
  appId: string;
  /** Of the app, in each workspace. */
  installations: { team: string; name: string; token: string; botUserId: string; botId: string }[];
}

/** What people waited for, in ms by the twin's clock. */
export interface SlackWaits {
  /** From a command's or a press's dispatch to its acknowledgement. */
  interactions: number[];
  /** From a message to the acknowledgement of its event, at whichever attempt. */
  messages: number[];
  /** Of both, those that Slack heard nothing of within three seconds. */
  unacknowledged: number;
  /** From a message to the status below its thread, where one was shown. */
  statuses: number[];
  /** From a message or a press to the whole reply. */
  replies: number[];
  /** Commands that failed before somebody's eyes, and were given again. */
  again: number;
  /** Calls, and those that Slack refused for being too many. */
  calls: number;
  limited: number;
}

const LESSONS_PER_WORKSPACE = 20;
/** As many as take the cards of all their lessons in one second. */
const CHANNELS_PER_WORKSPACE = 5;
const PATIENCE_MS = 600_000;
const LOOK_MS = 100;
const AGAIN_MS = 2_000;
/** One turn in so many is a press. */
const PRESS_EVERY = 4;
const WAYS = [byCommand, byMention, byDirectMessage];

type Happened = { what: 'message' } | { what: 'status'; thread: string };

interface Place {
  twin: SlackTwin;
  waits: SlackWaits;
  /** By channel: called when something happened there. */
  lookers: Map<string, Set<(happened: Happened) => void>>;
}

interface Thread {
  channelId: string;
  rootTs: string;
}

interface Learner {
  open(): Promise<void>;
  talk(turns: number): Promise<void>;
}

const { lessons, turns, thinkMs }: SlackPeopleSettings = JSON.parse(process.argv[2] ?? '');
const twin = await startSlackTwin({ limits: 'real', delivery: { events: Object.keys(EVENTS), socketMode: true } });
const place: Place = { twin, waits: noWaits(), lookers: new Map() };
twin.faults.onRequest(({ method, body, moment }) => {
  if (method === 'assistant.threads.setStatus' && moment === 'arrived' && body.status !== '') {
    happen(String(body.channel_id), { what: 'status', thread: String(body.thread_ts) });
  }
  if (method.startsWith('chat.') && moment === 'done') happen(String(body.channel), { what: 'message' });
  return null;
});
const teams = Array.from({ length: Math.ceil(lessons / LESSONS_PER_WORKSPACE) }, (_, index) =>
  twin.addTeam({ name: `School ${index}` }),
);
const learners = openLearners(place, teams, lessons);
obey(await readyOf(twin, teams), async (order) => {
  place.waits = noWaits();
  const [calls, told] = [twin.requests.length, twin.delivery.deliveries.length];
  await Promise.all(learners.map((learner) => (order === 'open' ? learner.open() : learner.talk(turns))));
  const asked = twin.requests.slice(calls);
  place.waits.calls = asked.length;
  place.waits.limited = asked.filter(({ status }) => status === 429).length;
  noteAcknowledgements(place, told);
  return { waits: place.waits, violations: twin.violations };
});

function happen(channelId: string, happened: Happened): void {
  for (const look of place.lookers.get(channelId) ?? []) look(happened);
}

function noWaits(): SlackWaits {
  return {
    ...{ interactions: [], messages: [], unacknowledged: 0, statuses: [], replies: [] },
    ...{ again: 0, calls: 0, limited: 0 },
  };
}

async function readyOf({ url: apiUrl, appToken, clientId, clientSecret, appId }: SlackTwin, teams: TeamHandle[]) {
  const installations = teams.map(async (team) => {
    const token = team.botToken();
    const { bot_id: botId = '' } = await plainClient(twin, token).auth.test();
    return { team: team.id, name: team.name, token, botUserId: team.botUserId(), botId };
  });
  const client = { id: clientId, secret: clientSecret };
  return { apiUrl, appToken, client, appId, installations: await Promise.all(installations) } satisfies SlackReady;
}

/** Of what people did: the app hears of its own messages as well, and of what calls it in a channel twice. */
function noteAcknowledgements({ twin, waits }: Place, since: number): void {
  for (const { kind, body, acked, ackedAfterMs } of twin.delivery.deliveries.slice(since)) {
    const event = (body.event ?? {}) as Record<string, unknown>;
    const isElsewhere = event.type === 'message' && !event.thread_ts && event.channel_type !== 'im';
    if (kind === 'event' && (event.bot_id || event.subtype || isElsewhere)) continue;
    if (!acked) waits.unacknowledged += 1;
    else (kind === 'event' ? waits.messages : waits.interactions).push(ackedAfterMs ?? 0);
  }
}

function openLearners(place: Place, teams: readonly TeamHandle[], count: number): Learner[] {
  const channels = teams.map((team) =>
    Array.from({ length: CHANNELS_PER_WORKSPACE }, (_, index) =>
      team.addChannel({ name: `tutoring-${index}`, botIsMember: true }),
    ),
  );
  return Array.from({ length: count }, (_, index) => {
    const [team, ofTeam] = [teams[index % teams.length], channels[index % teams.length]];
    const seat = Math.floor(index / teams.length);
    const channel = ofTeam?.[seat % CHANNELS_PER_WORKSPACE];
    if (!team || !channel) throw new Error('there is no workspace');
    const person = team.addMember({ name: `Ada ${index}` });
    channel.invite(person);
    return learnerOf(place, { person, channel, index, way: WAYS[seat % WAYS.length] ?? byCommand });
  });
}

interface Seat {
  person: Person;
  channel: ChannelHandle;
  index: number;
  way(place: Place, seat: Seat): Promise<Thread>;
}

function learnerOf(place: Place, seat: Seat): Learner {
  const { person, index } = seat;
  let thread: Thread = { channelId: '', rootTs: '' };
  /** The last one that can be pressed. */
  let last: ShownMessage | null = null;
  const press = async (button: string) => {
    const pressed = last;
    if (!pressed) throw new Error('there is nothing to press');
    const start = performance.now();
    const replied = nextReply(place, thread, pressed.ts);
    await pressUntilTaken(place, () => person.presses(pressed, `lesson:${button}`), replied);
    last = await replied;
    return performance.now() - start;
  };
  const say = async (text: string) => {
    const start = performance.now();
    const { ts } = person.says(thread.channelId, text, { threadTs: thread.rootTs });
    last = await nextReply(place, thread, ts, () => place.waits.statuses.push(performance.now() - start));
    return performance.now() - start;
  };
  return {
    async open() {
      thread = await seat.way(place, seat);
      last = await nextReply(place, thread, thread.rootTs);
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

/** The link that the person is told; where it failed, they try again. */
async function byCommand({ waits }: Place, { person, channel }: Seat): Promise<Thread> {
  for (;;) {
    const used = person.runs(channel, `/tutor start ${TOPIC}`);
    const thread = (await used.acknowledged).ok ? await toldIn(used) : null;
    if (thread) return thread;
    waits.again += 1;
    await delay(AGAIN_MS);
  }
}

/** Again when it was not taken, or when the person is told that it came to nothing. */
async function pressUntilTaken({ waits }: Place, press: () => Used, replied: Promise<unknown>): Promise<void> {
  let isAnswered = false;
  const answered = replied.finally(() => {
    isAnswered = true;
  });
  for (let used = press(); !isAnswered; used = press()) {
    const isTaken = (await used.acknowledged).ok;
    while (isTaken && !isAnswered && used.replies().length === 0) await Promise.race([answered, delay(LOOK_MS)]);
    if (isAnswered) break;
    waits.again += 1;
    await Promise.race([answered, delay(AGAIN_MS)]);
  }
}

async function toldIn(used: Used): Promise<Thread | null> {
  for (let waited = 0; used.replies().length === 0; waited += LOOK_MS) {
    if (waited > PATIENCE_MS) throw new Error('a command was taken, and nothing was said');
    await delay(LOOK_MS);
  }
  const [, channelId, digits] = /archives\/(\w+)\/p(\d+)/.exec(used.replies()[0]?.text ?? '') ?? [];
  return channelId && digits ? { channelId, rootTs: `${digits.slice(0, -6)}.${digits.slice(-6)}` } : null;
}

async function byMention(_place: Place, { person, channel }: Seat): Promise<Thread> {
  return threadOn(person.says(channel, `<@BOT> ${TOPIC}`));
}

async function byDirectMessage(_place: Place, { person }: Seat): Promise<Thread> {
  return threadOn(person.writes(TOPIC));
}

function threadOn({ channelId, ts }: ShownMessage): Thread {
  return { channelId, rootTs: ts };
}

/** The first whole reply after the message, as soon as it is there. */
function nextReply(place: Place, thread: Thread, afterTs: string, onStatus = () => {}): Promise<ShownMessage> {
  const { twin, lookers } = place;
  const { channelId, rootTs } = thread;
  const { promise, resolve, reject } = Promise.withResolvers<ShownMessage>();
  const timer = setTimeout(() => reject(new Error(`waited in vain in ${channelId}:${rootTs}`)), PATIENCE_MS);
  let isAwaited = true;
  const look = (happened: Happened) => {
    if (happened.what === 'status') {
      if (isAwaited && happened.thread === rootTs) onStatus();
      if (happened.thread === rootTs) isAwaited = false;
      return;
    }
    const message = twin.channel(channelId).thread(rootTs).at(-1);
    if (message && isWhole(message) && Number(message.ts) > Number(afterTs)) resolve(message);
  };
  const here = lookers.get(channelId) ?? new Set();
  lookers.set(channelId, here.add(look));
  look({ what: 'message' });
  return promise.finally(() => {
    clearTimeout(timer);
    here.delete(look);
  });
}

/** A card is none, what is still being written has no buttons, and a notice has none. */
function isWhole({ author, blocks, isStreaming, metadata }: ShownMessage): boolean {
  const isCard = String(metadata?.event_payload.key ?? '').startsWith('card-');
  return author.isBot && !isCard && !isStreaming && blocks.some(({ type }) => type === 'actions');
}
