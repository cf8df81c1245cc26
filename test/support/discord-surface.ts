import { onTestFinished } from 'vitest';
import { openRest } from '../../src/bots/discord/connection/rest.ts';
import { type DiscordSurfaceOptions, discordSurface } from '../../src/bots/discord/replies/outbound.ts';
import { openWords } from '../../src/bots/words.ts';
import type { Surface } from '../../src/core/ports.ts';
import { plainApi } from '../twins/discord/client.ts';
import {
  type ChannelHandle,
  type DiscordTwin,
  type DiscordTwinOptions,
  type GuildHandle,
  startDiscordTwin,
} from '../twins/discord/twin.ts';
import { silentLog } from './classroom.ts';

export interface OpenedDiscordSurface {
  twin: DiscordTwin;
  surface: Surface;
  /** Another process with the same thread in hand. */
  another(): Surface;
  guild: GuildHandle;
  channel: ChannelHandle;
  /** Of the bot's own, with nothing in it. */
  thread: ChannelHandle;
}

export interface SurfaceOptions extends Partial<DiscordSurfaceOptions> {
  twin?: DiscordTwinOptions;
  timeoutMs?: number;
}

/** The surface alone, with a thread to write in and no pauses, until the test is finished. */
export async function openDiscordSurface(options: SurfaceOptions = {}): Promise<OpenedDiscordSurface> {
  const { twin: twinOptions, timeoutMs, ...more } = options;
  const twin = await startDiscordTwin(twinOptions);
  onTestFinished(() => twin.close());
  const guild = twin.addGuild({ name: 'School' });
  const channel = guild.addChannel({ name: 'maths' });
  const { channels } = plainApi(twin);
  const card = await channels.createMessage(channel.id, { content: 'A lesson', allowed_mentions: { parse: [] } });
  await channels.createThread(channel.id, { name: 'A lesson' }, card.id);
  const api = openRest({ token: twin.token, apiUrl: twin.url }, timeoutMs ? { timeoutMs } : {});
  const open = () =>
    discordSurface(api, {
      ...{ words: openWords(), log: silentLog, readsMessages: () => true, pause: async () => {} },
      applicationId: () => twin.applicationId,
      ...more,
    });
  return { twin, surface: open(), another: open, guild, channel, thread: twin.channel(card.id) };
}
