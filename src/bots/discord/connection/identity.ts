import { setTimeout as sleep } from 'node:timers/promises';
import type { API } from '@discordjs/core/http-only';
import { DiscordAPIError } from '@discordjs/rest';
import { ApplicationFlags } from 'discord-api-types/v10';
import type { DiscordConfig } from '../../../config.ts';
import { SetupError } from '../../../errors.ts';
import type { Logger } from '../../../log.ts';
import { reasonOf } from '../failures.ts';

/** Who the bot is, and what Discord lets it read. */
export interface Identity {
  name: string;
  applicationId: string;
  botId: string;
  /** False: what is typed does not reach it, except in direct messages and where it is mentioned. */
  readsMessages: boolean;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Asks Discord, for as long as it cannot be reached: who restarts in an outage is there when it is over. Rejects with
 * SetupError where somebody has to act, and with an AbortError when it is told to stop.
 */
export async function identify(api: API, config: DiscordConfig, log: Logger, stopping: AbortSignal): Promise<Identity> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await ask(api, config);
    } catch (error) {
      if (error instanceof DiscordAPIError && error.status === 401) throw tokenError();
      if (error instanceof DiscordAPIError && error.status === 404) throw notDiscord();
      log.warn({ reason: reasonOf(error), waitMs: wait }, 'Discord does not answer yet');
      await sleep(wait, undefined, { signal: stopping });
    }
  }
}

async function ask(api: API, { messageContent }: DiscordConfig): Promise<Identity> {
  const [application, user] = await Promise.all([api.applications.getCurrent(), api.users.getCurrent()]);
  const { GatewayMessageContent, GatewayMessageContentLimited } = ApplicationFlags;
  const isGranted = (application.flags & (GatewayMessageContent | GatewayMessageContentLimited)) !== 0;
  const readsMessages = messageContent === 'auto' ? isGranted : messageContent === 'on';
  return { name: user.username, applicationId: application.id, botId: user.id, readsMessages };
}

export function tokenError(): SetupError {
  return new SetupError([
    'DISCORD_TOKEN is not accepted: copy it again from the Bot page of your application, or reset it there.',
  ]);
}

function notDiscord(): SetupError {
  return new SetupError(['What answers is not Discord: correct or unset DISCORD_API_URL.']);
}
