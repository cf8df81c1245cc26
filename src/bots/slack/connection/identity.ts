import { WebClient } from '@slack/web-api';
import type { SlackConfig } from '../../../config/slack.ts';
import { SetupError } from '../../../errors.ts';
import type { Logger } from '../../../log.ts';
import { patiently } from '../../patiently.ts';
import { isRefusal, reasonOf } from '../failures.ts';
import { clientOptions } from './clients.ts';
import type { Access } from './tokens.ts';

/** Whose token it is: where the app is installed, and as whom. */
export interface Identity {
  /** The core's word: a team's id, or that of an organisation which has it everywhere. */
  workspace: string;
  /** Of the bot. */
  botName: string;
  access: Access;
  /** What the token may do. */
  scopes: readonly string[];
}

/** However long Slack is away. Rejects with SetupError where somebody has to act, with an AbortError when it stops. */
export function identify(
  token: string,
  config: Pick<SlackConfig, 'apiUrl'>,
  log: Logger,
  stopping: AbortSignal,
): Promise<Identity> {
  const client = new WebClient(token, clientOptions(config, log));
  const waiting = 'Slack does not answer yet';
  return patiently(() => askWho(client, token), { log, waiting, reasonOf, refusal, stopping });
}

export async function askWho(client: WebClient, token: string): Promise<Identity> {
  const who = await client.auth.test();
  const { team_id, enterprise_id, is_enterprise_install, team = '', user = '', user_id, bot_id } = who;
  const workspace = is_enterprise_install ? enterprise_id : team_id;
  if (!workspace || !user_id || !bot_id)
    throw new SetupError(['What answers is not Slack: correct or unset SLACK_API_URL.']);
  const access = { token, name: team, botUserId: user_id, botId: bot_id };
  return { workspace, botName: user, access, scopes: who.response_metadata?.scopes ?? [] };
}

const REFUSED = ['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired'];

export function isTokenRefused(error: unknown): boolean {
  return isRefusal(error, ...REFUSED, 'not_allowed_token_type');
}

function refusal(error: unknown): SetupError | null {
  if (error instanceof SetupError) return error;
  if (!isTokenRefused(error)) return null;
  return new SetupError([
    'SLACK_BOT_TOKEN is not accepted: copy it again from the OAuth & Permissions page of your app, or install the app anew.',
  ]);
}
