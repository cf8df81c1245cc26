import { setTimeout as sleep } from 'node:timers/promises';
import type { SendResult, ShownCard, Surface } from '../../../core/ports.ts';
import type { Logger } from '../../../log.ts';
import { type GlimpseOptions, openGlimpses } from '../../glimpses.ts';
import type { Words } from '../../words.ts';
import type { Clients, People } from '../bot.ts';
import { NotInstalled, reasonOf, saysNo, sendFailure } from '../failures.ts';
import { openDrafts } from './drafts.ts';
import { tellAdmins } from './notices.ts';
import { openPlaces, type Places, type RecipientOf } from './places.ts';
import { renderReply } from './render.ts';
import { type Sending, sendAll } from './sending.ts';
import { type Speaking, speakIn } from './speaking.ts';
import { openStatuses } from './statuses.ts';

export interface SlackSurfaceOptions {
  clients: Clients;
  /** A lesson's workspace tells whose token writes there, and its learner for whom a reply is streamed. */
  recipientOf: RecipientOf;
  people: Pick<People, 'of'>;
  /** Who installed the app in a workspace, who may be told what its admins are to know; null: not known. */
  installerOf(workspace: string): Promise<string | null>;
  words: Words;
  log: Logger;
  /** Replies can be listened to, and have a button for it. */
  canSpeak?: boolean;
  pause?: GlimpseOptions['pause'];
  now?: () => number;
}

/** A hundred additions a minute are taken of a workspace, and as many changes of status as anybody needs. */
const GLIMPSE_MS = 1_200;
const TYPING_AFTER_MS = 50;
const UNKNOWN: SendResult = { ok: false, reason: 'gone', detail: 'no lesson is known there' };

/**
 * Writes into the threads of Slack's channels and direct messages. A reply takes over the message in which it was written.
 * Slack would show twice what is posted twice: where that may be, the thread is read before, and what is there by its
 * key is left or taken over.
 */
export function slackSurface(options: SlackSurfaceOptions): Surface {
  const { clients, recipientOf, people, installerOf, words, log, canSpeak = false, pause, now = Date.now } = options;
  const places = openPlaces(clients, recipientOf, log);
  const statuses = openStatuses(words, now);
  const drafts = openDrafts({ now, log });
  const glimpses = openGlimpses({
    ...{ everyMs: GLIMPSE_MS, typingAfterMs: TYPING_AFTER_MS, reason: reasonOf, log, pause },
    async show(threadId, glimpse) {
      const place = await places.of(threadId);
      if (!place) return;
      if (glimpse.type === 'typing') return statuses.show(place);
      const before = glimpse.draft.id;
      await drafts.show(place, glimpse.text, glimpse.draft);
      if (glimpse.draft.id !== before) statuses.ended(threadId);
    },
  });
  const sending: Sending = { drafts, statuses, now };
  const held = new AbortController().signal;
  const speaking: Speaking = { words, now, pause: (ms) => (pause ? pause(ms, held) : sleep(ms)) };
  return {
    platform: 'slack',
    typing: glimpses.typing,
    preview: glimpses.preview,
    async send(delivery) {
      const { threadId, reply, locale } = delivery;
      // A glimpse that is under way could otherwise arrive after the reply, and take its place.
      await glimpses.end(threadId);
      const messages = renderReply(reply, { threadId, words: words.for(locale), canSpeak });
      try {
        const place = await places.of(threadId);
        if (!place) return UNKNOWN;
        return await sendAll(sending, place, delivery, messages);
      } catch (error) {
        return sendFailure(error);
      }
    },
    async speak(utterance) {
      try {
        const place = await places.of(utterance.threadId);
        if (!place) return UNKNOWN;
        const spoken = await speakIn(speaking, place, utterance);
        // As with any message, Slack has taken the status away.
        statuses.ended(utterance.threadId);
        return spoken;
      } catch (error) {
        return sendFailure(error);
      }
    },
    tellAdmins: (notice) => tellAdmins({ clients, people, words, installerOf, log }, notice),
    showCard: (card) => showCard(places, words, card),
  };
}

async function showCard(places: Places, words: Words, shown: ShownCard): Promise<SendResult> {
  const { card, reply, threadId, locale } = shown;
  const { channelId: channel, messageId: ts } = card;
  const [message] = renderReply(reply, { threadId, words: words.for(locale) });
  try {
    const place = await places.of(threadId);
    if (!place) return UNKNOWN;
    if (message) await place.client.chat.update({ channel, ts, ...message });
    return { ok: true, platformMessageIds: [ts] };
  } catch (error) {
    // What Slack says no to now is asked again with the lesson's next change, and no sooner.
    if (saysNo(error) || error instanceof NotInstalled) return { ok: false, reason: 'gone', detail: reasonOf(error) };
    return sendFailure(error);
  }
}
