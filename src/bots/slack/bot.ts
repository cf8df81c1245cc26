import type { WebClient } from '@slack/web-api';
import type { Curriculum } from '../../core/curriculum.ts';
import type { InOrder } from '../in-order.ts';
import type { ReceiveDeps } from '../receive.ts';
import type { Words } from '../words.ts';

/** What everything that answers Slack's events works with. */
export interface Bot extends ReceiveDeps {
  platform: 'slack';
  clients: Clients;
  people: People;
  words: Words;
  curriculum: Curriculum;
  /** Somebody gives replies a voice. */
  canSpeak: boolean;
  /** What somebody was told about already, by message: Slack tells of a mention twice, and of anything once more. */
  told: Set<string>;
  /** One thing after the other within a thread, in the order in which it is asked for. */
  inOrder: InOrder;
  /** Of what goes on after it was acknowledged: it is finished before the process ends. */
  goesOn(work: Promise<void>): void;
  /** Ends what waits for the database or Slack to come back. */
  stopping: AbortSignal;
  now(): number;
}

/** Where the tutor is installed, as an event tells it: a workspace, or a whole organisation. */
export interface Installation {
  /** T…, or E… for an organisation: what the core calls a workspace. */
  id: string;
  /** As people call it. */
  name: string;
  /** The bot's own user there. */
  botUserId: string;
}

/** Of the installations: each has a token of its own. */
export interface Clients {
  /** Rejects with NotInstalled (failures.ts) where the tutor is not, or no longer, installed. */
  of(workspace: string): Promise<WebClient>;
}

/** Somebody, as Slack knows them. */
export interface Person {
  id: string;
  name: string;
  /** Of their client, as in "en-US"; null where Slack does not tell. */
  locale: string | null;
  /** They may decide for the whole workspace. */
  mayManage: boolean;
  /** The workspace that they are of: another one in channels that are shared through Slack Connect. */
  team: string | null;
}

/** Remembered for a while. */
export interface People {
  /** Who it is as far as Slack tells; never rejects: then only the id is known, and they may manage nothing. */
  of(workspace: string, userId: string): Promise<Person>;
  /** As it is now. Rejects when Slack does not tell. */
  freshly(workspace: string, userId: string): Promise<Person>;
}
