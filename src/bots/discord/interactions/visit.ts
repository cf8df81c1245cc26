import type { Bot } from '../bot.ts';
import type { Sender } from '../lessons/people.ts';
import type { Translate } from '../replies/words.ts';
import type { Exchange } from './exchange.ts';

/** Somebody who does something on Discord: what everything that answers them works with. */
export interface Visitor {
  bot: Bot;
  sender: Sender;
  /** In their client's language. */
  words: Translate;
}

/** One interaction of theirs. */
export interface Visit extends Visitor {
  exchange: Exchange;
}
