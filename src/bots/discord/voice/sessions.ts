import {
  dropWaiting,
  endNarration,
  type Narration,
  recordMove,
  releaseNarration,
  type Speaker,
  takeNarration,
  unattendedNarrations,
} from '../../../db/narrations.ts';
import type { InOrder } from '../../in-order.ts';
import type { Translate } from '../../words.ts';
import type { Bot } from '../bot.ts';
import { reasonOf } from '../failures.ts';
import { channelOf } from '../lessons/threads.ts';
import type { Adapters } from './adapter.ts';
import type { Channels } from './channels.ts';
import { type Link, type LinkFailure, openLink } from './link.ts';
import { type Ending, type Narrator, type NarratorDeps, openNarrator } from './narrator.ts';
import { type Obstacle, obstacleIn } from './places.ts';

/** Narrations in voice channels: one in a server at a time. How each begins, moves and ends. */

export interface Timing {
  /** How long a sign of typing counts. */
  typingMs: number;
  retryMs: number;
  /** How long a channel may be empty: phones lose their connection for moments. */
  emptyMs: number;
  /** Between two looks at what nobody has told of. */
  lookMs: number;
  leaseMs: number;
  /** How long it may take until a channel is joined, and until a broken connection is back. */
  firstMs: number;
  againMs: number;
  /** How long the members of a channel may take to agree on keys. */
  keysMs: number;
}

export interface Hall {
  bot: Pick<Bot, 'api' | 'botId' | 'db' | 'log' | 'telemetry' | 'words'>;
  narrating: Omit<NarratorDeps, 'tell'>;
  speaker: Speaker;
  timing: Timing;
  channels: Channels;
  adapters: Adapters;
  /** By server. */
  sessions: Map<string, Session>;
  /** Ids of what is in hand, also of what only begins. */
  held: Set<string>;
  /** One thing after the other in a server. */
  inOrder: InOrder;
  /** Ends what is under way: other processes go on with it. */
  closing: AbortSignal;
  /** The first has begun, or the last has ended. */
  onChange(): void;
}

export interface Session {
  narration: Narration;
  channelId: string;
  link: Link;
  narrator: Narrator;
  emptySince: NodeJS.Timeout | null;
  /** Moves of its learner that are being followed. */
  following: number;
  /** Nobody there may hear it now. */
  isMuted: boolean;
  /** Looks whether it has arrived where it was sent. */
  arrival: NodeJS.Timeout | null;
  /** Ends it once, and resolves when that is stored. */
  finish(why: SessionEnd): Promise<void>;
}

type SessionEnd = Ending | LinkFailure | 'empty' | 'removed' | 'closing';
export type Failure = Obstacle | { reason: LinkFailure | 'empty' };

/** Within `inOrder`, for what is in hand. Resolves with why not; then it is in hand no more. */
export async function begin(hall: Hall, narration: Narration): Promise<Failure | null> {
  hall.held.add(narration.id);
  let isBegun = false;
  try {
    const failure = await tryToBegin(hall, narration).catch((error: unknown): Failure => {
      hall.bot.log.warn({ err: error, lessonId: narration.lessonId }, 'a narration could not begin');
      return { reason: 'unreachable' };
    });
    if (failure) await endNarration(hall.bot.db, narration.id, hall.speaker);
    isBegun = failure === null;
    return failure;
  } finally {
    if (!isBegun) hall.held.delete(narration.id);
  }
}

async function tryToBegin(hall: Hall, narration: Narration): Promise<Failure | null> {
  const { bot, channels, adapters, timing, speaker } = hall;
  const { server, channel } = narration;
  const obstacle = await obstacleIn(bot, server, channel, channels.crowd(server, channel));
  if (obstacle) return obstacle;
  if (channels.people(server, channel) === 0) return { reason: 'empty' };
  const link = await openLink({
    ...{ guildId: server, channelId: channel, group: speaker.token, adapter: adapters.for(server), log: bot.log },
    patience: timing,
    onGone: (failure) => void hall.sessions.get(server)?.finish(failure),
  });
  if (typeof link === 'string') return { reason: link };
  const session = openSession(hall, narration, link);
  hall.sessions.set(server, session);
  hall.onChange();
  bot.log.info({ server, lessonId: narration.lessonId }, 'a lesson is narrated in a voice channel');
  // A moderator may have moved the tutor meanwhile.
  session.channelId = channels.channelOf(server, bot.botId) ?? channel;
  watchPeople(hall, session);
  watchMute(hall, session);
  if (hall.closing.aborted) await session.finish('closing');
  return null;
}

function openSession(hall: Hall, narration: Narration, link: Link): Session {
  const { bot } = hall;
  const tell: NarratorDeps['tell'] = (whose, key) => say(hall, whose, (words) => words(key));
  const narrator = openNarrator({ ...hall.narrating, tell }, narration, link);
  let finished: Promise<void> | null = null;
  const session: Session = {
    ...{ narration, link, narrator, channelId: narration.channel },
    ...{ emptySince: null, following: 0, isMuted: false, arrival: null },
    finish(why) {
      finished ??= finish(hall, session, why).catch((error) => {
        bot.log.warn({ err: error, lessonId: narration.lessonId }, 'the end of a narration was not stored');
      });
      return finished;
    },
  };
  void narrator.done.then((why) => session.finish(why));
  return session;
}

async function finish(hall: Hall, session: Session, why: SessionEnd): Promise<void> {
  const { bot, sessions, speaker } = hall;
  const { narration, narrator, link, channelId } = session;
  const { id, server, lessonId } = narration;
  narrator.end();
  link.close();
  for (const timer of [session.emptySince, session.arrival]) if (timer) clearTimeout(timer);
  sessions.delete(server);
  hall.held.delete(id);
  bot.log.info({ server, lessonId, why }, 'a narration has ended');
  if (why === 'closing') return releaseNarration(bot.db, id, speaker);
  if (why !== 'lost') {
    await endNarration(bot.db, id, speaker).catch((error) => {
      bot.log.warn({ err: error, lessonId }, 'the end of a narration was not stored');
    });
  }
  if (why === 'removed') await say(hall, narration, (words) => words('voice.removed'));
  if (why === 'encryption' || why === 'unreachable') await sayWhyNot(hall, narration, { reason: why }, channelId);
  hall.onChange();
  void serve(hall, server);
}

/** Goes on with what nobody is at: of one server, or of all that are known here. Never throws. */
export async function serve(hall: Hall, server: string | null = null): Promise<void> {
  const { bot, channels, closing } = hall;
  if (closing.aborted) return;
  try {
    const all = await unattendedNarrations(bot.db, 'discord');
    const ours = all.filter((each) => channels.isKnown(each.server) && (server === null || each.server === server));
    await Promise.all(ours.map((each) => hall.inOrder(each.server, () => takeUp(hall, each))));
  } catch (error) {
    bot.log.warn({ err: error }, 'who waits to be spoken to could not be looked for');
  }
}

/** Within `inOrder`. */
async function takeUp(hall: Hall, narration: Narration): Promise<void> {
  const { bot, channels, sessions, speaker } = hall;
  const { id, server, learner, status } = narration;
  if (sessions.has(server) || hall.closing.aborted) return;
  const there = channels.channelOf(server, learner);
  if (status === 'waiting' && (there === null || narration.isDone)) {
    await dropWaiting(bot.db, id);
    if (!narration.isDone) await say(hall, narration, (words) => words('voice.missed'));
    return void serve(hall, server);
  }
  const channel = there ?? narration.channel;
  if (!(await takeNarration(bot.db, id, channel, speaker))) return;
  const failure = await begin(hall, { ...narration, channel });
  if (failure) {
    if (failure.reason !== 'empty') await sayWhyNot(hall, narration, failure, channel);
    return void serve(hall, server);
  }
  if (status === 'waiting') await say(hall, narration, (words) => words('voice.joined', { channel: `<#${channel}>` }));
}

/** Within `inOrder`. The learner is somewhere else now, and the tutor goes there too. */
export async function follow(hall: Hall, session: Session, channelId: string): Promise<void> {
  const { bot, channels, sessions, speaker } = hall;
  const { id, server } = session.narration;
  if (sessions.get(server) !== session || session.channelId === channelId) return;
  const obstacle = await obstacleIn(bot, server, channelId, channels.crowd(server, channelId));
  if (sessions.get(server) !== session) return;
  if (obstacle) {
    await session.finish('ended');
    return sayWhyNot(hall, session.narration, obstacle, channelId);
  }
  session.channelId = channelId;
  sendThere(hall, session);
  await recordMove(bot.db, id, speaker, channelId);
}

/** To the session's channel. Discord does not say that it lets nobody in: it just does not answer. */
export function sendThere({ bot, channels, timing }: Hall, session: Session): void {
  session.link.goTo(session.channelId);
  if (session.arrival) clearTimeout(session.arrival);
  session.arrival = setTimeout(() => {
    if (channels.channelOf(session.narration.server, bot.botId) !== session.channelId)
      void session.finish('unreachable');
  }, timing.firstMs).unref();
}

/** Nobody is spoken to for long in a channel that everybody has left. */
export function watchPeople(hall: Hall, session: Session): void {
  const { server } = session.narration;
  if (hall.sessions.get(server) !== session) return;
  const isEmpty = () => session.following === 0 && hall.channels.people(server, session.channelId) === 0;
  if (!isEmpty()) {
    if (session.emptySince) clearTimeout(session.emptySince);
    session.emptySince = null;
    return;
  }
  session.emptySince ??= setTimeout(() => {
    session.emptySince = null;
    if (isEmpty()) void session.finish('empty');
  }, hall.timing.emptyMs).unref();
}

/** What a moderator lets nobody hear waits until they may hear it again. */
export function watchMute(hall: Hall, session: Session): void {
  const { bot, channels } = hall;
  const { narration, narrator, channelId } = session;
  const isMuted = channels.isMuted(narration.server, bot.botId);
  if (session.isMuted === isMuted || channels.channelOf(narration.server, bot.botId) === null) return;
  session.isMuted = isMuted;
  narrator.muted(isMuted);
  if (isMuted) void say(hall, narration, (words) => words('voice.muted', { channel: `<#${channelId}>` }));
}

/** A line in the lesson. Never throws. */
async function say({ bot }: Hall, { threadId, locale }: Narration, line: (words: Translate) => string): Promise<void> {
  const content = line(bot.words.for(locale));
  const message = { content, allowed_mentions: { parse: [] } };
  await bot.api.channels.createMessage(channelOf(threadId), message).catch((error: unknown) => {
    bot.log.warn({ reason: reasonOf(error) }, 'a learner could not be told of their narration');
  });
}

function sayWhyNot(hall: Hall, narration: Narration, failure: Failure, channelId: string): Promise<void> {
  return say(hall, narration, (words) => whyNot(words, failure, channelId));
}

export function whyNot(words: Translate, failure: Failure, channelId: string): string {
  const channel = `<#${channelId}>`;
  switch (failure.reason) {
    case 'permissions':
      return words('errors.missingPermissions', { channel, permissions: failure.missing.join(', ') });
    case 'full':
      return words('voice.full', { channel });
    case 'encryption':
      return words('voice.encryption', { channel });
    case 'unreachable':
      return words('voice.unreachable', { channel });
    case 'empty':
      return words('voice.notInChannel');
  }
}
