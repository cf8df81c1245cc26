import { onTestFinished } from 'vitest';
import { type ConnectOptions, connectDiscord, type DiscordBot } from '../../src/bots/discord/connection/connect.ts';
import { identify } from '../../src/bots/discord/connection/identity.ts';
import { discordPremium } from '../../src/bots/discord/connection/premium.ts';
import { openRest } from '../../src/bots/discord/connection/rest.ts';
import { discordSurface } from '../../src/bots/discord/replies/outbound.ts';
import { SHARED_QUEUE } from '../../src/bots/queue.ts';
import { openWords } from '../../src/bots/words.ts';
import type { DiscordConfig } from '../../src/config.ts';
import type { LessonState } from '../../src/core/lesson.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import { type BillingOptions, type Runtime, type RuntimeOptions, startRuntime } from '../../src/runtime.ts';
import type { ShownMessage } from '../twins/discord/shown.ts';
import { type DiscordTwin, type DiscordTwinOptions, startDiscordTwin } from '../twins/discord/twin.ts';
import { silentLog, until } from './classroom.ts';

export interface DiscordSchool {
  twin: DiscordTwin;
  runtime: Runtime;
  bot: DiscordBot;
}

export interface SchoolOptions {
  twin?: DiscordTwinOptions;
  config?: Partial<DiscordConfig>;
  runtime?: Partial<RuntimeOptions>;
  connect?: Partial<ConnectOptions>;
  /** What is sold; absent: nothing, and everybody has everything. */
  billing?(twin: DiscordTwin): Omit<BillingOptions, 'sources' | 'publicUrl'>;
  /** Servers and people that are there before the bot. */
  prepare?(twin: DiscordTwin): Promise<void> | void;
}

/** How long an acknowledgement may take where a test is not about that: a machine may stand still for seconds. */
export const PATIENT_MS = 60_000;

/** A twin of Discord, and a tutor for it in this process, until the test is finished. */
export async function openDiscordSchool(databaseUrl: string, options: SchoolOptions = {}): Promise<DiscordSchool> {
  const twin = await startDiscordTwin({ acknowledgeMs: PATIENT_MS, ...options.twin });
  onTestFinished(() => twin.close());
  await options.prepare?.(twin);
  const config = discordConfig(twin, options.config);
  const api = openRest(config);
  const words = openWords();
  const identity = await identify(api, config, silentLog, AbortSignal.timeout(20_000));
  const readsMessages = () => identity.readsMessages;
  const applicationId = () => identity.applicationId;
  const canSpeak = Boolean(options.runtime?.speech);
  const surface = discordSurface(api, {
    words,
    log: silentLog,
    readsMessages,
    applicationId,
    canSpeak,
    pause: async () => {},
  });
  const sold = options.billing?.(twin);
  const billing = sold && {
    ...{ ...sold, publicUrl: 'https://tutor.example' },
    sources: [discordPremium(api, { plans: sold.plans, applicationId, now: sold.now })],
  };
  const runtime = await startRuntime({
    ...(billing && { billing }),
    ...{ databaseUrl, model: offlineModel(), surfaces: () => [surface], queue: SHARED_QUEUE, log: silentLog },
    ...{ retryDelaysMs: [5, 5, 5], sweepMs: 200, patienceMs: 60_000 },
    ...options.runtime,
  });
  onTestFinished(() => runtime.close());
  const { curriculum, voices } = runtime;
  const bot = await connectDiscord(runtime, {
    ...{ config, api, identity, words, curriculum, canSpeak, voices, now: Date.now },
    onFatal: (error) => {
      throw error;
    },
    ...options.connect,
  });
  onTestFinished(() => bot.close(2_000));
  return { twin, runtime, bot };
}

function discordConfig(twin: DiscordTwin, more: Partial<DiscordConfig> = {}): DiscordConfig {
  const { token, url: apiUrl } = twin;
  return { token, apiUrl, guildId: null, shards: null, messageContent: 'auto', requestsPerSecond: null, ...more };
}

/** The last message of a channel, once it fits; messages come when they come. */
export async function lastMessage(
  twin: DiscordTwin,
  channelId: string,
  fits: (message: ShownMessage) => boolean = () => true,
): Promise<ShownMessage> {
  let last: ShownMessage | undefined;
  await until(() => {
    last = twin.messages(channelId).at(-1);
    return last !== undefined && fits(last);
  }).catch(() => {
    throw new Error(`nothing that fits; last was ${JSON.stringify(last?.content)} ${JSON.stringify(last?.embeds)}`);
  });
  return last as ShownMessage;
}

/** The only lesson of a thread. */
export async function stateOf(runtime: Runtime, threadId: string): Promise<LessonState> {
  const query = runtime.db.selectFrom('lessons').select('state').where('thread_id', '=', threadId);
  return (await query.executeTakeFirstOrThrow()).state;
}
