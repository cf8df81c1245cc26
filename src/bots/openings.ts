import { admitLesson, type Full } from '../core/billing/lessons.ts';
import type { CardPlace, Picture, Recording, StartOptions } from '../core/messages.ts';
import { deleteOpening, finishOpening, keepOpening, recentOpenings, takeOpening } from '../db/openings.ts';
import { UserError } from '../errors.ts';
import { SHARED_QUEUE } from './queue.ts';
import { receive } from './receive.ts';
import type { Sender, Visitor } from './visitor.ts';
import type { Translate } from './words.ts';

/**
 * Lessons that begin. What was asked for is a row before it is done, and every part of it can be done twice, so that a
 * crash in between costs a moment.
 */

/** What a platform asks for; it adds where the lesson is to be. */
export interface Opening extends Sender {
  /** Of what asks for it: an interaction, or a message. No other of any platform has it. */
  id: string;
  /** What the message is called in its thread, where that is not enough to tell it from others elsewhere. */
  messageId?: string;
  locale: string | null;
  start: StartOptions;
  /** What was written when no lesson was there yet, and what asks for it. */
  said: { text: string; pictures: readonly Picture[]; recordings?: readonly Recording[] } | null;
  /** Said at once in the new lesson. */
  question: string | null;
}

/** Where it is opened. */
export interface Place {
  threadId: string;
  card: CardPlace;
}

type Bot = Visitor['bot'];

/** It may be opened, and is kept until it is. */
export interface Kept {
  /** False: another process has heard of it too, and was first; it may be done. */
  isFirst: boolean;
  /** Said when few more may begin this month; null: nothing has to be said. */
  left: string | null;
}

interface Where {
  /** False: nobody manages the place, and nothing can be bought for it. */
  isManaged?: boolean;
  /** Whether its lesson is there: who has heard of it too may have opened it since somebody looked. */
  isOpen?(): Promise<boolean>;
}

/** Throws UserError where the plan of the place leaves no room for another lesson, with what can be done about it. */
export async function rememberOpening(
  bot: Bot,
  opening: Opening,
  words: Translate,
  { isManaged = true, isOpen = async () => false }: Where = {},
): Promise<Kept> {
  const { id, workspace } = opening;
  const admitted = await admitLesson(bot, bot.platform, workspace, { id, request: opening });
  // That one may have had the plan's last place.
  if ((!admitted.ok || admitted.isFirst) && (await isOpen())) {
    await forgetOpening(bot, opening);
    return { isFirst: false, left: null };
  }
  const command = bot.platform === 'slack' ? '/tutor billing' : '/tutor-admin subscribe';
  const withWayOut = (sentence: string) =>
    isManaged ? `${sentence} ${words('billing.mayChange', { command })}` : sentence;
  if (!admitted.ok) throw new UserError('plan_limit', withWayOut(fullSentence(admitted.full, words)));
  const { isFirst, left } = admitted;
  return { isFirst, left: left === null ? null : withWayOut(words('billing.lessonsLeft', { count: left })) };
}

function fullSentence({ limit, most, plan }: Full, words: Translate): string {
  const sentence = limit === 'lessonsPerMonth' ? 'billing.lessonsUsed' : 'billing.lessonsAtOnce';
  return words(sentence, { count: most, plan: plan.title });
}

/** False: somebody else is at it, or has opened it. Who takes it opens it, gives it back, or forgets it. */
export function takeUpOpening(bot: Bot, { id }: Pick<Opening, 'id'>): Promise<boolean> {
  return takeOpening(bot.db, id);
}

/** It could not be opened now: whoever comes next may take it up. */
export async function giveBackOpening(bot: Bot, { id }: Pick<Opening, 'id'>): Promise<void> {
  await keepOpening(bot.db, id, false);
}

/** It takes longer. False: it is not to be opened any more. */
export function keepAtOpening(bot: Bot, { id }: Pick<Opening, 'id'>): Promise<boolean> {
  return keepOpening(bot.db, id, true);
}

/** Nothing is to be opened any more: the person was told why. */
export function forgetOpening(bot: Bot, { id }: Pick<Opening, 'id'>): Promise<void> {
  return deleteOpening(bot.db, id);
}

/** What a crash has left half open; `isFree`: and nobody else is at any more. */
export async function interruptedOpenings<Request extends Opening>(
  bot: Bot,
  { isFree = false } = {},
): Promise<Request[]> {
  const openings = await recentOpenings(bot.db, bot.platform, { isFree });
  return openings.map(({ request }) => request as Request);
}

/** The thread is there: resolves when the first message in it is promised to be answered. Safe to run again. */
export async function beginLesson(bot: Bot, opening: Opening, { threadId, card }: Place): Promise<void> {
  const { id, messageId = id, workspace, learner, locale, start, said, question } = opening;
  // Whoever was let in is not stopped again.
  const door = { ...bot, limits: null };
  const common = { platform: bot.platform, queue: SHARED_QUEUE, workspace, learner, threadId } as const;
  await receive(door, { ...common, messageId, text: '', ...said, start, card, ...(locale && { locale }) });
  if (question) await receive(door, { ...common, messageId: `${messageId}-question`, text: question });
  await finishOpening(bot.db, bot.platform, id, threadId);
}
