import { DiscordAPIError, HTTPError, type REST } from '@discordjs/rest';
import {
  type APIApplication,
  type RESTAPIPartialCurrentUserGuild,
  type RESTGetAPIGatewayBotResult,
  Routes,
} from 'discord-api-types/v10';
import type { DiscordConfig } from '../../../config.ts';
import type { Finding } from '../../finding.ts';
import { commandDefinitions } from '../interactions/commands.ts';
import { mayReadMessages } from './identity.ts';
import { inviteUrl, missingPermissions, type Permissions, VOICE_PERMISSIONS, WISHED_PERMISSIONS } from './invite.ts';
import { areRegistered } from './register.ts';

/** Tells what stands between learners and the bot, and what to do about it. Changes nothing. */

type Setup = Omit<DiscordConfig, 'token' | 'requestsPerSecond'>;
type Server = RESTAPIPartialCurrentUserGuild;

/** Discord allows no more on one connection. */
const SERVERS_PER_SHARD = 2_500;
const SERVERS_PER_PAGE = 200;
const CORRECT_URL = 'correct or unset DISCORD_API_URL';
/** More would not be read. */
const SERVERS_SHOWN = 20;

/**
 * Asks Discord, through a client that has the token and is not to try again for long. What Discord or the network
 * says no to is a finding; no finding has the token in it.
 */
export async function examine(rest: REST, setup: Setup): Promise<Finding[]> {
  try {
    const application = (await rest.get(Routes.currentApplication())) as APIApplication;
    if (!application.id) return [{ ok: false, what: 'What answers is not Discord.', fix: howToReach(setup) }];
    const servers = await allServers(rest);
    return [
      { ok: true, what: `Discord takes the token. It is "${application.name}", application ${application.id}.` },
      messageContent(application, setup),
      ...permissions(servers, inviteUrl(application.id)),
      await commands(rest, application, setup, servers),
      ...connections((await rest.get(Routes.gatewayBot())) as RESTGetAPIGatewayBotResult, setup, servers.length),
    ];
  } catch (error) {
    return [refusal(error, setup)];
  }
}

async function allServers(rest: REST): Promise<Server[]> {
  const servers: Server[] = [];
  for (;;) {
    const query = new URLSearchParams({ limit: String(SERVERS_PER_PAGE), after: servers.at(-1)?.id ?? '0' });
    const page = (await rest.get(Routes.userGuilds(), { query })) as Server[];
    servers.push(...page);
    if (page.length < SERVERS_PER_PAGE) return servers;
  }
}

function messageContent(application: APIApplication, { messageContent: wish }: Setup): Finding {
  const without = 'learners answer with buttons and forms, or mention the bot';
  const grant = 'switch on "Message Content Intent" on the Bot page of your application';
  if (wish === 'off') return { ok: true, what: `Message content is not asked for: ${without}.` };
  if (mayReadMessages(application)) {
    return { ok: true, what: 'Message content is on: learners simply write in their threads.' };
  }
  if (wish === 'auto') {
    return { ok: true, what: `Message content is off: ${without}.`, fix: `To let them simply write, ${grant}.` };
  }
  return {
    ok: false,
    what: 'DISCORD_MESSAGE_CONTENT is on, but the application may not read messages: Discord would refuse to connect.',
    fix: `Please ${grant}, or unset DISCORD_MESSAGE_CONTENT.`,
  };
}

function permissions(servers: readonly Server[], invite: string): Finding[] {
  if (servers.length === 0) return [{ ok: false, what: 'It is in no server yet.', fix: `Add it to one: ${invite}` }];
  const unfit = servers
    .map((server) => ({ name: server.name, missing: missingPermissions(server.permissions) }))
    .filter(({ missing }) => missing.length > 0);
  const complaints = unfit.slice(0, SERVERS_SHOWN).map(({ name, missing }) => ({
    ok: false,
    what: `In "${name}" it lacks: ${missing.join(', ')}.`,
    fix: `Give these to its role (Server Settings, Roles), or add it again: ${invite}`,
  }));
  const rest = unfit.length - complaints.length;
  return [
    mayTeach(servers, unfit.length, invite),
    ...complaints,
    ...(rest > 0 ? [{ ok: false, what: `The same goes for ${count(rest, 'more server')}.` }] : []),
    ...mayBeHeard(servers, invite),
  ];
}

/** Nothing is wrong: whoever listens there does it in another way. */
function mayBeHeard(servers: readonly Server[], invite: string): Finding[] {
  return [
    ...lacking(servers, WISHED_PERMISSIONS, { so: 'it is heard there in files', fix: 'For voice messages', invite }),
    ...lacking(servers, VOICE_PERMISSIONS, {
      so: 'it cannot read lessons out there',
      fix: 'For voice channels',
      invite,
    }),
  ];
}

function lacking(
  servers: readonly Server[],
  needed: Permissions,
  { so, fix, invite }: { so: string; fix: string; invite: string },
): Finding[] {
  const missing = servers.map((server) => missingPermissions(server.permissions, needed));
  const names = Object.keys(needed).filter((name) => missing.some((each) => each.includes(name)));
  if (names.length === 0) return [];
  const some = missing.filter((each) => each.length > 0).length;
  return [
    {
      ok: true,
      what: `In ${some} of ${count(servers.length, 'server')} it lacks ${names.join(', ')}: ${so}.`,
      fix: `${fix}, give that to its role (Server Settings, Roles), or add it again: ${invite}`,
    },
  ];
}

function mayTeach(servers: readonly Server[], lacking: number, invite: string): Finding {
  const what = `It has the permissions that lessons need in ${servers.length - lacking} of ${count(servers.length, 'server')}.`;
  return { ok: true, what, fix: `To add it to another one: ${invite}` };
}

async function commands(
  rest: REST,
  { id }: APIApplication,
  { guildId }: Setup,
  servers: readonly Server[],
): Promise<Finding> {
  if (guildId && !servers.some((server) => server.id === guildId)) {
    return {
      ok: false,
      what: 'It is not in the server of DISCORD_GUILD_ID, so that its commands are nowhere.',
      fix: `Add it there (${inviteUrl(id)}), or correct or unset DISCORD_GUILD_ID.`,
    };
  }
  const where = guildId ? 'in the server of DISCORD_GUILD_ID only' : 'in all servers';
  return (await areRegistered(rest, id, commandDefinitions(), { guildId }))
    ? { ok: true, what: `Its commands are registered ${where}.` }
    : {
        ok: true,
        what: `Its commands are not registered yet, or not as they are now.`,
        fix: `The next "npm start -- bot" registers them ${where}.`,
      };
}

function connections(gateway: RESTGetAPIGatewayBotResult, { shards }: Setup, servers: number): Finding[] {
  const { remaining, total, reset_after: resetMs } = gateway.session_start_limit;
  const needed = shards?.ids.length ?? gateway.shards;
  const hours = Math.ceil(resetMs / 3_600_000);
  const least = Math.ceil(servers / SERVERS_PER_SHARD);
  const recommended = `Discord recommends ${count(gateway.shards, 'shard')}`;
  const here = shards ? `this process has ${shards.ids.length} of ${shards.count}` : 'this process has them all';
  return [
    {
      ok: remaining >= needed,
      what: `It may connect ${count(remaining, 'more time')} of ${total} today, and needs ${needed} to start.`,
      ...(remaining < needed && { fix: `Wait: in ${count(hours, 'hour')} it may connect ${total} times again.` }),
    },
    shards && shards.count < least
      ? {
          ok: false,
          what: `DISCORD_SHARDS has too few shards for ${servers} servers: one takes ${SERVERS_PER_SHARD} at most.`,
          fix: `Set DISCORD_SHARDS to at least ${least} in all. ${recommended}.`,
        }
      : { ok: true, what: `${recommended} (one takes ${SERVERS_PER_SHARD} servers at most); ${here}.` },
  ];
}

/** Throws what is neither Discord's nor the network's. */
function refusal(error: unknown, setup: Setup): Finding {
  if (error instanceof DiscordAPIError && error.status === 401) {
    return {
      ok: false,
      what: 'DISCORD_TOKEN is not accepted.',
      fix: 'Copy it again from the Bot page of your application, or reset it there.',
    };
  }
  if (error instanceof DiscordAPIError || error instanceof HTTPError) {
    return {
      ok: false,
      what: `Discord answers ${error.status} to ${error.method} ${new URL(error.url).pathname}.`,
      fix: setup.apiUrl
        ? `Try again later, or ${CORRECT_URL}.`
        : 'Try again later; https://discordstatus.com tells of outages.',
    };
  }
  const code = networkCode(error);
  if (code === null) throw error;
  return { ok: false, what: `Discord cannot be reached (${code}).`, fix: howToReach(setup) };
}

function howToReach({ apiUrl }: Setup): string {
  if (apiUrl) return `Start what DISCORD_API_URL leads to, or ${CORRECT_URL}.`;
  return 'Check the network. Behind a proxy, set DISCORD_API_URL to where it serves https://discord.com/api.';
}

function networkCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'AbortError') return 'no answer in time';
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
