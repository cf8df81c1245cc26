import { nudgeBilling } from '../../../core/billing/settling.ts';
import { noteRemoval, refreshSubscription } from '../../../core/billing/subscriptions.ts';
import type { Bot } from '../bot.ts';

/** What Discord tells of what servers pay. It is a hint: how things stand is asked for, and a round repairs what is missed. */

/** Somebody has bought, or something of it has changed: it counts from now on. Never throws. */
export async function onPremium(bot: Bot, entitlement: string): Promise<void> {
  const { billing, log } = bot;
  const source = billing?.sources.find(({ name }) => name === 'discord');
  if (!billing || !source) return;
  try {
    const asked = await refreshSubscription(billing, source, entitlement);
    if (asked.ok) await nudgeBilling(billing, entitlement);
    else log.warn({ entitlement, detail: asked.detail }, 'what a server has bought could not be asked for');
  } catch (error) {
    log.warn({ err: error, entitlement }, 'what a server has bought could not be kept');
  }
}

/** The bot was removed: whoever pays for the server is told, for it is paid for all the same. Never throws. */
export async function onRemoved({ billing, log }: Bot, guildId: string): Promise<void> {
  if (!billing) return;
  try {
    if (await noteRemoval(billing, 'discord', guildId)) await nudgeBilling(billing, guildId);
  } catch (error) {
    log.warn({ err: error, guildId }, 'that the bot was removed from a server that pays could not be kept');
  }
}
