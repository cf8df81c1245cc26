/** Routes about the application, its user, guilds and people. */
import { ChannelType, GatewayDispatchEvents, GatewayIntentBits } from 'discord-api-types/v10';
import { z } from 'zod';
import { parseForm, snowflake } from './forms.ts';
import { BOT_PERMISSIONS, sees } from './permissions.ts';
import { Refusal } from './refusals.ts';
import type { Call, Routes } from './routes.ts';
import { applicationFlags } from './sessions.ts';
import { type Channel, channelsOf, type Guild, known, type State } from './state.ts';
import { channelWire, guildWire, memberWire, rolesWire, threadMemberWire, userWire } from './wire.ts';

export const aboutRoutes: Routes = {
  'GET /gateway': ({ state }) => ({ url: gatewayUrl(state) }),
  'GET /gateway/bot': ({ state }) => ({
    url: gatewayUrl(state),
    shards: 1,
    session_start_limit: { total: 1000, remaining: 1000, reset_after: 86_400_000, max_concurrency: 16 },
  }),
  'GET /applications/@me': ({ state }) => ({
    id: state.applicationId,
    name: state.bot.name,
    description: '',
    icon: null,
    bot: userWire(state.bot),
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    flags: applicationFlags(state),
    install_params: { scopes: ['bot', 'applications.commands'], permissions: String(BOT_PERMISSIONS) },
    integration_types_config: { 0: {}, 1: {} },
  }),
  'GET /users/@me': ({ state }) => userWire(state.bot),
  'GET /users/:user': ({ state, params }) => {
    const user = state.users.get(params.user);
    if (!user) throw new Refusal('unknownUser');
    return userWire(user);
  },
  'GET /users/@me/guilds': ({ state }) =>
    [...state.guilds.values()]
      .filter(({ members }) => members.has(state.bot.id))
      .map((guild) => ({
        ...{ id: guild.id, name: guild.name, icon: null, owner: false, features: [] },
        permissions: String(known(guild.members, state.bot.id).permissions),
      })),
  'POST /users/@me/channels': ({ state, body }) => {
    const { recipient_id: id } = parseForm(z.object({ recipient_id: snowflake }), body);
    const user = state.users.get(id);
    if (!user) throw new Refusal('unknownUser');
    if (user.isBot) throw new Refusal('cannotDm');
    return channelWire(state, directChannel(state, id));
  },
  'GET /guilds/:guild': (call) => guildWire(guildOf(call)),
  'GET /guilds/:guild/roles': (call) => rolesWire(guildOf(call)),
  'GET /guilds/:guild/channels': (call) =>
    visibleChannels(call)
      .filter(({ thread }) => !thread)
      .map((channel) => channelWire(call.state, channel)),
  'GET /guilds/:guild/threads/active': (call) => {
    const active = visibleChannels(call).filter(({ thread }) => thread && !thread.archived);
    const joined = active.filter(({ thread }) => thread?.members.has(call.state.bot.id));
    return {
      threads: active.map((channel) => channelWire(call.state, channel)),
      members: joined.map((channel) => threadMemberWire(channel, call.state.bot.id)),
    };
  },
  'GET /guilds/:guild/members/:user': (call) => {
    const member = guildOf(call).members.get(call.params.user);
    if (!member) throw new Refusal('unknownMember');
    return memberWire(member);
  },
};

function gatewayUrl(state: State): string {
  return `${state.url.replace('http', 'ws')}/gateway`;
}

function guildOf({ state, params }: Call): Guild {
  const guild = state.guilds.get(params.guild);
  if (!guild?.members.has(state.bot.id)) throw new Refusal('unknownGuild');
  return guild;
}

function visibleChannels(call: Call): Channel[] {
  const { state } = call;
  return channelsOf(state, guildOf(call).id).filter((channel) => sees(state, state.bot.id, channel));
}

/** The one direct channel between the bot and a person. */
export function directChannel(state: State, userId: string): Channel {
  const open = [...state.channels.values()].find(({ recipientId }) => recipientId === userId);
  if (open) return open;
  const channel: Channel = {
    id: state.nextId(),
    type: ChannelType.DM,
    guildId: null,
    parentId: null,
    name: '',
    permissions: new Map(),
    recipientId: userId,
    thread: null,
    messages: [],
  };
  state.channels.set(channel.id, channel);
  const data = channelWire(state, channel);
  state.dispatch({
    name: GatewayDispatchEvents.ChannelCreate,
    guildId: null,
    intent: GatewayIntentBits.DirectMessages,
    data: () => data,
  });
  return channel;
}
