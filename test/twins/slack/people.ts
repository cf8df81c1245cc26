/** Scripted people: they write, run commands and press what they see, and can do nothing that Slack's app cannot. */
import { directChannel, joinChannel, leaveChannel } from './channels.ts';
import { VERIFICATION_TOKEN } from './events.ts';
import {
  installationFor,
  interact,
  interactionBase,
  nameShown,
  nextActionTs,
  responseUrlFor,
  triggerFor,
} from './interactions.ts';
import { postMessage } from './messages.ts';
import { type MessageAt, press, type ViewAt } from './pressing.ts';
import { ephemeralsFor, type ShownMessage } from './shown.ts';
import { type Channel, known, type State, type User } from './state.ts';
import { type Used, usedOf } from './used.ts';
import { homeOf, viewWire } from './views.ts';
import { blocksOfView, type ShownView, showView, valuesIn } from './views-in-use.ts';
import { messageWire } from './wire.ts';
import { channelSeenBy, messageSeenBy, type Place, type Writing, writing } from './writing.ts';

export interface Person extends Writing {
  id: string;
  name: string;
  teamId: string;
  /** Their direct channel with the bot. */
  dm(): string;
  /** Opens the app from the sidebar, perhaps beside a channel. Returns the App Home that they see first. */
  opensHome(tab?: 'home' | 'messages', options?: { besides?: Place }): ShownView | null;
  /** Their App Home as it is now; null before it was published. */
  home(): ShownView | null;
  /** Goes to another channel while the app stays in view. */
  looksAt(place: Place): void;
  joins(place: Place): void;
  leaves(place: Place): void;
  /** A slash command as typed: "/tutor start fractions". Slack takes none in threads. */
  runs(place: Place, line: string, options?: { threadTs?: string }): Used;
  /** A button by its label or action id; of a menu, an option by its text. */
  presses(at: MessageAt | ViewAt, name: string, option?: string): Used;
  /** From the menu of a message, or from anywhere. */
  usesShortcut(callbackId: string, message?: MessageAt): Used;
  /** What only they see there, oldest first. */
  ephemerals(place: Place): ShownMessage[];
}

export function createPerson(state: State, user: User): Person {
  return {
    ...{ id: user.id, name: user.realName, teamId: user.teamId },
    ...writing(state, user),
    ...going(state, user),
    dm: () => directWithBot(state, user).id,
    runs: (place, line, { threadTs } = {}) => {
      // What Slack's client says then.
      if (threadTs !== undefined) throw new Error(`${line.split(' ')[0]} is not supported in threads. Sorry!`);
      return run(state, user, channelSeenBy(state, user, place), line);
    },
    presses: (at, name, option) => usedOf(state, press(state, user, at, name, option)),
    usesShortcut: (callbackId, message) =>
      message ? useOnMessage(state, user, callbackId, message) : useAnywhere(state, user, callbackId),
    ephemerals: (place) => ephemeralsFor(state, channelSeenBy(state, user, place).id, user.id),
  };
}

function directWithBot(state: State, user: User): Channel {
  return directChannel(state, user, installationFor(state, user, null).botUser);
}

function going(state: State, user: User): Pick<Person, 'opensHome' | 'home' | 'looksAt' | 'joins' | 'leaves'> {
  const shownHome = () => {
    const view = homeOf(state, installationFor(state, user, null), user.id);
    return view ? showView(view) : null;
  };
  return {
    opensHome(tab = 'home', { besides } = {}) {
      const view = homeOf(state, installationFor(state, user, null), user.id);
      const withView = tab === 'home' && view;
      tellApp(state, user, {
        ...{ type: 'app_home_opened', tab },
        ...(withView && { view: viewWire(state, view, valuesIn(view, user.id, blocksOfView(view))) }),
        ...(besides !== undefined && { context: contextOf(state, user, besides) }),
      });
      return shownHome();
    },
    home: shownHome,
    looksAt(place) {
      tellApp(state, user, { type: 'app_context_changed', context: contextOf(state, user, place) });
    },
    joins(place) {
      const channel = known(state.channels, typeof place === 'string' ? place : place.id);
      if (channel.kind !== 'public' && !channel.members.has(user.id))
        throw new Error(`${user.name} needs an invitation`);
      if (channel.members.has(user.id)) return;
      joinChannel(state, channel, user);
      postMessage(state, channel, user, { text: `<@${user.id}> has joined the channel`, subtype: 'channel_join' });
    },
    leaves(place) {
      leaveChannel(state, channelSeenBy(state, user, place), user);
    },
  };
}

/** An event about the app itself, in the person's direct channel with it. */
function tellApp(state: State, user: User, event: { type: string; [key: string]: unknown }): void {
  const channel = directWithBot(state, user);
  const place = { user: user.id, channel: channel.id, event_ts: state.nextTs(channel) };
  const installation = installationFor(state, user, null);
  state.emit({ event: { ...event, ...place }, teamId: user.teamId, channelId: null, installation });
}

function contextOf(state: State, user: User, place: Place): object {
  const { id, teamIds } = channelSeenBy(state, user, place);
  return { entities: [{ type: 'slack#/types/channel_id', value: id, team_id: teamIds[0] }] };
}

function run(state: State, user: User, channel: Channel, line: string): Used {
  const [, command, text = ''] = /^(\/\S+)(?:\s+(.*))?$/s.exec(line.trim()) ?? [];
  if (command === undefined) throw new Error(`"${line}" is no slash command`);
  const doing = { user, channel, installation: installationFor(state, user, channel) };
  const team = known(state.teams, user.teamId);
  const enterprise = team.enterpriseId === null ? null : known(state.enterprises, team.enterpriseId);
  const payload = {
    ...{ token: VERIFICATION_TOKEN, team_id: team.id, team_domain: team.domain },
    ...(enterprise && { enterprise_id: enterprise.id, enterprise_name: enterprise.name }),
    ...{ channel_id: channel.id, channel_name: nameShown(channel), user_id: user.id, user_name: user.name },
    ...{ command, text, api_app_id: state.appId, is_enterprise_install: String(doing.installation.teamId === null) },
    ...{ response_url: responseUrlFor(state, doing), trigger_id: triggerFor(state, doing).id },
  };
  return usedOf(state, interact(state, doing, 'command', payload));
}

function useAnywhere(state: State, user: User, callbackId: string): Used {
  const doing = { user, installation: installationFor(state, user, null), channel: null };
  const payload = {
    ...{ type: 'shortcut', ...interactionBase(state, doing), callback_id: callbackId },
    ...{ trigger_id: triggerFor(state, doing).id, action_ts: nextActionTs(state) },
  };
  return usedOf(state, interact(state, doing, 'interactive', payload));
}

function useOnMessage(state: State, user: User, callbackId: string, at: MessageAt): Used {
  const message = messageSeenBy(state, user, at);
  const channel = known(state.channels, at.channelId);
  const doing = { user, channel, installation: installationFor(state, user, channel), messageTs: message.ts };
  const payload = {
    ...{ type: 'message_action', ...interactionBase(state, doing), callback_id: callbackId },
    ...{ trigger_id: triggerFor(state, doing).id, action_ts: nextActionTs(state) },
    ...{ message_ts: message.ts, message: messageWire(state, message), response_url: responseUrlFor(state, doing) },
  };
  return usedOf(state, interact(state, doing, 'interactive', payload));
}
