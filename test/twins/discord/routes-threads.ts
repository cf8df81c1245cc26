/** Routes that begin threads and bring people into them. */
import { ChannelType } from 'discord-api-types/v10';
import { parseForm } from './forms.ts';
import { channelForBot, requireOfBot } from './permissions.ts';
import { Refusal } from './refusals.ts';
import type { Call, Routes } from './routes.ts';
import { type Channel, known, type Thread } from './state.ts';
import { addToThread, startThread, startThreadOn, threadForm } from './threads.ts';
import { channelWire, threadMemberWire } from './wire.ts';

export const threadRoutes: Routes = {
  'POST /channels/:channel/messages/:message/threads': (call) => {
    const { state, params } = call;
    const channel = channelForBot(state, params.channel);
    requireParent(channel);
    const message = state.messages.get(params.message);
    if (message?.channelId !== channel.id || message.onlyFor !== null) throw new Refusal('unknownMessage');
    requireOfBot(state, channel, 'CreatePublicThreads');
    return channelWire(state, startThreadOn(state, message, state.bot, parseForm(threadForm, call.body)));
  },
  'POST /channels/:channel/threads': (call) => {
    const { state, params } = call;
    const channel = channelForBot(state, params.channel);
    requireParent(channel);
    const form = parseForm(threadForm, call.body);
    requireOfBot(
      state,
      channel,
      form.type === ChannelType.PublicThread ? 'CreatePublicThreads' : 'CreatePrivateThreads',
    );
    return channelWire(state, startThread(state, channel, state.bot, form));
  },
  'GET /channels/:channel/thread-members': (call) => {
    const channel = threadOf(call);
    return [...channel.thread.members].map((id) => threadMemberWire(channel, id));
  },
  'GET /channels/:channel/thread-members/:user': (call) => {
    const channel = threadOf(call);
    const id = userIn(call);
    if (!channel.thread.members.has(id)) throw new Refusal('unknownMember');
    return threadMemberWire(channel, id);
  },
  'PUT /channels/:channel/thread-members/:user': (call) => {
    const { state } = call;
    const channel = threadOf(call);
    const id = userIn(call);
    const guild = known(state.guilds, channel.guildId ?? '');
    const member = guild.members.get(id);
    if (!member) throw new Refusal('unknownMember');
    if (id !== state.bot.id) requireOfBot(state, channel, 'SendMessagesInThreads');
    addToThread(state, channel, member.user, state.bot);
  },
  'DELETE /channels/:channel/thread-members/:user': (call) => {
    const channel = threadOf(call);
    const id = userIn(call);
    const isOwnPrivate = channel.type === ChannelType.PrivateThread && channel.thread.ownerId === call.state.bot.id;
    if (id !== call.state.bot.id && !isOwnPrivate) requireOfBot(call.state, channel, 'ManageThreads');
    if (channel.thread.archived) throw new Refusal('archived');
    channel.thread.members.delete(id);
  },
};

function requireParent({ type }: Channel): void {
  if (type !== ChannelType.GuildText && type !== ChannelType.GuildAnnouncement) throw new Refusal('channelType');
}

function threadOf({ state, params }: Call): Channel & { thread: Thread } {
  const channel = channelForBot(state, params.channel);
  if (!channel.thread) throw new Refusal('channelType');
  return channel as Channel & { thread: Thread };
}

function userIn({ state, params }: Call): string {
  return params.user === '@me' ? state.bot.id : params.user;
}
