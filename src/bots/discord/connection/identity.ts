import type { API } from '@discordjs/core/http-only';
import { DiscordAPIError } from '@discordjs/rest';
import { type APIApplication, ApplicationFlags } from 'discord-api-types/v10';
import type { DiscordConfig } from '../../../config.ts';
import { SetupError } from '../../../errors.ts';
import type { Logger } from '../../../log.ts';
import { patiently } from '../../patiently.ts';
import { reasonOf } from '../failures.ts';

/** Who the bot is, and what Discord lets it read. */
export interface Identity {
  name: string;
  applicationId: string;
  botId: string;
  /** False: what is typed does not reach it, except in direct messages and where it is mentioned. */
  readsMessages: boolean;
}

/** However long Discord is away. Rejects with SetupError where somebody has to act, with an AbortError when it stops. */
export function identify(api: API, config: DiscordConfig, log: Logger, stopping: AbortSignal): Promise<Identity> {
  const waiting = 'Discord does not answer yet';
  return patiently(() => ask(api, config), { log, waiting, reasonOf, refusal, stopping });
}

function refusal(error: unknown): SetupError | null {
  if (!(error instanceof DiscordAPIError)) return null;
  if (error.status === 401) return tokenError();
  return error.status === 404 ? notDiscord() : null;
}

async function ask(api: API, { messageContent }: DiscordConfig): Promise<Identity> {
  const [application, user] = await Promise.all([api.applications.getCurrent(), api.users.getCurrent()]);
  const readsMessages = messageContent === 'auto' ? mayReadMessages(application) : messageContent === 'on';
  return { name: user.username, applicationId: application.id, botId: user.id, readsMessages };
}

/** Whether "Message Content Intent" is on: as a small bot's own choice, or granted by Discord. */
export function mayReadMessages({ flags }: APIApplication): boolean {
  const { GatewayMessageContent, GatewayMessageContentLimited } = ApplicationFlags;
  return (flags & (GatewayMessageContent | GatewayMessageContentLimited)) !== 0;
}

export function tokenError(): SetupError {
  return new SetupError([
    'DISCORD_TOKEN is not accepted: copy it again from the Bot page of your application, or reset it there.',
  ]);
}

function notDiscord(): SetupError {
  return new SetupError(['What answers is not Discord: correct or unset DISCORD_API_URL.']);
}
