import type { WebClient } from '@slack/web-api';
import type { Logger } from '../../../log.ts';
import type { Clients } from '../bot.ts';
import { channelOf, isDirect, rootOf } from '../lessons/threads.ts';
import { remembering } from './remembered.ts';

/** Whom a lesson's thread belongs to. */
interface Recipient {
  /** The installation whose token writes there: T…, or E… for an organisation. */
  workspace: string;
  learner: string;
  /** The workspace that the learner is of; null where that is not known. */
  team: string | null;
  /** Of the learner's client. */
  locale?: string | null;
}

/** Null where no lesson is known. */
export type RecipientOf = (threadId: string) => Promise<Recipient | null>;

/** Where a reply goes, and by whose hand. */
export interface Place {
  threadId: string;
  channel: string;
  /** The message that the thread is on. */
  root: string;
  workspace: string;
  client: WebClient;
  locale: string | null;
  /** For whom a reply is streamed; in direct messages Slack knows, and null elsewhere means that we do not. */
  reader: { recipient_user_id: string; recipient_team_id: string } | null;
  isDirect: boolean;
  log: Logger;
}

export interface Places {
  /** Null where no lesson is known. Rejects where that cannot be told, and where the tutor is not installed. */
  of(threadId: string): Promise<Place | null>;
}

const MOST_THREADS = 5_000;

/** A thread stays with its lesson, so that it is asked about once. */
export function openPlaces(clients: Clients, recipientOf: RecipientOf, log: Logger): Places {
  const recipients = remembering<Recipient>(MOST_THREADS);
  return {
    async of(threadId) {
      const recipient = recipients.get(threadId) ?? (await recipientOf(threadId));
      if (!recipient) return null;
      // What Slack did not tell now it may tell the next time.
      if (recipient.team !== null) recipients.set(threadId, recipient);
      const { workspace, learner, locale = null } = recipient;
      const team = recipient.team ?? (workspace.startsWith('T') ? workspace : null);
      return {
        ...{ threadId, channel: channelOf(threadId), root: rootOf(threadId), workspace, locale },
        client: await clients.of(workspace),
        reader: team === null ? null : { recipient_user_id: learner, recipient_team_id: team },
        ...{ isDirect: isDirect(threadId), log },
      };
    },
  };
}
