import type { WebClient } from '@slack/web-api';
import { newLesson } from '../../../core/lesson.ts';
import { cardReply } from '../../../core/replies.ts';
import { oneLine } from '../../lines.ts';
import { beginLesson, type Opening, type Place } from '../../openings.ts';
import { cut } from '../../split.ts';
import type { Bot } from '../bot.ts';
import { reasonOf, saysNo } from '../failures.ts';
import { keyOf, metadataOf } from '../replies/posting.ts';
import { renderReply } from '../replies/render.ts';
import { sayable } from './text.ts';
import { isDirect, rootOf, threadOf } from './threads.ts';

/** Opens lessons: a card in the channel with a thread on it, or in the thread on what the person wrote. */

export interface Request extends Opening {
  channelId: string;
  /** Of the message whose thread the lesson is in; null: the card opens the thread. */
  rootTs: string | null;
  /** The response URL on which the person is told where the lesson is; null where they are there already. */
  respondTo: string | null;
}

/**
 * Resolves with the lesson's thread, when the first message of it is promised to be answered. Safe to run again;
 * `isAgain`: an earlier attempt may have left a part of it.
 */
export async function openLesson(bot: Bot, request: Request, isAgain = false): Promise<string> {
  const client = await bot.clients.of(request.workspace.id);
  const place = await placeFor(bot, client, request, isAgain);
  await beginLesson(bot, request, place);
  // It stands in a list beside the messages, and no lesson waits for it.
  if (isDirect(place.threadId)) void entitle(bot, client, place.threadId, request);
  return place.threadId;
}

/**
 * Goes on with what a process was opening when it died, and tells the person where it is, if they can still be told.
 * Rejects where it cannot be opened.
 */
export async function finishOpening(bot: Bot, request: Request): Promise<void> {
  const threadId = await openLesson(bot, request, true);
  const { respondTo } = request;
  if (respondTo === null) return;
  await tellOfOpening(bot, request, threadId, respondTo).catch((error: unknown) => {
    bot.log.warn({ reason: reasonOf(error) }, 'a lesson that was asked for before the restart could not be told of');
  });
}

async function tellOfOpening(bot: Bot, request: Request, threadId: string, respondTo: string): Promise<void> {
  const { channelId, locale, workspace } = request;
  const thread = await permalinkOf(bot, workspace.id, channelId, rootOf(threadId));
  const text = sayable(bot.words.for(locale)('start.opened', { thread }));
  const response = await fetch(respondTo, {
    ...{ method: 'POST', redirect: 'error', signal: AbortSignal.timeout(RESPONSE_MS) },
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, text }),
  });
  if (!response.ok) throw new Error(`a response URL took no answer: ${response.status}`);
}

const RESPONSE_MS = 5_000;

async function placeFor(bot: Bot, client: WebClient, request: Request, isAgain: boolean): Promise<Place> {
  const { channelId, rootTs } = request;
  const left = isAgain ? await cardLeft(bot, client, request) : null;
  const messageId = left ?? (await postCard(bot, client, request));
  return { threadId: threadOf(channelId, rootTs ?? messageId), card: { channelId, messageId } };
}

function cardKey({ id }: Pick<Request, 'id'>): string {
  return `card-${id}`;
}

/** It has no buttons yet, which would have to know their thread: those come with its first update. */
async function postCard(bot: Bot, client: WebClient, request: Request): Promise<string> {
  const { channelId, rootTs, start, locale } = request;
  const card = { ...cardReply(newLesson()), text: start.topic ?? '' };
  const words = bot.words.for(locale);
  const [message] = renderReply(card, { threadId: threadOf(channelId, rootTs ?? ''), words });
  const { ts } = await client.chat.postMessage({
    ...{ channel: channelId, text: message?.text ?? '', blocks: message?.blocks ?? [] },
    ...(rootTs && { thread_ts: rootTs }),
    ...{ unfurl_links: false, unfurl_media: false },
    metadata: metadataOf(cardKey(request)),
  });
  if (!ts) throw new Error('Slack took a card without saying where it is');
  return ts;
}

/** Longer than an opening is gone on with. */
const LOOK_BACK_MS = 20 * 60_000;
const PAGE = 200;

/** Slack has no name by which posting twice would be once, so a card that an earlier attempt has left is looked for. */
async function cardLeft(bot: Bot, client: WebClient, request: Request): Promise<string | null> {
  try {
    return await findCard(bot, client, request);
  } catch (error) {
    if (!saysNo(error)) throw error;
    bot.log.warn({ reason: reasonOf(error) }, 'a card may be there twice: what was written there may not be read');
    return null;
  }
}

async function findCard(bot: Bot, client: WebClient, request: Request): Promise<string | null> {
  const { channelId: channel, rootTs } = request;
  const oldest = String((bot.now() - LOOK_BACK_MS) / 1000);
  let cursor: string | undefined;
  do {
    const page = { channel, oldest, include_all_metadata: true, limit: PAGE, ...(cursor && { cursor }) };
    const { messages = [], response_metadata: next } = rootTs
      ? await client.conversations.replies({ ...page, ts: rootTs })
      : await client.conversations.history(page);
    const card = messages.find(({ metadata }) => keyOf(metadata) === cardKey(request));
    if (card?.ts) return card.ts;
    cursor = next?.next_cursor;
  } while (cursor);
  return null;
}

const TITLE_LIMIT = 60;

/** Never rejects. */
async function entitle(bot: Bot, client: WebClient, threadId: string, { channelId, start, said }: Request) {
  const title = cut(oneLine(start.topic ?? said?.text ?? ''), TITLE_LIMIT);
  if (title === '') return;
  try {
    await client.assistant.threads.setTitle({ channel_id: channelId, thread_ts: rootOf(threadId), title });
  } catch (error) {
    bot.log.debug({ reason: reasonOf(error) }, 'a thread was not given its title');
  }
}

/** A link to a message; where Slack has none, its channel's mention. */
export async function permalinkOf(
  bot: Pick<Bot, 'clients'>,
  workspace: string,
  channel: string,
  ts: string,
): Promise<string> {
  const client = await bot.clients.of(workspace);
  try {
    const { permalink } = await client.chat.getPermalink({ channel, message_ts: ts });
    return permalink ?? `<#${channel}>`;
  } catch (error) {
    if (!saysNo(error)) throw error;
    return `<#${channel}>`;
  }
}
