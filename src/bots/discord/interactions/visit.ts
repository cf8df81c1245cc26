import type { Visitor } from '../../visitor.ts';
import type { Bot } from '../bot.ts';
import type { Exchange } from './exchange.ts';

/** One interaction of somebody on Discord. */
export interface Visit extends Visitor {
  bot: Bot;
  exchange: Exchange;
}
