/** The app in workspaces: its installations, their tokens, and what a token may do. */
import { type Channel, type Json, known, type State, type Team, type User } from './state.ts';

export interface Credentials {
  clientId: string;
  clientSecret: string;
  signingSecret: string;
  /** xapp-…, for sockets. */
  appToken: string;
}

export interface Installation {
  /** Null for one that covers a whole organisation. */
  teamId: string | null;
  enterpriseId: string | null;
  botUser: User;
  /** B… */
  botId: string;
  scopes: Set<string>;
  /** Tokens expire after twelve hours and are refreshed. */
  rotating: boolean;
  /** False once it was uninstalled. */
  isActive: boolean;
  installerId: string;
}

/** A bot token or a refresh token. */
export interface Token {
  value: string;
  kind: 'bot' | 'refresh';
  installation: Installation;
  /** Null: never. */
  expiresAt: number | null;
  isRevoked: boolean;
}

/** What a consenting admin's browser brings back. */
export interface IssuedCode {
  /** What is installed once the code is exchanged. */
  consent: InstallOptions;
  redirectUri: string | null;
  issuedAt: number;
  isUsed: boolean;
}

/** What an app like ours may ask for. */
export const ALL_SCOPES: readonly string[] = [
  'app_mentions:read',
  'assistant:write',
  'channels:history',
  'channels:join',
  'channels:manage',
  'channels:read',
  'chat:write',
  'chat:write.public',
  'commands',
  'files:read',
  'files:write',
  'groups:history',
  'groups:read',
  'groups:write',
  'im:history',
  'im:read',
  'im:write',
  'mpim:history',
  'mpim:read',
  'mpim:write',
  'team:read',
  'users:read',
];

const ROTATION_MS = 12 * 60 * 60_000;

export interface InstallOptions {
  team: Team | null;
  enterpriseId: string | null;
  scopes: readonly string[];
  rotating: boolean;
  installerId?: string;
}

/** Installs the app; a workspace that had it before gets the same bot again, as in Slack. */
export function install(state: State, options: InstallOptions): Installation {
  const { team, enterpriseId, scopes, rotating, installerId = '' } = options;
  const teamId = team?.id ?? null;
  const earlier = [...state.installations].find((each) => each.teamId === teamId && each.enterpriseId === enterpriseId);
  const installation: Installation = earlier ?? {
    ...{ teamId, enterpriseId, rotating, installerId, isActive: true },
    botUser: addBotUser(state, teamId ?? enterpriseId ?? ''),
    botId: state.ids.next('B'),
    scopes: new Set(),
  };
  Object.assign(installation, { scopes: new Set(scopes), rotating, installerId, isActive: true });
  state.installations.add(installation);
  return installation;
}

function addBotUser(state: State, teamId: string): User {
  const bot: User = {
    ...{ id: state.ids.next('U'), teamId, name: 'threadtutor', realName: state.appName },
    ...{ locale: 'en-US', tz: 'America/Los_Angeles', isAdmin: false, isOwner: false, isBot: true, deleted: false },
  };
  state.users.set(bot.id, bot);
  return bot;
}

export interface TokenPair {
  bot: Token;
  /** For installations that rotate. */
  refresh: Token | null;
}

/** A token that does not expire stays the same for as long as it is good. */
export function issueTokens(state: State, installation: Installation): TokenPair {
  const { rotating } = installation;
  const lasting = tokensOf(state, installation).find(({ expiresAt, isRevoked }) => expiresAt === null && !isRevoked);
  if (lasting && !rotating) return { bot: lasting, refresh: null };
  const issue = (kind: Token['kind'], value: string, expiresAt: number | null) => {
    const token: Token = { value, kind, installation, expiresAt, isRevoked: false };
    state.tokens.set(value, token);
    return token;
  };
  const secret = state.ids.secret();
  return {
    bot: rotating
      ? issue('bot', `xoxe.xoxb-1-${secret}`, state.now() + ROTATION_MS)
      : issue('bot', `xoxb-${secret}`, null),
    refresh: rotating ? issue('refresh', `xoxe-1-${secret}`, null) : null,
  };
}

/** The app leaves: no token works any more, and Slack says so to whoever hears the app's events. */
export function uninstall(state: State, installation: Installation): void {
  if (!installation.isActive) return;
  installation.isActive = false;
  endTokens(state, installation);
  announceRevoked(state, installation);
  state.emit({
    event: { type: 'app_uninstalled' },
    teamId: homeOf(state, installation),
    channelId: null,
    installation,
  });
}

/** Tokens end, the app stays: as when the person who installed it takes it back. */
export function revokeTokens(state: State, installation: Installation): void {
  endTokens(state, installation);
  announceRevoked(state, installation);
}

function endTokens(state: State, installation: Installation): void {
  for (const token of tokensOf(state, installation)) token.isRevoked = true;
}

function tokensOf(state: State, installation: Installation): Token[] {
  return [...state.tokens.values()].filter((token) => token.installation === installation);
}

export function revokeToken(state: State, token: Token): void {
  token.isRevoked = true;
  announceRevoked(state, token.installation);
}

function announceRevoked(state: State, installation: Installation): void {
  const tokens: Json = { oauth: [], bot: [installation.botUser.id] };
  const event = { type: 'tokens_revoked', tokens };
  state.emit({ event, teamId: homeOf(state, installation), channelId: null, installation });
}

/** The workspace that an event about the installation itself comes from. */
function homeOf(state: State, installation: Installation): string {
  return installation.teamId ?? teamsOf(state, installation)[0]?.id ?? '';
}

/** The workspaces that it covers. */
export function teamsOf(state: State, { teamId, enterpriseId }: Installation): Team[] {
  if (teamId !== null) return [known(state.teams, teamId)];
  return [...state.teams.values()].filter((team) => team.enterpriseId === enterpriseId);
}

/** The app's installation in a workspace: its own, or the one of its organisation. */
export function installationIn(state: State, teamId: string): Installation | null {
  const { enterpriseId } = known(state.teams, teamId);
  const active = [...state.installations].filter(({ isActive }) => isActive);
  const own = active.find((each) => each.teamId === teamId);
  return own ?? active.find((each) => each.teamId === null && each.enterpriseId === enterpriseId) ?? null;
}

/** Whether its bot knows of the channel: a public one of its workspaces, or one that it is in. */
export function seesChannel(state: State, installation: Installation, channel: Channel): boolean {
  if (channel.members.has(installation.botUser.id)) return true;
  const isNear = teamsOf(state, installation).some(({ id }) => channel.teamIds.includes(id));
  return isNear && channel.kind === 'public';
}
