import type { ReceiverEvent } from '@slack/bolt';
import type { Curriculum } from '../../../core/curriculum.ts';
import { orderByKey } from '../../in-order.ts';
import type { ReceiveDeps } from '../../receive.ts';
import type { Words } from '../../words.ts';
import type { Bot, Clients, People } from '../bot.ts';
import { openApp, type Take } from './app.ts';
import type { Tokens } from './tokens.ts';

export interface BotOptions {
  clients: Clients;
  people: People;
  tokens: Tokens;
  /** The only installation, once Slack has told which; null: there may be many. */
  only: (() => { workspace: string } | null) | null;
  words: Words;
  curriculum: Curriculum;
  /** Somebody gives replies a voice. */
  canSpeak?: boolean;
  now(): number;
}

/** Everything that takes in what happens in Slack, by whatever way it comes. */
export interface OpenedBot {
  bot: Bot;
  take: Take;
  tokens: Tokens;
  /** Finishes what was taken in, within so many milliseconds, and leaves the rest to be sent again. */
  settle(deadlineMs: number): Promise<void>;
}

export function openBot(deps: ReceiveDeps, options: BotOptions): OpenedBot {
  const { clients, people, words, curriculum, canSpeak = false, now, tokens, only } = options;
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const goesOn = (work: Promise<void>) => {
    underWay.add(work);
    work.catch(() => {}).finally(() => underWay.delete(work));
  };
  const bot: Bot = {
    ...deps,
    ...{ platform: 'slack', clients, people, words, curriculum, canSpeak, now },
    told: new Set(),
    inOrder: orderByKey(),
    ...{ goesOn, stopping: stopping.signal },
  };
  const take = openApp(bot, { tokens, only });
  return {
    ...{ bot, tokens },
    take(event: ReceiverEvent) {
      const work = take(event);
      goesOn(work);
      return work;
    },
    async settle(deadlineMs) {
      const deadline = new Promise<void>((resolve) => setTimeout(resolve, deadlineMs).unref());
      await Promise.race([Promise.allSettled([...underWay]), deadline]);
      stopping.abort();
    },
  };
}
