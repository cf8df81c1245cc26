/** The Events API: what the app is subscribed to, and the body in which it hears of what happened. */
import { type Installation, teamsOf } from './installations.ts';
import { type Channel, type Happening, type Json, known, type State } from './state.ts';
import { installationsIn } from './wire.ts';

/** All that the twin can tell of. */
export const ALL_EVENTS: readonly string[] = [
  'app_context_changed',
  'app_home_opened',
  'app_mention',
  'app_uninstalled',
  'channel_archive',
  'channel_deleted',
  'channel_left',
  'channel_unarchive',
  'group_archive',
  'group_deleted',
  'group_left',
  'group_unarchive',
  'member_joined_channel',
  'member_left_channel',
  'message.channels',
  'message.groups',
  'message.im',
  'message.mpim',
  'tokens_revoked',
];

/** What an app compares with its own; signatures took its place. */
export const VERIFICATION_TOKEN = 'twin-verification-token';

export interface EventBody extends Json {
  type: 'event_callback';
  event_id: string;
  event: { type: string; [key: string]: unknown };
}

/** The subscription that covers it: `message.channels` and its like, or the event's own name. */
function subscriptionOf({ event, channelId }: Happening, state: State): string {
  const channel = channelId === null ? undefined : state.channels.get(channelId);
  if (event.type !== 'message' || !channel) return event.type;
  return `message.${{ public: 'channels', private: 'groups', im: 'im', mpim: 'mpim' }[channel.kind]}`;
}

/** What the app is sent of it: nothing, one body, or two when it was the bot who left. */
export function bodiesOf(state: State, subscriptions: ReadonlySet<string>, happening: Happening): EventBody[] {
  const installation = hearerOf(state, happening);
  if (!installation) return [];
  return [happening, ...ownLeaving(state, installation, happening)]
    .filter((each) => subscriptions.has(subscriptionOf(each, state)))
    .map((each) => bodyOf(state, installation, each));
}

/**
 * The installation whose bot hears of it. In a channel that several workspaces share, an event is sent once: for the
 * first of them.
 */
function hearerOf(state: State, { channelId, installation }: Happening): Installation | null {
  if (channelId === null) return installation;
  const channel = state.channels.get(channelId);
  if (!channel) return null;
  const present = installationsIn(state, channel);
  if (installation) return present.includes(installation) ? installation : null;
  return present[0] ?? null;
}

/** Who leaves is told in other words than those who stay. */
function ownLeaving(state: State, { botUser }: Installation, happening: Happening): Happening[] {
  const { event, channelId } = happening;
  if (event.type !== 'member_left_channel' || event.user !== botUser.id || channelId === null) return [];
  const { kind } = known(state.channels, channelId);
  const type = kind === 'private' ? 'group_left' : 'channel_left';
  return [{ ...happening, event: { type, channel: channelId, actor_id: event.user, event_ts: event.event_ts } }];
}

function bodyOf(state: State, installation: Installation, happening: Happening): EventBody {
  const channel = happening.channelId === null ? null : (state.channels.get(happening.channelId) ?? null);
  const teamId = teamFor(state, installation, channel, happening.teamId);
  const enterpriseId = installation.enterpriseId ?? known(state.teams, teamId).enterpriseId;
  const isWide = installation.teamId === null;
  return {
    token: VERIFICATION_TOKEN,
    team_id: teamId,
    context_team_id: teamId,
    context_enterprise_id: enterpriseId,
    ...(enterpriseId !== null && { enterprise_id: enterpriseId }),
    api_app_id: state.appId,
    event: withFilesAsSent(happening.event, channel),
    type: 'event_callback',
    event_id: state.ids.next('Ev'),
    event_time: Math.floor(state.now() / 1000),
    authorizations: [
      {
        ...{ enterprise_id: enterpriseId, team_id: teamId, user_id: installation.botUser.id },
        ...{ is_bot: true, is_enterprise_install: isWide },
      },
    ],
    is_ext_shared_channel: channel?.isExtShared ?? false,
    event_context: `4-${Buffer.from(JSON.stringify({ tid: teamId, aid: state.appId })).toString('base64url')}`,
  };
}

/** The workspace in whose name it is sent: of those that the installation covers, one that has the channel. */
function teamFor(state: State, installation: Installation, channel: Channel | null, teamId: string): string {
  const covered = teamsOf(state, installation).map(({ id }) => id);
  if (covered.includes(teamId)) return teamId;
  return covered.find((id) => channel?.teamIds.includes(id)) ?? covered[0] ?? teamId;
}

/** Pictures come with a smaller one. Of a file in a channel shared with Slack Connect nothing is told but its id. */
function withFilesAsSent(event: Happening['event'], channel: Channel | null): Happening['event'] {
  const { files } = event;
  if (!Array.isArray(files)) return event;
  return {
    ...event,
    files: files.map((file: Json) => (channel?.isExtShared ? hiddenFile(file) : withThumbnail(file))),
  };
}

function hiddenFile({ id }: Json): Json {
  return { id, mode: 'file_access', file_access: 'check_file_info', created: 0, timestamp: 0, user: '' };
}

function withThumbnail(file: Json): Json {
  const isPicture = String(file.mimetype).startsWith('image/');
  return isPicture ? { thumb_1024: file.url_private, ...file } : file;
}
