import type { API } from '@discordjs/core/http-only';
import type { Curriculum } from '../../core/curriculum.ts';
import type { Download } from '../attachments.ts';
import type { InOrder } from '../in-order.ts';
import type { ReceiveDeps } from '../receive.ts';
import type { Words } from '../words.ts';
import type { Narrations } from './voice/narrations.ts';

/** What everything that answers Discord's events works with. */
export interface Bot extends ReceiveDeps {
  platform: 'discord';
  api: API;
  applicationId: string;
  botId: string;
  /** False: what is typed does not reach the bot, except in direct messages and where it is mentioned. */
  readsMessages: boolean;
  /** Somebody gives replies a voice. */
  canSpeak: boolean;
  /** That may be wished for in a language. */
  voices(language: string): Promise<readonly string[]>;
  words: Words;
  curriculum: Curriculum;
  /** Voice channels; null where nobody can speak. */
  narrations: Narrations | null;
  /** Of the servers, as the gateway tells them; in what people do, only their ids stand. */
  serverNames: Map<string, string>;
  /** Channels that have no lesson, so that not every message there asks the database. */
  quietChannels: Set<string>;
  /** One thing after the other within a channel, in the order in which it is asked for. */
  inOrder: InOrder;
  /** Reads a file that came with a message. */
  download: Download;
  /** Ends what waits for the database or Discord to come back: the next start asks for it. */
  stopping: AbortSignal;
  now(): number;
}
