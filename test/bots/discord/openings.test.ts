import { expect, test } from 'vitest';
import type { Request } from '../../../src/bots/discord/lessons/openings.ts';
import { changeSettings } from '../../../src/core/settings.ts';
import { insertOpening, recentOpenings } from '../../../src/db/openings.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openDiscordSchool, stateOf } from '../../support/discord.ts';
import { answered, answerTo, openDiscordServer } from '../../support/discord-lesson.ts';
import { gate } from '../../support/models.ts';

/** What is kept of a lesson that is asked for, until it is open. */

const database = useDatabase();

test('what may not be opened is not kept, so that no restart opens it', async () => {
  const { twin, channel, guild, ada } = await openDiscordServer(database.url);
  const other = guild.addChannel({ name: 'lessons' });
  await changeSettings(database.db, 'discord', { id: guild.id, name: 'School' }, { channels: [other.id] });
  const acknowledging = gate();
  let held = 0;
  twin.faults.onRequest(async ({ path, moment }) => {
    if (moment === 'arrived' && path.endsWith('/callback')) held += 1;
    if (held > 0) await acknowledging.opened;
    return null;
  });
  const used = ada.runs(channel, 'tutor start', { topic: 'fractions' });
  await until(() => held === 1);
  expect(await recentOpenings(database.db, 'discord')).toEqual([]);
  acknowledging.open();
  expect(await answerTo(used)).toBe(`Lessons do not start in this channel. Try again in <#${other.id}>.`);
  expect(await recentOpenings(database.db, 'discord')).toEqual([]);
  expect(twin.messages(channel.id)).toEqual([]);
});

test('what a crash has left is opened by the next start, whatever becomes of what was before it', async () => {
  let channel = '';
  const { twin, runtime } = await openDiscordSchool(database.url, {
    async prepare(twin) {
      const guild = twin.addGuild({ name: 'School' });
      channel = guild.addChannel({ name: 'maths' }).id;
      const gone = guild.addChannel({ name: 'gone' });
      gone.remove();
      const ada = guild.addMember({ name: 'Ada' });
      const request = (id: string, channelId: string): Request => ({
        ...{
          id,
          token: `token-${id}`,
          guildId: guild.id,
          channelId,
          isPrivate: false,
          locale: null,
          said: null,
          question: null,
        },
        ...{ workspace: { id: guild.id, name: 'School' }, learner: { id: ada.id, name: ada.name } },
        start: { topic: 'fractions', defaults: { character: 'a patient pirate' } },
      });
      for (const [id, place] of Object.entries({ 1001: gone.id, 1002: channel })) {
        await insertOpening(database.db, 'discord', { id, workspace: guild.id, request: request(id, place) });
      }
    },
  });
  await answered(runtime, '1002');
  const [thread] = twin.threads(channel);
  expect((await stateOf(runtime, thread?.id ?? '')).preferences.character).toBe('a patient pirate');
  await until(async () => (await recentOpenings(database.db, 'discord')).length < 2);
  expect((await recentOpenings(database.db, 'discord')).map(({ id }) => id)).toEqual(['1001']);
  expect(twin.violations).toEqual([]);
});
