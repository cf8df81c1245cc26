import { App, type AuthorizeResult, type Receiver, type ReceiverEvent } from '@slack/bolt';
import type { Bot } from '../bot.ts';
import { quietLogger } from './clients.ts';
import { registerEvents } from './events.ts';
import { registerInteractions } from './interactions.ts';
import type { Tokens } from './tokens.ts';

/** What Slack sends, by whatever way it comes: Bolt finds out what it is, and for which installation. */

/** Resolves when it is taken in, and acknowledged. Rejects where the same has to come again. */
export type Take = (event: ReceiverEvent) => Promise<void>;

export interface AppOptions {
  tokens: Tokens;
  /** The only installation, whatever an event says, once Slack has told which; null: each as the event says. */
  only: (() => { workspace: string } | null) | null;
}

export function openApp(bot: Bot, { tokens, only }: AppOptions): Take {
  const app = new App({
    receiver: NO_RECEIVER,
    convoStore: false,
    attachFunctionToken: false,
    // Whoever is not installed any more is heard of nonetheless, such as when it says so.
    async authorize({ teamId, enterpriseId, isEnterpriseInstall }): Promise<AuthorizeResult> {
      const said = isEnterpriseInstall ? enterpriseId : teamId;
      const workspace = only ? only()?.workspace : said;
      if (only && !workspace) throw new Error('Slack has not told yet where the app is installed');
      const access = workspace ? await tokens.of(workspace) : null;
      if (!workspace || !access) return {};
      const { token: botToken, name: workspaceName, botUserId, botId } = access;
      return { botToken, botUserId, botId, workspace, workspaceName };
    },
    logger: quietLogger(bot.log),
  });
  // What goes wrong is for whoever took the event in: it is not to be acknowledged.
  app.error(async (error) => {
    throw error;
  });
  registerEvents(app, bot, tokens);
  registerInteractions(app, bot);
  return (event) => (event.body.type === 'event_callback' ? takeEvent(app, event) : app.processEvent(event));
}

/**
 * Bolt acknowledges an event before anybody has looked at it. Here that waits until it is kept: what is lost before is
 * sent again.
 */
async function takeEvent(app: App, event: ReceiverEvent): Promise<void> {
  await app.processEvent({ ...event, ack: async () => {} });
  await event.ack();
}

/** What comes is handed to `Take`. */
const NO_RECEIVER: Receiver = {
  init() {},
  async start() {},
  async stop() {},
};
