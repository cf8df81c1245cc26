import { WebClient } from '@slack/web-api';
import type { SlackConfig } from '../../../config/slack.ts';
import { SetupError } from '../../../errors.ts';
import type { Logger } from '../../../log.ts';
import type { Finding } from '../../finding.ts';
import { isRefusal, reasonOf, refusalOf } from '../failures.ts';
import { clientOptions } from './clients.ts';
import { askWho, isTokenRefused } from './identity.ts';
import { SCOPES } from './uses.ts';

/** Tells what stands between learners and the app, and what to do about it. Changes nothing. */

/** Asks Slack once. What Slack or the network says no to is a finding; no finding has a secret in it. */
export async function examine(config: SlackConfig, log: Logger): Promise<Finding[]> {
  const found = [
    ...(config.botToken ? await botToken(config.botToken, config, log) : []),
    ...(config.oauth ? [install(config.oauth.publicUrl)] : []),
    ...(config.appToken ? [await appToken(config.appToken, config, log)] : []),
    ...(config.signingSecret ? [http(config)] : []),
  ];
  // That it is away is said once.
  return found.filter(({ what }, index) => found.findIndex((each) => each.what === what) === index);
}

async function botToken(token: string, config: SlackConfig, log: Logger): Promise<Finding[]> {
  try {
    const { access, botName, scopes } = await askWho(new WebClient(token, clientOptions(config, log)), token);
    const missing = Object.keys(SCOPES).filter((scope) => !scopes.includes(scope));
    return [
      { ok: true, what: `Slack takes the token. It is "${botName}" in "${access.name}".` },
      missing.length === 0
        ? { ok: true, what: 'It has the scopes that lessons need.' }
        : {
            ok: false,
            what: `It lacks the scopes: ${missing.join(', ')}.`,
            fix: 'Paste slack-manifest.yaml on the App Manifest page of your app, and install the app anew.',
          },
    ];
  } catch (error) {
    if (error instanceof SetupError) return [{ ok: false, what: error.message }];
    if (!isTokenRefused(error)) return [away(error, config)];
    const fix = 'Copy it again from the OAuth & Permissions page of your app, or install the app anew.';
    return [{ ok: false, what: `SLACK_BOT_TOKEN is not accepted (${refusalOf(error)}).`, fix }];
  }
}

/** What it opens is a ticket, which nobody uses. */
async function appToken(token: string, config: SlackConfig, log: Logger): Promise<Finding> {
  try {
    await new WebClient(token, clientOptions(config, log)).apps.connections.open();
    return { ok: true, what: 'Socket Mode is open to it: what happens comes on a connection of its own.' };
  } catch (error) {
    const fix = 'Make an app-level token with the scope connections:write on the Basic Information page of your app.';
    const isRefused = isTokenRefused(error) || isRefusal(error, 'missing_scope');
    if (!isRefused) return away(error, config);
    return { ok: false, what: `SLACK_APP_TOKEN is not accepted (${refusalOf(error)}).`, fix };
  }
}

function http({ appToken }: SlackConfig): Finding {
  const what = 'What Slack posts is taken in at /slack/events, where the web is served.';
  return appToken
    ? { ok: true, what, fix: 'With Socket Mode switched on in the app, Slack posts nothing.' }
    : { ok: true, what };
}

function install(publicUrl: string): Finding {
  return { ok: true, what: `Any workspace may install it at ${publicUrl}/slack/install.` };
}

function away(error: unknown, { apiUrl }: SlackConfig): Finding {
  const fix = apiUrl
    ? 'Start what SLACK_API_URL leads to, or correct or unset it.'
    : 'Check the network; https://slack-status.com tells of outages.';
  return { ok: false, what: `${reasonOf(error)}.`, fix };
}
