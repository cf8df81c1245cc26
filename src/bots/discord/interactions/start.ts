import { type APIInteraction, ChannelType } from 'discord-api-types/v10';
import type { StartOptions } from '../../../core/messages.ts';
import { readSettings, type WorkspaceSettings } from '../../../core/settings.ts';
import { UserError } from '../../../errors.ts';
import { soon } from '../../in-time.ts';
import { forgetOpening, type Kept, rememberOpening } from '../../openings.ts';
import { knock } from '../../receive.ts';
import type { Sender } from '../../visitor.ts';
import type { Translate } from '../../words.ts';
import type { Bot } from '../bot.ts';
import { missingPermissions, REQUIRED_PERMISSIONS } from '../connection/invite.ts';
import { openLesson, type Request } from '../lessons/openings.ts';
import { mayManage } from '../lessons/people.ts';
import { isDirect } from '../lessons/threads.ts';
import { offerMore } from './billing.ts';
import type { Visit } from './visit.ts';

/** Where and by whom lessons may be started, and starting them. */

/** What is asked for: the rest of a request is where and by whom. */
export type Wanted = Pick<Request, 'start' | 'isPrivate' | 'question'>;

/** Acknowledges, opens the lesson, and tells the person where it is. Throws UserError where it may not be opened. */
export async function startLesson(visit: Visit, interaction: APIInteraction, wanted: Wanted): Promise<void> {
  const { bot, sender, exchange, words } = visit;
  const request = requestOf(interaction, sender, wanted);
  const allowing = allow(visit, interaction, request);
  try {
    // Kept before it is acknowledged: whoever sees that the tutor is at it gets a lesson, whatever crashes.
    const allowed = await soon(allowing, words);
    if (!allowed) return;
    await exchange.defer();
    const opened = openedAt(bot, await openLesson(bot, allowed.request), words);
    await exchange.say([opened, allowed.left].filter(Boolean).join('\n'));
  } catch (error) {
    // The person hears of it, and tries again: only what a crash leaves is for the next process.
    void allowing.then(() => forgetOpening(bot, request)).catch(() => {});
    if (error instanceof UserError && error.code === 'plan_limit' && mayManage(interaction.member)) {
      return offerMore(visit, interaction, error.message);
    }
    throw error;
  }
}

interface Allowed extends Pick<Kept, 'left'> {
  request: Request;
}

/**
 * Whoever opens it, however late, opens what was allowed when it was asked for. Null: another process has heard of it
 * too, and opens it.
 */
async function allow({ bot, words }: Visit, interaction: APIInteraction, request: Request): Promise<Allowed | null> {
  const settings = await readSettings(bot.db, 'discord', request.workspace.id);
  check(interaction, request, settings, words);
  // Before anything is posted: a lesson that were refused after that would be left half open.
  await knock(bot.limits, { platform: 'discord', ...request });
  const { language, character } = settings;
  const defaults = { ...(language && { language }), ...(character && { character }) };
  const whole = { ...request, start: { ...request.start, defaults } };
  const { isFirst, left } = await rememberOpening(bot, whole, words, { isManaged: request.guildId !== null });
  return isFirst ? { request: whole, left } : null;
}

/** Where the lesson is, and how to be read there. */
export function openedAt({ readsMessages }: Pick<Bot, 'readsMessages'>, threadId: string, words: Translate): string {
  if (isDirect(threadId)) return words('start.openedInDm');
  const place = words('start.opened', { thread: `<#${threadId}>` });
  return readsMessages ? place : `${place}\n${words('errors.cannotRead')}`;
}

function requestOf(interaction: APIInteraction, sender: Sender, wanted: Wanted): Request {
  const { id, token, guild_id: guildId = null, channel } = interaction;
  return {
    ...{ id, token, guildId, said: null, ...sender, ...wanted },
    // In a thread, lessons are opened beside it.
    channelId: (channel && isThread(channel.type) && 'parent_id' in channel && channel.parent_id) || channel?.id || '',
    locale: 'locale' in interaction ? interaction.locale : null,
  };
}

function isThread(type: ChannelType): boolean {
  return [ChannelType.PublicThread, ChannelType.PrivateThread, ChannelType.AnnouncementThread].includes(type);
}

/** Throws UserError with what somebody can do about it. */
function check(interaction: APIInteraction, request: Request, settings: WorkspaceSettings, words: Translate): void {
  const { guildId, channelId, isPrivate } = request;
  if (!guildId) return;
  const here = `<#${channelId}>`;
  const member = interaction.member;
  const kind = interaction.channel?.type;
  const isThreadable = kind === ChannelType.GuildText || (kind === ChannelType.GuildAnnouncement && !isPrivate);
  if (kind === undefined || !(isThreadable || isThread(kind))) {
    throw new UserError('wrong_place', words('errors.wrongPlace'));
  }
  if (settings.channels.length > 0 && !settings.channels.includes(channelId)) {
    const channels = settings.channels.map((id) => `<#${id}>`).join(', ');
    throw new UserError('wrong_channel', words('errors.wrongChannel', { channels }));
  }
  if (
    settings.starters.length > 0 &&
    !mayManage(member) &&
    !member?.roles.some((role) => settings.starters.includes(role))
  ) {
    const roles = settings.starters.map((id) => `<@&${id}>`).join(', ');
    throw new UserError('may_not_start', words('errors.mayNotStart', { roles }));
  }
  const { 'Create Public Threads': inPublic, 'Create Private Threads': inPrivate, ...needed } = REQUIRED_PERMISSIONS;
  const thread = isPrivate
    ? { 'Create Private Threads': inPrivate ?? 0n }
    : { 'Create Public Threads': inPublic ?? 0n };
  const missing = missingPermissions(interaction.app_permissions, { ...needed, ...thread });
  if (missing.length > 0) {
    throw new UserError(
      'missing_permissions',
      words('errors.missingPermissions', { channel: here, permissions: missing.join(', ') }),
    );
  }
}

/** Of `/tutor start`, as the learner filled it in. */
export function wishesOf(options: Readonly<Record<string, string | number | boolean>>): StartOptions {
  const { topic, level, mode, persona } = options;
  return {
    ...(topic && { topic: String(topic) }),
    ...(level && { level: String(level) as NonNullable<StartOptions['level']> }),
    ...(mode && { mode: String(mode) as NonNullable<StartOptions['mode']> }),
    ...(persona && { character: String(persona) }),
  };
}
