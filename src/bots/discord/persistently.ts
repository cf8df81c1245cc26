import { setTimeout as sleep } from 'node:timers/promises';
import { DiscordAPIError } from '@discordjs/rest';
import { readHeard } from '../../db/heard.ts';
import type { Bot } from './bot.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;
/** Some minutes, in which nothing else of the channel is read: by then it is not the database, unless that is away. */
const MOST_ATTEMPTS = 20;

/** Until it is done: somebody wrote, and Discord tells of it once. Never throws. */
export async function persistently(
  bot: Pick<Bot, 'db' | 'log'>,
  stopping: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  let wait = FIRST_WAIT_MS;
  for (let attempt = 1; !stopping.aborted; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DiscordAPIError || (attempt >= MOST_ATTEMPTS && (await isUp(bot)))) {
        return bot.log.error({ err: error }, 'what somebody wrote was not taken in');
      }
      bot.log.warn({ err: error, waitMs: wait }, 'what somebody wrote could not be taken in yet');
      await sleep(wait, undefined, { signal: stopping, ref: false }).catch(() => {});
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }
}

function isUp({ db }: Pick<Bot, 'db'>): Promise<boolean> {
  return readHeard(db, 'discord').then(
    () => true,
    () => false,
  );
}
