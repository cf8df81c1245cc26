import type { API } from '@discordjs/core/http-only';
import { DiscordAPIError } from '@discordjs/rest';
import { type APIGuild, RESTJSONErrorCodes } from 'discord-api-types/v10';
import type { AdminNotice, SendResult } from '../../../core/ports.ts';
import { noticeText } from '../../billing.ts';
import { cut } from '../../split.ts';
import type { Words } from '../../words.ts';
import { inviteUrl } from '../connection/invite.ts';
import { isRefusal, reasonOf, sendFailure } from '../failures.ts';
import { MESSAGE_LIMIT } from './markdown.ts';
import { nonceOf } from './nonce.ts';

/** What those who run a server are told of its subscription, in the first of their places that takes it. */

interface Options {
  words: Words;
  /** Null: not known yet. */
  applicationId(): string | null;
}

type Place = { channel: string } | { person: string };

/** Safe to call twice with one notice. */
export async function tellAdmins(api: API, notice: AdminNotice, options: Options): Promise<SendResult> {
  const refusals: string[] = [];
  try {
    const guild = await guildOf(api, notice.workspace);
    // It was invited again meanwhile.
    if (guild && notice.kind === 'kicked') return { ok: true, platformMessageIds: [] };
    for await (const place of placesFor(api, notice, guild, options)) {
      try {
        return { ok: true, platformMessageIds: [await tell(api, place, notice, guild, options)] };
      } catch (error) {
        // The place is gone or takes nothing of ours: there may be another one.
        if (!(error instanceof DiscordAPIError) || error.status === 401) throw error;
        refusals.push(reasonOf(error));
      }
    }
  } catch (error) {
    if (error instanceof DiscordAPIError) return { ok: false, reason: 'retry', detail: reasonOf(error) };
    return sendFailure(error);
  }
  return { ok: false, reason: 'gone', detail: refusals.join('; ') || 'there is nobody to tell' };
}

/** Null: we are not there any more. */
async function guildOf(api: API, id: string): Promise<APIGuild | null> {
  try {
    return await api.guilds.get(id);
  } catch (error) {
    const { UnknownGuild, MissingAccess } = RESTJSONErrorCodes;
    if (isRefusal(error, UnknownGuild, MissingAccess)) return null;
    throw error;
  }
}

/** Only those which nobody but admins, or one person, reads. */
async function* placesFor(
  api: API,
  { workspace, channel, payer }: AdminNotice,
  guild: APIGuild | null,
  { applicationId }: Options,
): AsyncGenerator<Place> {
  if (guild && channel) yield { channel };
  if (guild?.public_updates_channel_id) yield { channel: guild.public_updates_channel_id };
  const paid = payer ?? (await buyerIn(api, applicationId(), workspace));
  if (paid) yield { person: paid };
  if (guild && guild.owner_id !== paid) yield { person: guild.owner_id };
}

/** Who bought something for a server in Discord last: we keep nobody's name, so Discord is asked. */
async function buyerIn(api: API, applicationId: string | null, guild: string): Promise<string | null> {
  if (!applicationId) return null;
  try {
    const bought = await api.monetization.getEntitlements(applicationId, { guild_id: guild, exclude_deleted: false });
    return bought.find(({ user_id: buyer }) => buyer !== undefined)?.user_id ?? null;
  } catch (error) {
    if (error instanceof DiscordAPIError) return null;
    throw error;
  }
}

async function tell(
  api: API,
  place: Place,
  notice: AdminNotice,
  guild: APIGuild | null,
  options: Options,
): Promise<string> {
  const channel = 'channel' in place ? place.channel : (await api.users.createDM(place.person)).id;
  const message = await api.channels.createMessage(channel, {
    content: cut(contentFor(notice, guild, options, 'person' in place), MESSAGE_LIMIT),
    allowed_mentions: { parse: [] },
    nonce: nonceOf(`${notice.id}-0`),
    enforce_nonce: true,
  });
  return message.id;
}

/** In the server's language: Discord does not tell that of a person who does nothing. */
function contentFor(
  notice: AdminNotice,
  guild: APIGuild | null,
  { words, applicationId }: Options,
  named: boolean,
): string {
  const locale = guild?.preferred_locale ?? null;
  const said = words.for(locale);
  const where = { ...notice, place: `**${guild?.name ?? notice.place}**` };
  const command = guild ? '`/tutor-admin billing`' : null;
  const text = noticeText(where, { words: said, locale }, { command, named });
  const application = applicationId();
  if (guild || !application) return text;
  return `${text}\n${said('billing.removedHow', { invite: `<${inviteUrl(application)}>`, command: '`/tutor-admin move`' })}`;
}
