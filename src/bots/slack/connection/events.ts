import type { App, Context } from '@slack/bolt';
import type { AllMessageEvents } from '@slack/types';
import { nudgeBilling } from '../../../core/billing/settling.ts';
import { noteRemoval } from '../../../core/billing/subscriptions.ts';
import { removeInstallation } from '../../../db/installations.ts';
import type { Bot, Installation } from '../bot.ts';
import { tirelessly } from '../failures.ts';
import { onHomeOpened } from '../interactions/home.ts';
import { onChannelGone, onDelete, onEdit, onMention, onMessage } from '../lessons/messages.ts';
import { threadOf } from '../lessons/threads.ts';
import { installationIn } from './context.ts';
import type { Tokens } from './tokens.ts';

/** What happens in Slack, and what is done about it. Each resolves when what happened is kept, or needs not be. */

export function registerEvents(app: App, bot: Bot, tokens: Tokens): void {
  /** Of what happens where the app is not installed any more, nobody wants to know. */
  const where = async (context: Context, then: (installation: Installation) => Promise<void>) => {
    const installation = installationIn(context);
    if (installation) await then(installation);
  };
  app.event('message', ({ event, context }) => where(context, (installation) => onAny(bot, installation, event)));
  app.event('app_mention', ({ event, context }) =>
    where(context, (installation) =>
      inOrder(bot, threadOf(event.channel, event.thread_ts ?? event.ts), (kept) =>
        onMention(bot, installation, event, { kept }),
      ),
    ),
  );
  app.event('app_home_opened', ({ event, context }) => where(context, (it) => onHomeOpened(bot, it, event)));
  app.event('channel_deleted', ({ event }) => inOrder(bot, event.channel, () => onChannelGone(bot, event.channel)));
  app.event('group_deleted', ({ event }) => inOrder(bot, event.channel, () => onChannelGone(bot, event.channel)));
  app.event('channel_archive', async ({ event }) => noteArchived(bot, event.channel));
  app.event('group_archive', async ({ event }) => noteArchived(bot, event.channel));
  app.event('app_uninstalled', ({ context, body }) => onRemoved(bot, tokens, context, body.event_time));
  app.event('tokens_revoked', async ({ event, context, body }) => {
    if (event.tokens.bot?.length) await onRemoved(bot, tokens, context, body.event_time);
  });
}

function onAny(bot: Bot, installation: Installation, event: AllMessageEvents): Promise<void> {
  switch (event.subtype) {
    case 'message_changed': {
      const { message } = event;
      const root = ('thread_ts' in message && message.thread_ts) || message.ts;
      return inOrder(bot, threadOf(event.channel, root), () => onEdit(bot, installation, event));
    }
    case 'message_deleted': {
      const before = event.previous_message;
      const root = ('thread_ts' in before && before.thread_ts) || event.deleted_ts;
      return inOrder(bot, threadOf(event.channel, root), () => onDelete(bot, event));
    }
    default: {
      const root = ('thread_ts' in event && event.thread_ts) || event.ts;
      return inOrder(bot, threadOf(event.channel, root), (kept) => onMessage(bot, installation, event, { kept }));
    }
  }
}

/**
 * One thing after the other within a thread, for as long as the database or Slack is away. Resolves when it is done, or
 * kept: what comes after it in the thread waits all the same.
 */
function inOrder(bot: Bot, thread: string, work: (kept: () => void) => Promise<void>): Promise<void> {
  const { promise: isKept, resolve: kept } = Promise.withResolvers<void>();
  const done = bot.inOrder(thread, async () => {
    await tirelessly(bot, () => work(kept));
    // Not done: not acknowledged either, so that it is sent again, to the next process.
    bot.stopping.throwIfAborted();
  });
  bot.goesOn(done);
  return Promise.race([isKept, done]);
}

/** Lessons stay as they are, and replies wait for a while: a channel may come back. */
function noteArchived({ log }: Bot, channel: string): void {
  log.info({ channel }, 'a channel in Slack was archived; its lessons are kept');
}

/** Lessons are kept, and what was paid: who installs the app again finds them where they were. */
async function onRemoved(
  { db, log, billing }: Bot,
  tokens: Tokens,
  { isEnterpriseInstall, enterpriseId, teamId }: Context,
  seconds: number,
): Promise<void> {
  const workspace = isEnterpriseInstall ? enterpriseId : teamId;
  if (!workspace) return;
  await removeInstallation(db, workspace, new Date(seconds * 1000));
  tokens.forget(workspace);
  log.warn({ workspace }, 'the app was removed from a workspace in Slack; its lessons are kept');
  // Nobody can be told there: it is kept for whoever runs the tutor.
  if (billing && (await noteRemoval(billing, 'slack', workspace))) await nudgeBilling(billing, workspace);
}
