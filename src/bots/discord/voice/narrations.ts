import { randomUUID } from 'node:crypto';
import type {
  GatewayGuildCreateDispatchData,
  GatewaySendPayload,
  GatewayTypingStartDispatchData,
  GatewayVoiceServerUpdateDispatchData,
  GatewayVoiceStateUpdateDispatchData,
} from 'discord-api-types/v10';
import type { LiveDeps } from '../../../core/live-speech.ts';
import type { Recorder } from '../../../core/speech-audio.ts';
import {
  askForNarration,
  endNarrationOf,
  endNarrationsIn,
  narrationIn,
  recordMove,
  renewNarrations,
} from '../../../db/narrations.ts';
import type { News } from '../../../db/news.ts';
import { orderByKey } from '../../in-order.ts';
import { channelOf } from '../lessons/threads.ts';
import { openAdapters } from './adapter.ts';
import { openChannels } from './channels.ts';
import {
  begin,
  type Failure,
  follow,
  type Hall,
  type Session,
  sendThere,
  serve,
  type Timing,
  watchMute,
  watchPeople,
} from './sessions.ts';

/** The tutor in voice channels: what is asked of it, and what it is told. */

/** What it takes to speak; absent where nobody can. */
export interface NarrationOptions extends Omit<LiveDeps, 'db' | 'telemetry'> {
  /** Loaded when the first voice channel is joined. */
  loadRecorder(): Promise<Pick<Recorder, 'packets'>>;
  /** Hears of what workers write: each payload is a narration's id, and '' says that some may have been missed. */
  hear(onNews: (id: string) => void): News;
  timing?: Partial<Timing>;
}

interface Wish {
  lessonId: string;
  server: string;
  learner: string;
}

/** here: also where it was before. Where somebody else is spoken to, `channel` is theirs. */
export type Joined =
  | { is: 'here'; channel: string }
  | { is: 'waiting'; channel: string | null; ahead: number }
  | { is: 'nowhere' }
  | { is: 'failed'; channel: string; failure: Failure };

export interface Narrations {
  join(wish: Wish): Promise<Joined>;
  /** What was ended: speaking to them, their place in line, or nothing. */
  leave(wish: Pick<Wish, 'server' | 'learner'>): Promise<'speaking' | 'waiting' | null>;
  /** Its learner has answered in a lesson: nothing more of what was said before. */
  interrupt(threadId: string): void;
  /** Its learner wants quiet in a lesson. */
  stop(threadId: string): void;
  onTyping(typing: GatewayTypingStartDispatchData): void;
  onState(state: GatewayVoiceStateUpdateDispatchData): void;
  onVoiceServer(server: GatewayVoiceServerUpdateDispatchData): void;
  /** A server tells of itself. */
  onServer(server: GatewayGuildCreateDispatchData): void;
  onServerLost(guildId: string, isAway: boolean): void;
  /** Leaves every channel, for other processes to go on. */
  close(): Promise<void>;
}

const TIMING: Timing = {
  ...{ typingMs: 10_000, retryMs: 1_000, emptyMs: 3_000, lookMs: 2_000 },
  ...{ leaseMs: 8_000, firstMs: 15_000, againMs: 60_000, keysMs: 10_000 },
};

/** `send` puts a payload on the gateway of a server's shard. */
export function openNarrations(
  bot: Hall['bot'],
  options: NarrationOptions,
  send: (guildId: string, payload: GatewaySendPayload) => Promise<void>,
): Narrations {
  const { speech, budgets, loadRecorder } = options;
  const timing = { ...TIMING, ...options.timing };
  const speaker = { token: randomUUID(), leaseMs: timing.leaseMs };
  const closing = new AbortController();
  let news: News | null = null;
  const hall: Hall = {
    ...{ bot, timing, speaker, sessions: new Map(), held: new Set(), inOrder: orderByKey(), closing: closing.signal },
    narrating: {
      db: bot.db,
      log: bot.log,
      telemetry: bot.telemetry,
      speech,
      budgets,
      speaker,
      timing,
      recorder: lazily(loadRecorder),
    },
    channels: openChannels(bot.botId),
    adapters: openAdapters(bot.botId, send, (error) =>
      bot.log.warn({ err: error }, 'Discord was not asked for a voice channel'),
    ),
    onChange() {
      const isNeeded = hall.sessions.size > 0 && !closing.signal.aborted;
      if (isNeeded) news ??= options.hear((id) => lookAt(hall, id));
      else {
        void news?.close();
        news = null;
      }
    },
  };
  const looks = setInterval(() => void lookAround(hall), timing.lookMs).unref();
  return {
    join: (wish) => inTurn(hall, wish.server, () => join(hall, wish)),
    leave: (wish) => inTurn(hall, wish.server, () => leave(hall, wish)),
    interrupt: (threadId) => sessionOf(hall, threadId)?.narrator.interrupt(),
    stop: (threadId) => void sessionOf(hall, threadId)?.finish('ended'),
    ...eventsOf(hall),
    async close() {
      closing.abort();
      clearInterval(looks);
      await Promise.all([...hall.sessions.values()].map((session) => session.finish('closing')));
      await news?.close();
    },
  };
}

type Events = Pick<Narrations, 'onTyping' | 'onState' | 'onVoiceServer' | 'onServer' | 'onServerLost'>;

function eventsOf(hall: Hall): Events {
  const { bot, channels, adapters, sessions } = hall;
  return {
    onTyping({ channel_id, user_id, guild_id }) {
      const session = guild_id ? sessions.get(guild_id) : undefined;
      const isIts = session?.narration.learner === user_id && channelOf(session.narration.threadId) === channel_id;
      if (isIts) session.narrator.typing();
    },
    onState(state) {
      const { guild_id: server, user_id: who, channel_id: channelId } = state;
      const before = server ? channels.channelOf(server, who) : null;
      channels.moves(state);
      adapters.onState(state);
      const session = server ? sessions.get(server) : undefined;
      if (!session) return;
      if (who === bot.botId) onOwnMove(hall, session, channelId);
      else if (who === session.narration.learner && channelId !== before) onLearnerMove(hall, session, channelId);
      watchPeople(hall, session);
    },
    onVoiceServer: adapters.onServer,
    onServer(server) {
      const session = sessions.get(server.id);
      const before = session && channels.channelOf(server.id, session.narration.learner);
      channels.tells(server);
      if (!session) return;
      // A new session of the gateway: Discord has taken the bot out of the channel, and nobody told who moved.
      if (channels.channelOf(server.id, bot.botId) === null) sendThere(hall, session);
      watchMute(hall, session);
      const there = channels.channelOf(server.id, session.narration.learner);
      if (there !== before) onLearnerMove(hall, session, there);
      watchPeople(hall, session);
    },
    onServerLost(guildId, isAway) {
      if (isAway) return;
      channels.lost(guildId);
      void sessions.get(guildId)?.finish('ended');
      endNarrationsIn(bot.db, 'discord', guildId).catch((error) => {
        bot.log.warn({ err: error, guildId }, 'narrations of a server that is gone were not ended');
      });
    },
  };
}

function onOwnMove(hall: Hall, session: Session, channelId: string | null): void {
  if (channelId === null) return void session.finish('removed');
  const isMoved = channelId !== session.channelId;
  session.channelId = channelId;
  watchMute(hall, session);
  if (!isMoved) return;
  inBackground(hall, session, recordMove(hall.bot.db, session.narration.id, hall.speaker, channelId));
}

function onLearnerMove(hall: Hall, session: Session, channelId: string | null): void {
  if (channelId === null) return;
  // From now on: until it is done, the channel that they have left may well be empty.
  session.following += 1;
  const done = hall.inOrder(session.narration.server, () => follow(hall, session, channelId));
  inBackground(
    hall,
    session,
    done.finally(() => {
      session.following -= 1;
      watchPeople(hall, session);
    }),
  );
}

function inBackground({ bot }: Hall, { narration }: Session, work: Promise<unknown>): void {
  work.catch((error) => bot.log.warn({ err: error, lessonId: narration.lessonId }, 'a move was not followed'));
}

async function inTurn<T>(hall: Hall, server: string, work: () => Promise<T>): Promise<T> {
  const done = Promise.withResolvers<T>();
  await hall.inOrder(server, async () => {
    await work().then(done.resolve, done.reject);
  });
  return done.promise;
}

/** Two who ask at the same moment: one of them asks again. */
const ATTEMPTS = 3;

async function join(hall: Hall, wish: Wish): Promise<Joined> {
  const { bot, channels, sessions, speaker } = hall;
  const { server, learner, lessonId } = wish;
  const channel = channels.channelOf(server, learner);
  if (channel === null) return { is: 'nowhere' };
  const session = sessions.get(server);
  if (session?.narration.lessonId === lessonId) {
    await follow(hall, session, channel);
    watchPeople(hall, session);
    return { is: 'here', channel };
  }
  // They go on in another lesson.
  if (session?.narration.learner === learner) await session.finish('ended');
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const asked = await askForNarration(bot.db, 'discord', { lessonId, server, channel, learner }, speaker);
    if (!asked) continue;
    if (asked.status === 'waiting') {
      const other = await narrationIn(bot.db, 'discord', server);
      return { is: 'waiting', channel: other?.channel ?? null, ahead: asked.ahead };
    }
    // In the hands of another process, or of one that has died: then it is gone on with in a moment.
    if (!asked.isMine) return { is: 'here', channel };
    const failure = await begin(hall, asked);
    if (!failure) return { is: 'here', channel };
    void serve(hall, server);
    return { is: 'failed', channel, failure };
  }
  throw new Error('a narration could not be asked for');
}

async function leave(hall: Hall, wish: Pick<Wish, 'server' | 'learner'>): Promise<'speaking' | 'waiting' | null> {
  const session = hall.sessions.get(wish.server);
  if (session?.narration.learner === wish.learner) {
    await session.finish('ended');
    return 'speaking';
  }
  return (await endNarrationOf(hall.bot.db, 'discord', wish))?.status ?? null;
}

function sessionOf({ sessions }: Hall, threadId: string): Session | undefined {
  return [...sessions.values()].find(({ narration }) => narration.threadId === threadId);
}

function lookAt({ sessions }: Hall, id: string): void {
  for (const { narration, narrator } of sessions.values()) if (id === '' || narration.id === id) narrator.look();
}

/** Keeps what is in hand, and makes up for what nobody has told. Never throws. */
async function lookAround(hall: Hall): Promise<void> {
  const { bot, sessions, held, speaker } = hall;
  const known = [...sessions.values()];
  try {
    const ours = held.size > 0 ? await renewNarrations(bot.db, [...held], speaker) : held;
    for (const session of known) if (!ours.has(session.narration.id)) void session.finish('lost');
  } catch (error) {
    bot.log.warn({ err: error }, 'narrations could not be kept in hand');
  }
  lookAt(hall, '');
  await serve(hall);
}

function lazily(load: () => Promise<Pick<Recorder, 'packets'>>): Pick<Recorder, 'packets'> {
  return {
    async *packets(pcm) {
      yield* (await load()).packets(pcm);
    },
  };
}
