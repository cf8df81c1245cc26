import type { ConversationsInfoResponse, WebClient } from '@slack/web-api';
import type { WorkspaceSettings } from '../../../core/settings.ts';
import { UserError } from '../../../errors.ts';
import type { Translate } from '../../words.ts';
import type { Bot, Installation, Person } from '../bot.ts';
import { isRefusal, refusalOf, saysNo } from '../failures.ts';
import { isDirect } from './threads.ts';

/** Where and by whom lessons may be started. Each refusal says what to do about it. */

type Channel = NonNullable<ConversationsInfoResponse['channel']>;

export interface Wish {
  installation: Installation;
  channelId: string;
  /** The lesson is to be in a thread that is there already. */
  isInThread: boolean;
  person: Person;
  settings: WorkspaceSettings;
  words: Translate;
}

/**
 * Joins a public channel where that is all that is missing. Throws UserError where no lesson may be opened.
 *
 * In a channel that is shared through Slack Connect, people of the other workspaces learn like everybody: the channel
 * was shared with them so that they take part.
 */
export async function checkPlace(bot: Pick<Bot, 'clients' | 'log'>, wish: Wish): Promise<void> {
  checkWish(wish);
  const client = await bot.clients.of(wish.installation.id);
  try {
    const { channel = {} } = await client.conversations.info({ channel: wish.channelId });
    checkKind(channel, wish);
    if (!channel.is_im && channel.is_member === false) await join(client, channel, wish);
  } catch (error) {
    // Without the right to look, the first message shows whether it may be sent.
    if (isRefusal(error, 'missing_scope')) return;
    throw refusedPlace(error, wish);
  }
}

/**
 * Whether admins can be told of something there. Joins a public channel: what is to be found again has to be read.
 * Throws UserError where they cannot.
 */
export async function checkNoticePlace(bot: Pick<Bot, 'clients'>, where: Refused): Promise<void> {
  const client = await bot.clients.of(where.installation.id);
  try {
    const { channel = {} } = await client.conversations.info({ channel: where.channelId });
    if (channel.is_member === false && !channel.is_private)
      await client.conversations.join({ channel: where.channelId });
    if (!channel.is_member && channel.is_private) throw uninvited(where);
  } catch (error) {
    throw isRefusal(error, 'channel_not_found', 'not_in_channel') ? uninvited(where) : refusedPlace(error, where);
  }
}

function uninvited({ installation, words }: Refused): UserError {
  return new UserError('wrong_place', words('home.inviteForNotices', { bot: `<@${installation.botUserId}>` }));
}

/** What the admins of the workspace decided: in direct messages only who may start a lesson counts. */
export function checkWish({ channelId, person, settings, words }: Omit<Wish, 'installation' | 'isInThread'>): void {
  const { channels, starters } = settings;
  if (!isDirect(channelId) && channels.length > 0 && !channels.includes(channelId)) {
    const named = channels.map((id) => `<#${id}>`).join(', ');
    throw new UserError('wrong_channel', words('errors.wrongChannel', { channels: named }));
  }
  if (starters.length > 0 && !person.mayManage && !starters.includes(person.id)) {
    throw new UserError('may_not_start', words('places.mayNotStart'));
  }
}

function checkKind(channel: Channel, { installation, isInThread, words }: Wish): void {
  const bot = `<@${installation.botUserId}>`;
  if (channel.is_archived) throw new UserError('wrong_place', words('places.archived'));
  if (channel.is_mpim) throw new UserError('wrong_place', words('places.group', { bot }));
  if (channel.is_read_only) throw new UserError('wrong_place', words('places.readOnly'));
  if (channel.is_non_threadable || (channel.is_thread_only && !isInThread)) {
    throw new UserError('wrong_place', words('places.noThreads'));
  }
}

async function join(client: WebClient, { id = '', is_private: isPrivate }: Channel, wish: Wish): Promise<void> {
  if (isPrivate) throw notThere(wish);
  try {
    await client.conversations.join({ channel: id });
  } catch (error) {
    if (isRefusal(error, 'is_archived') || !saysNo(error)) throw error;
    throw notThere(wish);
  }
}

type Refused = Pick<Wish, 'installation' | 'channelId' | 'words'>;

function notThere({ installation, channelId, words }: Refused): UserError {
  const bot = `<@${installation.botUserId}>`;
  return isDirect(channelId)
    ? new UserError('wrong_place', words('places.unseen', { bot }))
    : new UserError('wrong_place', words('places.invite', { bot }));
}

/** What Slack's refusal means for whoever wants a lesson there; any other error stays what it is. */
export function refusedPlace(error: unknown, refused: Refused): unknown {
  const { words } = refused;
  switch (saysNo(error) ? refusalOf(error) : null) {
    case null:
      return error;
    case 'channel_not_found':
    case 'not_in_channel':
      return notThere(refused);
    case 'is_archived':
      return new UserError('wrong_place', words('places.archived'));
    case 'restricted_action':
    case 'restricted_action_read_only_channel':
      return new UserError('wrong_place', words('places.readOnly'));
    case 'restricted_action_non_threadable_channel':
    case 'restricted_action_thread_only_channel':
    case 'restricted_action_thread_locked':
      return new UserError('wrong_place', words('places.noThreads'));
    case 'channel_is_limited_access':
    case 'team_access_not_granted':
    case 'missing_scope':
      return new UserError('not_allowed', words('errors.notAllowed'));
    default:
      return new UserError('refused', words('forms.slackFailed'));
  }
}
