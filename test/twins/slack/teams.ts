/** Workspaces, organisations and channels as a test holds them. */
import {
  addChannel,
  addUser,
  joinChannel,
  leaveChannel,
  type NewUser,
  removeChannel,
  setArchived,
} from './channels.ts';
import { type Installation, install, installationIn, issueTokens, revokeTokens, uninstall } from './installations.ts';
import { createPerson, type Person } from './people.ts';
import { type ShownMessage, shownIn, shownInThread } from './shown.ts';
import { type Channel, type Enterprise, type Json, known, type State, type Team } from './state.ts';
import { homeOf } from './views.ts';

export interface ChannelHandle {
  id: string;
  archive(): void;
  unarchive(): void;
  /** For good. */
  remove(): void;
  invite(person: { id: string }): void;
  kick(person: { id: string }): void;
  /** Of the channel's own workspace, or of another one that it is shared with. */
  inviteBot(team?: TeamHandle): void;
  kickBot(team?: TeamHandle): void;
  isBotMember(): boolean;
  /** Whether Slack lets the app stream here. */
  setStreams(isTaken: boolean): void;
  /** What stands in the channel itself, oldest first. */
  messages(): ShownMessage[];
  /** The root and its replies. */
  thread(rootTs: string): ShownMessage[];
}

interface NewChannelOptions {
  name: string;
  isPrivate?: boolean;
  botIsMember?: boolean;
  /** Workspaces that share it with Slack Connect. */
  sharedWith?: TeamHandle[];
}

interface InstallationHandle {
  /** The newest one; throws where the app is not installed. */
  botToken(): string;
  /** The newest one, where tokens rotate. */
  refreshToken(): string;
  botUserId(): string;
  isInstalled(): boolean;
  uninstall(): void;
  revokeTokens(): void;
}

export interface TeamHandle extends InstallationHandle {
  id: string;
  name: string;
  addChannel(options: NewChannelOptions): ChannelHandle;
  addMember(options: NewUser): Person;
  /** What was published for somebody; null for nothing. */
  home(userId: string): Json | null;
}

export interface EnterpriseHandle extends InstallationHandle {
  id: string;
  name: string;
}

interface InstallChoice {
  installed?: boolean;
  scopes?: readonly string[];
  rotating?: boolean;
}

export interface NewTeam extends InstallChoice {
  name: string;
  /** Where it belongs; a team of an organisation that has the app is covered by it. */
  enterprise?: EnterpriseHandle;
}

export interface NewEnterprise extends InstallChoice {
  name: string;
}

export function addEnterprise(state: State, options: NewEnterprise & { scopes: readonly string[] }): EnterpriseHandle {
  const { name, installed = true, scopes, rotating = false } = options;
  const enterprise: Enterprise = { id: state.ids.next('E'), name, domain: domainOf(name) };
  state.enterprises.set(enterprise.id, enterprise);
  if (installed) issueTokens(state, install(state, { team: null, enterpriseId: enterprise.id, scopes, rotating }));
  const current = () =>
    [...state.installations].find(({ teamId, enterpriseId }) => teamId === null && enterpriseId === enterprise.id);
  return { id: enterprise.id, name, ...installationHandle(state, name, () => current() ?? null) };
}

export function addTeam(state: State, options: NewTeam & { scopes: readonly string[] }): TeamHandle {
  const { name, enterprise, scopes, rotating = false } = options;
  const enterpriseId = enterprise?.id ?? null;
  const team: Team = { id: state.ids.next('T'), name, domain: domainOf(name), enterpriseId };
  state.teams.set(team.id, team);
  const { installed = !enterprise?.isInstalled() } = options;
  if (installed) issueTokens(state, install(state, { team, enterpriseId, scopes, rotating }));
  return {
    ...{ id: team.id, name },
    // An uninstalled one too, so that its tokens can be tried.
    ...installationHandle(state, name, () => installationIn(state, team.id) ?? formerOf(state, team)),
    addChannel: (channel) => channelHandle(state, newChannel(state, team, channel)),
    addMember: (user) => createPerson(state, addUser(state, team, user)),
    home(userId) {
      const installation = installationIn(state, team.id);
      return (installation && homeOf(state, installation, userId)?.content) ?? null;
    },
  };
}

function formerOf(state: State, { id }: Team): Installation | null {
  return [...state.installations].find(({ teamId }) => teamId === id) ?? null;
}

function domainOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

function installationHandle(state: State, name: string, find: () => Installation | null): InstallationHandle {
  const current = () => {
    const installation = find();
    if (!installation) throw new Error(`the app is not installed in ${name}`);
    return installation;
  };
  const newest = (kind: 'bot' | 'refresh') => {
    const installation = current();
    const tokens = [...state.tokens.values()].filter((each) => each.installation === installation);
    const token = tokens.findLast((each) => each.kind === kind);
    if (!token) throw new Error(`there is no ${kind} token in ${name}`);
    return token.value;
  };
  return {
    botToken: () => newest('bot'),
    refreshToken: () => newest('refresh'),
    botUserId: () => current().botUser.id,
    isInstalled: () => Boolean(find()?.isActive),
    uninstall: () => uninstall(state, current()),
    revokeTokens: () => revokeTokens(state, current()),
  };
}

function newChannel(state: State, team: Team, options: NewChannelOptions): Channel {
  const { name, isPrivate = false, botIsMember = true, sharedWith = [] } = options;
  const bot = botIsMember ? installationIn(state, team.id)?.botUser : undefined;
  return addChannel(state, {
    ...{ name, kind: isPrivate ? 'private' : 'public' },
    teamIds: [team.id, ...sharedWith.map(({ id }) => id)],
    members: bot ? [bot.id] : [],
  });
}

export function channelHandle(state: State, channel: Channel): ChannelHandle {
  const botOf = (teamId = channel.teamIds[0] ?? '') => {
    const installation = installationIn(state, teamId);
    if (!installation) throw new Error(`the app is not installed in ${teamId}`);
    return installation.botUser;
  };
  return {
    id: channel.id,
    archive: () => setArchived(state, channel, true),
    unarchive: () => setArchived(state, channel, false),
    remove: () => removeChannel(state, channel),
    invite: ({ id }) => joinChannel(state, channel, known(state.users, id)),
    kick: ({ id }) => leaveChannel(state, channel, known(state.users, id)),
    inviteBot: (team) => joinChannel(state, channel, botOf(team?.id)),
    kickBot: (team) => leaveChannel(state, channel, botOf(team?.id)),
    isBotMember: () => channel.members.has(botOf().id),
    setStreams(isTaken) {
      channel.takesStreams = isTaken;
    },
    messages: () => shownIn(state, channel),
    thread: (rootTs) => shownInThread(state, channel, rootTs),
  };
}
