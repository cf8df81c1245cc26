import { z } from 'zod';

/** Slack's part of the environment. */

export interface SlackConfig {
  /** Of the one workspace that the app is installed in; null: many install it, by OAuth. */
  botToken: string | null;
  oauth: SlackOAuthConfig | null;
  /** For Socket Mode; null: events come over HTTP. */
  appToken: string | null;
  /** What requests that come over HTTP are signed with; null: none are taken. */
  signingSecret: string | null;
  /** With the slash at its end that Slack's client needs. Null: Slack's own. */
  apiUrl: string | null;
}

export interface SlackOAuthConfig {
  clientId: string;
  clientSecret: string;
  /** The first one encrypts, all of them decrypt. */
  encryptionKeys: readonly string[];
  /** Where browsers reach this server, without a slash at the end. */
  publicUrl: string;
}

const MIN_KEY = 32;
const KEYS_FORM = `must be one key or several with commas between them, each of at least ${MIN_KEY} characters`;

const keys = z.string().transform((text, context) => {
  const each = text
    .split(',')
    .map((key) => key.trim())
    .filter(Boolean);
  if (each.length > 0 && each.every((key) => key.length >= MIN_KEY)) return Object.freeze(each);
  context.addIssue({ code: 'custom', message: KEYS_FORM });
  return z.NEVER;
});

/** A part of the environment's schema. */
export const slackVariables = {
  SLACK_BOT_TOKEN: z
    .string()
    .regex(/^xoxb-[\w-]{10,}$/, 'must be the bot token of your app’s OAuth page, which begins with xoxb-')
    .optional(),
  SLACK_CLIENT_ID: z.string().optional(),
  SLACK_CLIENT_SECRET: z.string().optional(),
  SLACK_ENCRYPTION_KEY: keys.optional(),
  SLACK_APP_TOKEN: z
    .string()
    .regex(
      /^xapp-[\w-]{10,}$/,
      'must be an app-level token of your app’s Basic Information page, which begins with xapp-',
    )
    .optional(),
  SLACK_SIGNING_SECRET: z
    .string()
    .regex(/^\w{16,}$/, 'must be the signing secret of your app’s Basic Information page')
    .optional(),
  SLACK_API_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }).optional(),
};

const OAUTH = ['SLACK_CLIENT_ID', 'SLACK_CLIENT_SECRET', 'SLACK_ENCRYPTION_KEY'] as const;
const ALL_OF_OAUTH = 'SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and SLACK_ENCRYPTION_KEY';

type Given = Readonly<Record<string, string | undefined>>;

/** What is missing, or too much: one sentence each. Where nothing is set but an address, nothing is missing. */
export function slackComplaints(given: Given): string[] {
  const ofOAuth = OAUTH.filter((name) => given[name]);
  const { SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET, PUBLIC_URL } = given;
  if (!SLACK_BOT_TOKEN && !SLACK_APP_TOKEN && !SLACK_SIGNING_SECRET && ofOAuth.length === 0) return [];
  const complaints = tokenComplaints(Boolean(SLACK_BOT_TOKEN), ofOAuth);
  if (ofOAuth.length > 0 && !SLACK_BOT_TOKEN && !PUBLIC_URL) {
    complaints.push('PUBLIC_URL is needed to install the app in Slack: set it to where browsers reach this server.');
  }
  if (!SLACK_APP_TOKEN && !SLACK_SIGNING_SECRET) {
    complaints.push('Slack’s events have no way in: set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP).');
  }
  return complaints;
}

function tokenComplaints(hasBotToken: boolean, ofOAuth: readonly string[]): string[] {
  if (hasBotToken && ofOAuth.length > 0) {
    return [`SLACK_BOT_TOKEN is for one workspace, ${ofOAuth[0]} for many: unset one of the two.`];
  }
  if (hasBotToken || ofOAuth.length === OAUTH.length) return [];
  if (ofOAuth.length === 0) {
    return [`Slack needs a token: set SLACK_BOT_TOKEN for one workspace, or ${ALL_OF_OAUTH} for many.`];
  }
  const missing = OAUTH.filter((name) => !ofOAuth.includes(name));
  return [`${ALL_OF_OAUTH} belong together: set ${missing.join(' and ')} too.`];
}

const variables = z.object(slackVariables);

/** Null: nothing about Slack is set. Only for what `slackComplaints` has nothing to say about. */
export function slackConfig(env: z.infer<typeof variables>, publicUrl: string | null): SlackConfig | null {
  const { SLACK_BOT_TOKEN: botToken = null } = env;
  const oauth = oauthConfig(env, publicUrl);
  if (!botToken && !oauth) return null;
  return Object.freeze({
    botToken,
    oauth,
    appToken: env.SLACK_APP_TOKEN ?? null,
    signingSecret: env.SLACK_SIGNING_SECRET ?? null,
    apiUrl: env.SLACK_API_URL?.replace(/\/*$/, '/') ?? null,
  });
}

function oauthConfig(env: z.infer<typeof variables>, publicUrl: string | null): SlackOAuthConfig | null {
  const { SLACK_CLIENT_ID: clientId, SLACK_CLIENT_SECRET: clientSecret, SLACK_ENCRYPTION_KEY: encryptionKeys } = env;
  if (!clientId || !clientSecret || !encryptionKeys || !publicUrl) return null;
  return Object.freeze({ clientId, clientSecret, encryptionKeys, publicUrl });
}
