import type { Role } from '../arguments.ts';
import type { Identity } from '../bots/discord/connection/identity.ts';
import { inviteUrl } from '../bots/discord/connection/invite.ts';
import { openRest } from '../bots/discord/connection/rest.ts';
import { webhookApp } from '../bots/webhook/app.ts';
import { webhookSurface } from '../bots/webhook/outbound.ts';
import type { DiscordConfig, WebhookConfig } from '../config.ts';
import type { Plans } from '../core/billing/plans.ts';
import type { SubscriptionSource } from '../core/billing/sources.ts';
import type { Speech, Surface } from '../core/ports.ts';
import type { Database } from '../db/database.ts';
import { SetupError } from '../errors.ts';
import type { Routes } from '../http/server.ts';
import type { Runtime } from '../runtime.ts';
import { introduced } from './introduced.ts';
import { narrationOptions } from './narrations.ts';
import type { Base, StartRow } from './parts.ts';

/** The chats that are configured, as a role serves them. */

/** One that keeps a connection of its own, on which it hears what happens. */
export interface Connection {
  /** Rejects while it is not connected. */
  check(): Promise<unknown>;
  /** Hears of nothing more, and finishes what it has heard of, within so many milliseconds. */
  close(deadlineMs: number): Promise<void>;
}

export interface Chat {
  rows: StartRow[];
  surface(db: Database): Surface;
  /** Subscriptions that the platform sells itself; absent: it sells none. */
  source?(plans: Plans): SubscriptionSource;
  /** What takes its HTTP requests; null: it sends none. */
  routes: ((runtime: Runtime) => readonly Routes[]) | null;
  /** Rejects with SetupError where somebody has to act; `onFatal` hears of that later. Null: it comes by HTTP. */
  connect:
    | ((runtime: Runtime, onFatal: (error: SetupError) => void, speech: Speech | null) => Promise<Connection>)
    | null;
}

/** Throws SetupError when there is none that this role could serve. */
export async function openChats(base: Base, role: Role): Promise<Chat[]> {
  const { webhook, discord, slack } = base.config;
  if (!webhook && !discord && !slack) {
    throw new SetupError([
      'No chat is configured: set DISCORD_TOKEN (docs/discord.md), SLACK_BOT_TOKEN and SLACK_APP_TOKEN (docs/slack.md), or CHAT_WEBHOOK_URL and CHAT_WEBHOOK_SECRET (docs/webhook.md), or run "npm start" without a role for a lesson in this terminal.',
    ]);
  }
  if (role === 'bot' && !discord && !slack?.appToken) {
    throw new SetupError([
      'No platform that needs a bot is configured: set DISCORD_TOKEN (docs/discord.md) or SLACK_APP_TOKEN (docs/slack.md). A chat over HTTP is served by "npm start -- web" and "npm start -- worker", or by "npm start -- all".',
    ]);
  }
  // Side by side: each may have to wait for its platform.
  const [discords, slacks] = await Promise.all([
    discord ? discordChat(base, discord, role) : null,
    slack ? import('./slack.ts').then(({ slackChat }) => slackChat(base, slack, role)) : null,
  ]);
  return [webhook && webhookChat(base, webhook), discords, slacks].filter((chat) => chat !== null);
}

function webhookChat({ log }: Base, config: WebhookConfig): Chat {
  return {
    rows: [{ part: 'chat', now: 'a chat of yours, over HTTP' }],
    surface: () => webhookSurface(config, { now: Date.now, log }),
    routes: (runtime) => [['/', webhookApp(runtime, config, { now: Date.now })]],
    connect: null,
  };
}

/**
 * Discord grants all processes with one token 50, and its seconds do not begin with ours. For one process of each role;
 * whoever runs more tells what each may ask. Acknowledgements do not count.
 */
const REQUESTS_PER_SECOND: Record<Role, number> = { all: 45, worker: 28, bot: 18, web: 2 };

/** The gateway is loaded only where it is used. */
async function discordChat(base: Base, config: DiscordConfig, role: Role): Promise<Chat> {
  const { log, stopping } = base;
  const [{ identify }, { openWords }, { discordSurface }, { discordPremium }] = await Promise.all([
    import('../bots/discord/connection/identity.ts'),
    import('../bots/words.ts'),
    import('../bots/discord/replies/outbound.ts'),
    import('../bots/discord/connection/premium.ts'),
  ]);
  const api = openRest(config, { perSecond: config.requestsPerSecond ?? REQUESTS_PER_SECOND[role] });
  const words = openWords();
  const identity = await introduced(identify(api, config, log, stopping.signal));
  const readsMessages = () => identity.known()?.readsMessages ?? false;
  const applicationId = () => identity.known()?.applicationId ?? null;
  const canSpeak = base.config.speech.engine !== 'off';
  return {
    rows: discordRows(identity.known()),
    surface: () => discordSurface(api, { words, log, readsMessages, applicationId, canSpeak }),
    source: (plans) => discordPremium(api, { plans, applicationId, now: () => new Date() }),
    routes: null,
    connect:
      role === 'bot' || role === 'all'
        ? async (runtime, onFatal, speech) => {
            const { connectDiscord } = await import('../bots/discord/connection/connect.ts');
            const { curriculum, voices } = runtime;
            const narration = narrationOptions(base, speech);
            const more = { canSpeak, voices, narration, now: Date.now, onFatal, stopping: stopping.signal };
            return connectDiscord(runtime, { config, api, identity: await identity.asked, words, curriculum, ...more });
          }
        : null,
  };
}

function discordRows(identity: Identity | null): StartRow[] {
  if (!identity) return [{ part: 'Discord', now: 'does not answer yet; it is asked until it does' }];
  const { name, readsMessages, applicationId } = identity;
  const mode = readsMessages
    ? 'learners simply write in their threads'
    : 'learners use buttons and forms, or mention the bot';
  return [
    {
      part: 'Discord',
      now: `${name}: ${mode}`,
      set: !readsMessages && 'the Message Content Intent, to read its threads',
    },
    { part: '', now: `to add it to a server: ${inviteUrl(applicationId)}` },
  ];
}
