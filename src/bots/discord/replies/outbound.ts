import type { API } from '@discordjs/core/http-only';
import { DiscordAPIError } from '@discordjs/rest';
import {
  type APIMessage,
  RESTJSONErrorCodes,
  type RESTPatchAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
} from 'discord-api-types/v10';
import type { OutboundDelivery, SendResult, ShownCard, Surface } from '../../../core/ports.ts';
import type { Logger } from '../../../log.ts';
import { type GlimpseOptions, openGlimpses } from '../../glimpses.ts';
import type { Words } from '../../words.ts';
import { isRefusal, reasonOf, sendFailure } from '../failures.ts';
import { channelOf, isDirect } from '../lessons/threads.ts';
import { tellAdmins } from './admin-notices.ts';
import { nonceOf } from './nonce.ts';
import { renderPreview, renderReply } from './render.ts';
import { speak } from './speaking.ts';

export interface DiscordSurfaceOptions {
  words: Words;
  log: Logger;
  /** False: what is typed does not reach the bot, except in direct messages and where it is mentioned. */
  readsMessages(): boolean;
  /** Null: not known yet. */
  applicationId(): string | null;
  /** Replies can be listened to, and have a button for it. */
  canSpeak?: boolean;
  pause?: GlimpseOptions['pause'];
}

type Post = RESTPostAPIChannelMessageJSONBody;

/** Discord takes five edits of a channel in five seconds, and the finished reply is one of them. */
const GLIMPSE_MS = 1_200;
const TYPING_AFTER_MS = 50;

/**
 * Writes into Discord's threads and direct messages. A reply takes over the message in which it was written; what
 * was shown already is not shown twice, by an enforced nonce for some minutes, by what we recorded for ever.
 */
export function discordSurface(api: API, options: DiscordSurfaceOptions): Surface {
  const { words, log, readsMessages, applicationId, canSpeak = false, pause } = options;
  const glimpses = openGlimpses({
    ...{ everyMs: GLIMPSE_MS, typingAfterMs: TYPING_AFTER_MS, reason: reasonOf, log, pause },
    async show(threadId, glimpse) {
      const channel = channelOf(threadId);
      if (glimpse.type === 'typing') return api.channels.showTyping(channel);
      const content = renderPreview(glimpse.text);
      const { draft } = glimpse;
      if (content === '') return;
      if (draft.id) await api.channels.editMessage(channel, draft.id, whole({ content }));
      else await draft.shown((await post(api, channel, { content }, draft.key)).id);
    },
  });
  return {
    platform: 'discord',
    typing: glimpses.typing,
    preview: glimpses.preview,
    async send(delivery) {
      // A glimpse that is under way could otherwise arrive after the reply, and take its place.
      await glimpses.end(delivery.threadId);
      const { reply, threadId, locale } = delivery;
      const needsButtons = !readsMessages() && !isDirect(threadId);
      const messages = renderReply(reply, { threadId, words: words.for(locale), needsButtons, canSpeak });
      try {
        return await sendAll(api, delivery, messages);
      } catch (error) {
        return sendFailure(error);
      }
    },
    speak: (utterance) => speak(api, utterance, words),
    tellAdmins: (notice) => tellAdmins(api, notice, { words, applicationId }),
    showCard: (card) => showCard(api, card, words),
  };
}

async function sendAll(api: API, delivery: OutboundDelivery, messages: readonly Post[]): Promise<SendResult> {
  const channel = channelOf(delivery.threadId);
  const ids = [...delivery.posted];
  for (const [index, message] of messages.entries()) {
    if (index < delivery.posted.length) continue;
    const isFirst = index === 0 && delivery.draft !== null;
    ids.push(isFirst ? await takeOver(api, delivery, message) : await postOnce(api, channel, message, delivery, index));
    if (index < messages.length - 1) await delivery.onPosted([...ids]);
  }
  return { ok: true, platformMessageIds: ids };
}

async function postOnce(api: API, channel: string, message: Post, { id }: OutboundDelivery, index: number) {
  return (await post(api, channel, message, `${id}-${index}`)).id;
}

/**
 * Puts the finished reply where its draft is. A draft that was shown, but not recorded before a crash, is what Discord
 * returns for the draft's key: then it is there, with less in it.
 */
async function takeOver(api: API, delivery: OutboundDelivery, message: Post): Promise<string> {
  const channel = channelOf(delivery.threadId);
  const { draft } = delivery;
  if (draft?.id) {
    try {
      return await replace(api, channel, draft.id, message);
    } catch (error) {
      // Somebody has deleted it meanwhile.
      if (!isRefusal(error, RESTJSONErrorCodes.UnknownMessage)) throw error;
      return postOnce(api, channel, message, delivery, 0);
    }
  }
  const shown = await post(api, channel, message, draft?.key ?? `${delivery.id}-0`);
  return isSame(shown, message) ? shown.id : replace(api, channel, shown.id, message);
}

async function replace(api: API, channel: string, id: string, message: Post): Promise<string> {
  const edit = () => api.channels.editMessage(channel, id, whole(message));
  try {
    await edit();
  } catch (error) {
    // What is posted brings an archived thread back by itself; what is edited does not.
    if (!isRefusal(error, RESTJSONErrorCodes.InvalidActionOnArchivedThread)) throw error;
    await api.channels.edit(channel, { archived: false });
    await edit();
  }
  return id;
}

function post(api: API, channel: string, message: Post, key: string): Promise<APIMessage> {
  return api.channels.createMessage(channel, {
    ...message,
    allowed_mentions: { parse: [] },
    nonce: nonceOf(key),
    enforce_nonce: true,
  });
}

/** Every field, so that nothing of what was there before is left. */
function whole({ content = '', embeds = [], components = [] }: Post): RESTPatchAPIChannelMessageJSONBody {
  return { content, embeds, components, allowed_mentions: { parse: [] } };
}

function isSame(shown: APIMessage, { content = '', embeds = [], components = [] }: Post): boolean {
  return (
    shown.content === content.trim() &&
    shown.embeds.length === embeds.length &&
    (shown.components ?? []).length === components.length
  );
}

async function showCard(api: API, { card, reply, threadId, locale }: ShownCard, words: Words): Promise<SendResult> {
  const [message] = renderReply(reply, { threadId, words: words.for(locale), needsButtons: false, canSpeak: false });
  try {
    if (message) await api.channels.editMessage(card.channelId, card.messageId, whole(message));
    return { ok: true, platformMessageIds: [card.messageId] };
  } catch (error) {
    // What Discord says no to now is asked again with the lesson's next change, and no sooner.
    if (error instanceof DiscordAPIError) return { ok: false, reason: 'gone', detail: reasonOf(error) };
    return sendFailure(error);
  }
}
