import type { API } from '@discordjs/core/http-only';
import {
  type APIMessage,
  MessageFlags,
  RESTJSONErrorCodes,
  type RESTPostAPIChannelMessageJSONBody,
} from 'discord-api-types/v10';
import type { SendResult, Utterance } from '../../../core/ports.ts';
import { oneLine } from '../../lines.ts';
import { cut } from '../../split.ts';
import type { Words } from '../../words.ts';
import { isRefusal, saysNo, sendFailure } from '../failures.ts';
import { channelOf } from '../lessons/threads.ts';
import { nonceOf } from './nonce.ts';

/** What can be listened to: a voice message of Discord's own or, where that is not allowed, a file with a line above. */

const OGG = 'audio/ogg';
/** What is read of a channel to find one that was sent before: the most that Discord tells at once. */
const PAGE = 100;
const LINE = 200;
const DESCRIPTION_LIMIT = 1_024;
/** Sending anything at all may be what is forbidden: then the file is refused as well. */
const NO_VOICE = [RESTJSONErrorCodes.MissingPermissions, RESTJSONErrorCodes.YouCannotSendVoiceMessagesInThisChannel];

export async function speak(api: API, utterance: Utterance, words: Words): Promise<SendResult> {
  try {
    const there = utterance.mayBeShown ? await shownBefore(api, utterance) : null;
    const { id } = there ?? (await show(api, utterance, words));
    return { ok: true, platformMessageIds: [id] };
  } catch (error) {
    return sendFailure(error);
  }
}

/**
 * One that was posted by an attempt of which nothing is known: its file has our name for it. The nonce would do as much,
 * but only for some minutes. Null also where Discord does not let us read.
 */
async function shownBefore(api: API, utterance: Utterance): Promise<APIMessage | null> {
  try {
    const messages = await api.channels.getMessages(channelOf(utterance.threadId), { limit: PAGE });
    const name = nameOf(utterance);
    return messages.find(({ attachments }) => attachments.some(({ filename }) => filename === name)) ?? null;
  } catch (error) {
    if (saysNo(error)) return null;
    throw error;
  }
}

async function show(api: API, utterance: Utterance, words: Words): Promise<APIMessage> {
  try {
    return await post(api, utterance, { flags: MessageFlags.IsVoiceMessage }, metadataOf(utterance));
  } catch (error) {
    if (!isRefusal(error, ...NO_VOICE)) throw error;
    const content = lineOf(utterance, words);
    return post(api, utterance, { content }, { description: cut(utterance.transcript, DESCRIPTION_LIMIT) });
  }
}

/** The same nonce in either form: whichever was posted is what Discord returns. */
function post(
  api: API,
  utterance: Utterance,
  body: RESTPostAPIChannelMessageJSONBody,
  metadata: object,
): Promise<APIMessage> {
  const { key, threadId, audio: data } = utterance;
  const filename = nameOf(utterance);
  return api.channels.createMessage(channelOf(threadId), {
    ...body,
    files: [{ name: filename, data, contentType: OGG }],
    attachments: [{ id: 0, filename, ...metadata }],
    allowed_mentions: { parse: [] },
    nonce: nonceOf(key),
    enforce_nonce: true,
  });
}

function nameOf({ key }: Utterance): string {
  return `voice-message-${nonceOf(key)}.ogg`;
}

function metadataOf({ seconds, waveform }: Utterance) {
  return { duration_secs: seconds, waveform: Buffer.from(waveform).toString('base64') };
}

/** In small letters: what is said stands above. */
function lineOf({ part, of, transcript, locale }: Utterance, words: Words): string {
  const place = of > 1 ? `${words.for(locale)('voice.part', { part: part + 1, of })} · ` : '';
  return `-# 🔊 ${place}${cut(oneLine(transcript), LINE)}`;
}
