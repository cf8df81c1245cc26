import type { Button } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { AdminNotice, SendResult } from '../../../core/ports.ts';
import type { Logger } from '../../../log.ts';
import { noticeText } from '../../billing.ts';
import { cut } from '../../split.ts';
import type { Words } from '../../words.ts';
import type { Clients, People } from '../bot.ts';
import { NotInstalled, reasonOf, saysNo, sendFailure } from '../failures.ts';
import { directChannel } from '../lessons/people.ts';
import { escaped, plainText } from './escape.ts';
import { keyOf, metadataOf } from './posting.ts';
import type { SlackPost } from './render.ts';

/** What those who run a workspace are to know of its subscription: where they want it, else whoever pays or installed. */

/** Of a button that opens what a workspace has and pays. */
export const OPEN_BILLING = 'billing:open';

const TEXT_LIMIT = 2_900;

export interface Noticing {
  clients: Clients;
  people: Pick<People, 'of'>;
  words: Words;
  /** Who installed the app; null: not known. */
  installerOf(workspace: string): Promise<string | null>;
  log: Logger;
}

/** Never throws. What Slack does not take in one place is told in the next one. */
export async function tellAdmins(noticing: Noticing, notice: AdminNotice): Promise<SendResult> {
  const { clients, installerOf } = noticing;
  const { kind, workspace, payer } = notice;
  try {
    const [client, installer] = await Promise.all([clients.of(workspace), installerOf(workspace)]);
    if (kind === 'kicked') return await answerToRemoval(client);
    const people = [...new Set([payer, installer])].filter((user) => user !== null);
    return await tellInTurn(noticing, client, notice, people);
  } catch (error) {
    if (error instanceof NotInstalled) return gone(reasonOf(error));
    return sendFailure(error);
  }
}

const gone = (detail: string): SendResult => ({ ok: false, reason: 'gone', detail });

/** Nobody can be told where the app is not, and where it is again, there is nothing to tell. */
async function answerToRemoval(client: WebClient): Promise<SendResult> {
  try {
    await client.auth.test();
    return { ok: true, platformMessageIds: [] };
  } catch (error) {
    if (!saysNo(error)) throw error;
    return gone(reasonOf(error));
  }
}

async function tellInTurn(
  noticing: Noticing,
  client: WebClient,
  notice: AdminNotice,
  people: readonly string[],
): Promise<SendResult> {
  const { id, channel } = notice;
  const places = [
    ...(channel ? [async () => channel] : []),
    ...people.map((user) => () => directChannel(client, user)),
  ];
  // Stripe may tell of a subscription before it tells who has paid.
  if (places.length === 0) return { ok: false, reason: 'retry', detail: 'nobody is known who could be told' };
  const message = await messageFor(noticing, notice, people[0] ?? null);
  let detail = '';
  for (const place of places) {
    try {
      return { ok: true, platformMessageIds: [await postOnce(client, await place(), message, id)] };
    } catch (error) {
      if (!saysNo(error)) throw error;
      detail = reasonOf(error);
      noticing.log.debug({ notice: id, reason: detail }, 'a notice was not taken, and is told in the next place');
    }
  }
  return gone(detail);
}

/** There once: an earlier attempt, of which we did not hear, has left it there with its key. Resolves with its ts. */
async function postOnce(client: WebClient, channel: string, message: SlackPost, key: string): Promise<string> {
  const there = await find(client, channel, key);
  if (there !== null) return there;
  const shown = { ...message, unfurl_links: false, unfurl_media: false };
  const { ts } = await client.chat.postMessage({ channel, ...shown, metadata: metadataOf(key) });
  if (!ts) throw new Error('Slack took a notice without saying where it is');
  return ts;
}

/** Admins read few notices, and write little where they are told of them. */
const LOOKED_AT = 100;

/** Null also where Slack does not let us read. */
async function find(client: WebClient, channel: string, key: string): Promise<string | null> {
  try {
    const { messages = [] } = await client.conversations.history({
      ...{ channel, limit: LOOKED_AT, include_all_metadata: true },
    });
    return messages.find(({ metadata }) => keyOf(metadata) === key)?.ts ?? null;
  } catch (error) {
    if (!saysNo(error)) throw error;
    return null;
  }
}

/** In the language of whoever it is most about. The button asks for the rights of whoever presses it. */
async function messageFor({ people, words }: Noticing, notice: AdminNotice, reader: string | null): Promise<SlackPost> {
  const locale = reader === null ? null : (await people.of(notice.workspace, reader)).locale;
  const translate = words.for(locale);
  const text = cut(
    escaped(noticeText(notice, { words: translate, locale }, { command: '/tutor billing', named: false })),
    TEXT_LIMIT,
  );
  const open: Button = {
    ...{ type: 'button', action_id: OPEN_BILLING },
    text: plainText(translate('billing.title'), 75),
  };
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      { type: 'actions', elements: [open] },
    ],
  };
}
