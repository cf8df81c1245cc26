import type { KnownBlock } from '@slack/types';
import { UserError } from '../../../errors.ts';
import type { Bot, Installation } from '../bot.ts';
import { NotInstalled, reasonOf, saysNo } from '../failures.ts';
import { sayable } from './text.ts';
import { wayOut } from './way-out.ts';

/** What one person reads about what they wrote, and nobody else. */

/** A message, and whose it is. */
export interface Answered {
  channel: string;
  user: string;
  ts: string;
  thread_ts?: string | undefined;
}

const MAX_TOLD = 10_000;

/** Once for each version of a message. Slack shows it in a thread only where there is one already. */
export async function tell(
  bot: Bot,
  installation: Pick<Installation, 'id'>,
  { channel, user, ts, thread_ts }: Answered,
  sentence: string,
  version = '',
  below: readonly KnownBlock[] = [],
): Promise<void> {
  const key = `${channel}:${ts}#${version}`;
  if (bot.told.has(key)) return;
  const text = sayable(sentence);
  try {
    const client = await bot.clients.of(installation.id);
    await client.chat.postEphemeral({
      ...{ channel, user, text },
      ...(below.length > 0 && { blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }, ...below] }),
      ...(thread_ts && thread_ts !== ts && { thread_ts }),
    });
  } catch (error) {
    if (!saysNo(error) && !(error instanceof NotInstalled)) throw error;
    bot.log.warn({ reason: reasonOf(error) }, 'somebody could not be told why');
  }
  if (bot.told.size >= MAX_TOLD) bot.told.clear();
  bot.told.add(key);
}

/** Whatever a person may read of what goes wrong, they are told. */
export async function explained(
  bot: Bot,
  installation: Pick<Installation, 'id'>,
  message: Answered,
  work: () => Promise<void>,
  version?: string,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const below = await wayOut(bot, installation.id, message.user, error);
    await tell(bot, installation, message, error.message, version, below);
  }
}
