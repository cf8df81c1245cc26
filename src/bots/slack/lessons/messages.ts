import { dropMessage } from '../../../core/edits.ts';
import { readSettings } from '../../../core/settings.ts';
import { acceptedBefore } from '../../../db/inbox.ts';
import { isBeingOpened } from '../../../db/openings.ts';
import {
  lessonOfThread,
  type ThreadLesson,
  threadsOnMessage,
  threadsWithCardIn,
  wasOvertaken,
  wasOvertakenIn,
} from '../../../db/threads.ts';
import { UserError } from '../../../errors.ts';
import { forgetOpening, giveBackOpening, rememberOpening, takeUpOpening } from '../../openings.ts';
import { SHARED_QUEUE } from '../../queue.ts';
import { endGoneLesson, knock, readable, receive, receiveEdit } from '../../receive.ts';
import type { Translate } from '../../words.ts';
import type { Bot, Installation, Person } from '../bot.ts';
import { ComeAgain } from '../failures.ts';
import { readFiles, type SlackFile } from './files.ts';
import { openLesson, type Request } from './openings.ts';
import { senderOf } from './people.ts';
import { checkPlace, checkWish, refusedPlace } from './places.ts';
import { explained, tell } from './telling.ts';
import { callsUser, peopleIn, textOf } from './text.ts';
import { isDirect, threadOf } from './threads.ts';

/**
 * What people write in lessons' threads and in direct messages, and where they call the tutor. Everything else in a
 * channel is not ours to read.
 *
 * Each of these resolves when an answer is promised, or none is due, and rejects when the same is to be tried again
 * later. To be called within `inOrder`, by the thread.
 */

/** Of a message, as Slack tells it at once, or when it is asked later. */
export interface Written {
  channel: string;
  ts: string;
  /** Of the thread's root, which has it too once there are replies. */
  thread_ts?: string | undefined;
  user?: string | undefined;
  bot_id?: string | undefined;
  subtype?: string | undefined;
  text?: string | undefined;
  files?: readonly SlackFile[] | undefined;
  edited?: { ts?: string | undefined } | undefined;
}

/** By a person, as far as that shows. */
type ByPerson = Written & { user: string };

/** How a message came to be heard of. */
export interface Told {
  late?: Late | null;
  /** Called when the message cannot be lost any more, where what it asks for takes longer. */
  kept?(): void;
}

/** It was written a while ago, while no connection told of it. */
export interface Late {
  /** What was taken in before that is of before the connection broke. */
  began: Date;
}

const LISTENED = [undefined, 'file_share', 'thread_broadcast'];

function isByPerson({ botUserId }: Installation, message: Written): message is ByPerson {
  const { user, bot_id, subtype } = message;
  return Boolean(user) && user !== botUserId && !bot_id && LISTENED.includes(subtype);
}

/** The thread of a message, or the one that it would begin: everything about it is taken in one after the other. */
export function threadIdOf({ channel, ts, thread_ts }: Pick<Written, 'channel' | 'ts' | 'thread_ts'>): string {
  return threadOf(channel, thread_ts ?? ts);
}

/**
 * No thread is remembered as having no lesson: another process, which hears of the next message in the workspace, may
 * have opened one there meanwhile.
 */
export async function onMessage(
  bot: Bot,
  installation: Installation,
  message: Written,
  { late = null, kept = () => {} }: Told = {},
): Promise<void> {
  if (!isByPerson(installation, message)) return;
  const isReply = message.thread_ts !== undefined && message.thread_ts !== message.ts;
  // What calls the tutor in a channel comes as an event of its own.
  if (!isReply && !isDirect(message.channel)) return;
  const lesson = await lessonOfThread(bot.db, 'slack', threadIdOf(message));
  if (lesson) return lesson.learner === message.user ? takeIn(bot, installation, message, lesson, late) : undefined;
  if (isReply && (await isBeingOpened(bot.db, 'slack', message.channel, message.thread_ts ?? '')))
    throw new ComeAgain();
  if (!isDirect(message.channel)) return;
  if (late && (isReply || (await wasOvertakenIn(bot.db, 'slack', message.channel, message.ts, late.began)))) return;
  await open(bot, installation, message, kept);
}

/** Somebody calls the tutor: where no lesson is, that begins one, about what they say. */
export async function onMention(
  bot: Bot,
  installation: Installation,
  message: Written,
  told: Told = {},
): Promise<void> {
  if (isDirect(message.channel)) return onMessage(bot, installation, message, told);
  if (!isByPerson(installation, message)) return;
  const lesson = await lessonOfThread(bot.db, 'slack', threadIdOf(message));
  if (!lesson) return open(bot, installation, message, told.kept);
  if (lesson.learner === message.user) return takeIn(bot, installation, message, lesson, null);
  const { locale } = await bot.people.of(installation.id, message.user);
  const sentence = bot.words.for(locale)('errors.notYourLesson', { learner: lesson.learnerName });
  await tell(bot, installation, message, sentence);
}

async function takeIn(
  bot: Bot,
  installation: Installation,
  message: ByPerson,
  lesson: ThreadLesson,
  late: Late | null,
): Promise<void> {
  const threadId = threadIdOf(message);
  const { ts: messageId, user } = message;
  // What is older than what was taken in, and was not taken in itself, was refused or forgotten.
  if (late && (await wasOvertaken(bot.db, 'slack', threadId, messageId, late.began))) return;
  const common = { platform: 'slack' as const, threadId, messageId };
  // Told of twice, it costs once: a call comes in two ways, and files take their time.
  const isDear = callsUser(message.text ?? '', installation.botUserId) || message.files?.length;
  if (isDear && (await acceptedBefore(bot.db, common))) return;
  const person = await bot.people.of(installation.id, user);
  const words = bot.words.for(lesson.locale ?? person.locale);
  const sender = senderIn(installation, lesson, person);
  const version = message.edited?.ts;
  const work = async () => {
    const { refusals, ...said } = await read(bot, installation, message, words);
    await receive(bot, { ...common, ...sender, queue: SHARED_QUEUE, ...said });
    if (refusals.length > 0) await tell(bot, installation, message, refusals.join('\n'), version);
  };
  await explained(bot, installation, message, work, version);
}

/**
 * A lesson stays with the workspace that it began in, whichever one of those that share the channel tells of a message.
 * Where Slack does not say who somebody is, they have the name that we know.
 */
function senderIn(installation: Installation, lesson: ThreadLesson, { id, name }: Pick<Person, 'id' | 'name'>) {
  const workspace = installation.id === lesson.workspace ? installation.name : lesson.workspaceName;
  return senderOf({ id: lesson.workspace, name: workspace }, { id, name: name === id ? lesson.learnerName : name });
}

const MAX_NAMED = 5;

/** What was written, and what of the files can be read; throws UserError where nothing can. */
async function read(bot: Bot, installation: Installation, { text = '', files = [] }: Written, words: Translate) {
  const mentioned = peopleIn(text, installation).slice(0, MAX_NAMED);
  const people = await Promise.all(mentioned.map((id) => bot.people.of(installation.id, id)));
  const names = new Map(people.flatMap(({ id, name }) => (name === id ? [] : [[id, name] as const])));
  const said = textOf(text, { botUserId: installation.botUserId, names });
  const { texts, ...enclosed } = await readFiles(bot, installation, files, words);
  const { pictures, recordings, refusals } = enclosed;
  const parts = [said, ...texts].filter(Boolean);
  if (refusals.length > 0 && parts.length + pictures.length + recordings.length === 0) {
    throw new UserError('unreadable', refusals.join('\n'));
  }
  return { text: parts.join('\n\n'), ...enclosed };
}

/** Somebody writes to the tutor and has no lesson there: that begins one, in the thread of what they wrote. */
async function open(bot: Bot, installation: Installation, message: ByPerson, kept = () => {}): Promise<void> {
  const person = await bot.people.of(installation.id, message.user);
  const words = bot.words.for(person.locale);
  const version = message.edited?.ts;
  const work = async () => {
    const { text, refusals, ...files } = await read(bot, installation, message, words);
    const said = { text: readable(text, true), ...files };
    const request = await allowed(bot, installation, { message, person, words, said });
    const isOpen = async () => (await lessonOfThread(bot.db, 'slack', threadIdOf(message))) !== null;
    const { isFirst, left } = await rememberOpening(bot, request, words, { isOpen });
    if (!isFirst && !(await takeUpOpening(bot, request))) throw new ComeAgain();
    try {
      // What was let in is not stopped when Slack tells of it again.
      if (isFirst) await knock(bot.limits, { platform: 'slack', ...request });
      kept();
      await openLesson(bot, request, !isFirst);
    } catch (error) {
      const refusal = refusedPlace(error, { installation, channelId: message.channel, words });
      await (refusal instanceof UserError ? forgetOpening : giveBackOpening)(bot, request);
      throw refusal;
    }
    const told = [...refusals, ...(left ? [left] : [])];
    if (told.length > 0) await tell(bot, installation, message, told.join('\n'), version);
  };
  await explained(bot, installation, message, work, version);
}

interface Asked {
  message: ByPerson;
  person: Person;
  words: Translate;
  said: NonNullable<Request['said']>;
}

/** Throws UserError where there may be no lesson. */
async function allowed(bot: Bot, installation: Installation, asked: Asked): Promise<Request> {
  const { message, person, words, said } = asked;
  const { channel: channelId, ts, thread_ts } = message;
  const settings = await readSettings(bot.db, 'slack', installation.id);
  const wish = { installation, channelId, isInThread: true, person, settings, words };
  // Whoever writes to the tutor directly has shown that they may.
  if (isDirect(channelId)) checkWish(wish);
  else await checkPlace(bot, wish);
  const { language, character } = settings;
  const defaults = { ...(language && { language }), ...(character && { character }) };
  return {
    ...{ id: threadOf(channelId, ts), messageId: ts, channelId, rootTs: thread_ts ?? ts, respondTo: null },
    ...senderOf(installation, person),
    ...{ locale: person.locale, start: { defaults }, said, question: null },
  };
}

/** As Slack tells of a message that is not what it was. */
interface Changed {
  channel: string;
  message: Omit<Written, 'channel'>;
  previous_message?: Omit<Written, 'channel'> | undefined;
}

interface Deleted {
  channel: string;
  deleted_ts: string;
  previous_message?: Omit<Written, 'channel'> | undefined;
}

/** Of a message that was refused as it was, such as for being too long; an older one is not said anew. */
const SAID_ANEW_MS = 3_600_000;

/** A new text for a message of a lesson, as long as it makes a difference. */
export async function onEdit(bot: Bot, installation: Installation, changed: Changed): Promise<void> {
  const { channel, previous_message: before } = changed;
  const message = { ...changed.message, channel };
  // What has replies leaves something behind where it was.
  if (message.subtype === 'tombstone') {
    return onDelete(bot, { channel, deleted_ts: message.ts, previous_message: before });
  }
  const version = message.edited?.ts;
  // Slack tells of previews of links, of replies and the like in the same way. Files are read once.
  if (!version || version === before?.edited?.ts || message.files?.length) return;
  if (!isByPerson(installation, message)) return;
  await explained(bot, installation, message, () => takeEdit(bot, installation, message, version), version);
}

async function takeEdit(bot: Bot, installation: Installation, message: ByPerson, version: string): Promise<void> {
  const { ts: messageId, user, text: written = '' } = message;
  const threadId = threadIdOf(message);
  const lesson = await lessonOfThread(bot.db, 'slack', threadId);
  if (lesson?.learner === user) {
    const text = textOf(written, installation);
    if (text === '') return;
    const sender = senderIn(installation, lesson, await bot.people.of(installation.id, user));
    const edit = { platform: 'slack' as const, ...sender, threadId, messageId, text, version };
    if ((await receiveEdit(bot, edit)) !== 'unknown') return;
  }
  if (bot.now() - Number(messageId) * 1000 >= SAID_ANEW_MS) return;
  // A call that was refused where it stood may be taken now, and one that was forgotten is made up for.
  const isCall = !isDirect(message.channel) && callsUser(written, installation.botUserId);
  await (isCall ? onMention : onMessage)(bot, installation, message);
}

/** A lesson whose root or card is gone ends as its learner would end it. */
export async function onDelete(bot: Bot, deleted: Deleted): Promise<void> {
  const { channel, deleted_ts: messageId, previous_message: before } = deleted;
  const threadId = threadOf(channel, before?.thread_ts ?? messageId);
  await dropMessage(bot.db, { platform: 'slack', threadId, messageId });
  const root = threadOf(channel, messageId);
  const threads = await threadsOnMessage(bot.db, 'slack', root, { channelId: channel, messageId });
  for (const each of threads) await endGoneLesson(bot, 'slack', each);
}

/** Its threads are gone with it. What is still owed there reaches nobody. */
export async function onChannelGone(bot: Bot, channelId: string): Promise<void> {
  const threads = await threadsWithCardIn(bot.db, 'slack', channelId);
  for (const threadId of threads) await endGoneLesson(bot, 'slack', threadId);
}
