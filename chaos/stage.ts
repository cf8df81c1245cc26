import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis, type TestRedis } from '../test/support/redis.ts';
import { type ChatTwin, startChatTwin } from '../test/twins/chat.ts';
import { type DiscordTwin, startDiscordTwin } from '../test/twins/discord/twin.ts';
import { startOpenAiTwin } from '../test/twins/openai.ts';
import type { Cleanup } from './cleanup.ts';
import type { Dice } from './dice.ts';
import { type Fleet, type FleetRole, SHUTDOWN_MS, startFleet } from './fleet.ts';
import { type ModelFault, playModel, type TeacherCall } from './model.ts';
import { type ChatFault, playChat, playDiscord } from './platform.ts';
import { type ChaosPostgres, startPostgres } from './postgres.ts';
import { openSlack, type SlackStage, type SlackWay } from './slack-stage.ts';
import { openStorms, type Storms } from './storms.ts';

/** Everything that the program runs on and against, all of it ours and on this machine. */
export interface Stage {
  postgres: ChaosPostgres;
  /** Null: the queues are in Postgres. */
  redis: TestRedis | null;
  /** Null: no lessons there. */
  chat: ChatTwin | null;
  discord: DiscordTwin | null;
  slack: SlackStage | null;
  modelCalls: readonly TeacherCall[];
  /** What the model has to say against the program. */
  complaints(): string[];
  storms: { chat: Storms<ChatFault>; model: Storms<ModelFault> };
  fleet: Fleet;
}

type Backend = 'redis' | 'postgres';
export type Platform = 'webhook' | 'discord' | 'slack';

/** What a run is about. */
export interface Setting {
  backend: Backend;
  platforms: readonly Platform[];
  /** How Slack tells of what happens there. */
  slackWay: SlackWay;
}

const SECRET = 'a secret of sixteen or more';
/** In the form of Discord's: three parts. */
const TOKEN = 'bm9ib2R5LWlzLWF0LXRoaXM.Ym90LQ.b2YtYS10d2luLW9mLURpc2NvcmQ';
const UP_MS = 60_000;
/** Whatever happens, a message that was not taken is posted again. */
const PATIENCE_MS = 3_600_000;
const POST_MS = 5_000;

/** Opens it and waits until the program is up. Throws when it does not come up, or when there is no redis-server. */
export async function openStage(
  options: Setting & { logs: string | null; dice: Dice },
  cleanup: Cleanup,
): Promise<Stage> {
  const { dice } = options;
  const directory = await mkdtemp(join(tmpdir(), 'threadtutor-chaos-'));
  cleanup.add(() => rm(directory, { recursive: true, force: true }));
  // Under root, Postgres runs as another user, who must be able to enter.
  await chmod(directory, 0o755);
  const logs = options.logs ?? directory;
  await mkdir(logs, { recursive: true });
  const postgres = await startPostgres(directory);
  cleanup.add(() => postgres.stop());
  const redis = options.backend === 'redis' ? await startRedis() : null;
  if (redis) cleanup.add(() => redis.stop());
  else if (options.backend === 'redis') throw new Error('there is no redis-server on this machine');
  const model = await startOpenAiTwin();
  cleanup.add(() => model.close());
  const storms = { chat: openStorms<ChatFault>(dice), model: openStorms<ModelFault>(dice) };
  const chat = options.platforms.includes('webhook') ? await openChat(storms.chat, cleanup) : null;
  const discord = options.platforms.includes('discord') ? await openDiscord(storms.chat, cleanup) : null;
  const slack = options.platforms.includes('slack') ? await openSlack(storms.chat, options.slackWay, cleanup) : null;
  const environment = environmentOf(directory, {
    DATABASE_URL: postgres.url,
    ...(redis && { REDIS_URL: redis.url }),
    OPENAI_BASE_URL: model.url,
    ...(chat && { CHAT_WEBHOOK_URL: chat.url, CHAT_WEBHOOK_SECRET: SECRET }),
    ...(discord && { DISCORD_API_URL: discord.url, DISCORD_TOKEN: TOKEN }),
    ...slack?.environment,
  });
  const fleet = await startFleet({ roles: rolesFor(options), environment, logs, dice });
  cleanup.add(() => fleet.close());
  await fleet.waitUntilUp(UP_MS);
  chat?.connect(...fleet.urls);
  await slack?.connect(fleet.urls);
  const modelCalls = playModel(model, storms.model, dice);
  const complaints = () => model.complaints;
  return { postgres, redis, chat, discord, slack, modelCalls, complaints, storms, fleet };
}

/** Those that the platforms need. */
export function rolesFor({ platforms, slackWay }: Pick<Setting, 'platforms' | 'slackWay'>): FleetRole[] {
  const onSlack = platforms.includes('slack');
  return [
    ...(platforms.includes('webhook') || (onSlack && slackWay === 'http') ? ['web' as const] : []),
    ...(platforms.includes('discord') || (onSlack && slackWay === 'socket') ? ['bot' as const] : []),
    'worker',
  ];
}

async function openChat(storms: Storms<ChatFault>, cleanup: Cleanup): Promise<ChatTwin> {
  const chat = await startChatTwin({ secret: SECRET, timeoutMs: POST_MS, patienceMs: PATIENCE_MS });
  cleanup.add(() => chat.close());
  playChat(chat, storms);
  return chat;
}

async function openDiscord(storms: Storms<ChatFault>, cleanup: Cleanup): Promise<DiscordTwin> {
  const discord = await startDiscordTwin({ token: TOKEN });
  cleanup.add(() => discord.close());
  playDiscord(discord, storms);
  return discord;
}

/** The whole configuration: nothing of the machine's own may switch a part of the program to somebody's service. */
function environmentOf(directory: string, addresses: Record<string, string>): Record<string, string> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE } = process.env;
  return {
    ...{ PATH, HOME },
    ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }),
    ...addresses,
    DATA_DIR: join(directory, 'data'),
    MODEL_LARGE: 'scripted',
    SHUTDOWN_MS: `${SHUTDOWN_MS}`,
    // So little that turns wait for a place, and so much that nobody is sent away.
    WORKSPACE_CONCURRENCY: '5',
    LEARNER_CONCURRENCY: '2',
    LEARNER_MESSAGES_PER_MINUTE: '1000',
    WORKSPACE_MESSAGES_PER_MINUTE: '10000',
    ...{ BUDGET_TURN_USD: 'none', BUDGET_LESSON_USD: 'none' },
  };
}
