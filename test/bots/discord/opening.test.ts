import { describe, expect, test } from 'vitest';
import type { Bot } from '../../../src/bots/discord/bot.ts';
import { rememberOpening } from '../../../src/bots/openings.ts';
import { openWords } from '../../../src/bots/words.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { type DiscordSchool, openDiscordSchool } from '../../support/discord.ts';
import { allSettled, botListens } from '../../support/discord-deliveries.ts';
import type { Person } from '../../twins/discord/people.ts';
import type { ChannelHandle, DiscordTwin, GuildHandle } from '../../twins/discord/twin.ts';
import type { Fault } from '../../twins/faults.ts';

/** A lesson is opened once, whatever happens while it is. */

const database = useDatabase();
const words = openWords().for(null);

interface World extends DiscordSchool {
  guild: GuildHandle;
  channel: ChannelHandle;
  ada: Person;
}

async function open(before: (twin: DiscordTwin, world: World) => unknown = () => {}): Promise<World> {
  const world = {} as World;
  const school = await openDiscordSchool(database.url, {
    async prepare(twin) {
      world.guild = twin.addGuild({ name: 'School' });
      world.channel = world.guild.addChannel({ name: 'maths' });
      world.ada = world.guild.addMember({ name: 'Ada' });
      await before(twin, world);
    },
  });
  await botListens(school.twin);
  return Object.assign(world, school);
}

/** Resolves when the only lesson of the channel says something; then all is as it has to be. */
async function onlyLessonIn({ twin, runtime, channel, ada }: World, isPrivate: boolean): Promise<void> {
  await until(() => twin.threads(channel.id).some(({ id }) => twin.messages(id).length > (isPrivate ? 1 : 0)));
  const [thread, ...others] = twin.threads(channel.id);
  await allSettled(runtime.db, thread?.id ?? '');
  await until(async () => (await openingsOf(runtime)).length === 0);
  expect(others).toEqual([]);
  expect(thread?.isPrivate()).toBe(isPrivate);
  if (isPrivate) expect(thread?.memberIds()).toContain(ada.id);
  const titles = () =>
    twin
      .messages(isPrivate ? (thread?.id ?? '') : channel.id)
      .flatMap(({ embeds }) => embeds.map(({ title }) => title));
  // The card is shown beside the lesson.
  await until(() => titles().includes(TOPIC));
  expect(titles()).toEqual(isPrivate ? [TOPIC, 'Your plan'] : [TOPIC]);
  expect(twin.violations).toEqual([]);
}

const TOPIC = 'Fractions for beginners';

function openingsOf({ db }: DiscordSchool['runtime']) {
  return db.selectFrom('openings').selectAll().execute();
}

describe.each([
  ['public', false],
  ['private', true],
])('a %s lesson', (_, isPrivate) => {
  type Route = [name: string, matches: (method: string, path: string) => boolean];
  const ROUTES: Route[] = [
    ['acknowledgement', (method, path) => method === 'POST' && path.endsWith('/callback')],
    ['card', (method, path) => method === 'POST' && path.endsWith('/messages')],
    ['thread', (method, path) => method === 'POST' && path.endsWith('/threads')],
    ...(isPrivate ? [['new member', (method) => method === 'PUT'] satisfies Route] : []),
    ['answer', (method, path) => method === 'PATCH' && path.endsWith('/@original')],
  ];
  const FAULTS: [string, Fault][] = [
    ['a broken connection', 'reset'],
    ['an error', { status: 500 }],
  ];
  const cases = ROUTES.flatMap(([name, matches]) => FAULTS.map(([what, fault]) => ({ name, matches, what, fault })));

  test.each(cases)('is opened once where its $name meets $what', async ({ matches, fault }) => {
    const world = await open();
    const { twin, ada, channel } = world;
    twin.faults.failNext(matches, 1, fault);
    const used = ada.runs(channel, 'tutor start', { topic: 'fractions', private: isPrivate });
    await until(() => used.replies().length > 0);
    expect(used.replies().map(({ content }) => content)).toEqual([expect.stringContaining('Your lesson is here')]);
    await onlyLessonIn(world, isPrivate);
  });

  test.each(cases)('is opened once where its $name works and then meets $what', async ({ matches, fault }) => {
    const world = await open();
    const { twin, ada, channel } = world;
    twin.faults.loseNext(matches, 1, fault);
    const used = ada.runs(channel, 'tutor start', { topic: 'fractions', private: isPrivate });
    await until(() => used.replies().length > 0);
    expect(used.replies().map(({ content }) => content)).toEqual([expect.stringContaining('Your lesson is here')]);
    await onlyLessonIn(world, isPrivate);
  });
});

describe('what a crash has left', () => {
  test.each([
    ['public', false],
    ['private', true],
  ])('is opened by the next start, where another one cannot be: %s', async (_, isPrivate) => {
    const leave = ({ guild, channel, ada }: Omit<World, keyof DiscordSchool>) =>
      rememberOpening(
        { db: database.db, platform: 'discord' } as Bot,
        {
          ...{ id: String(BigInt(channel.id) + 1n), token: null, guildId: guild.id },
          ...{ channelId: channel.id, isPrivate, locale: null, start: { topic: 'fractions' }, said: null },
          ...{ question: null, workspace: { id: guild.id, name: 'School' }, learner: { id: ada.id, name: 'Ada' } },
        },
        words,
      );
    const world = await open(async (twin, here) => {
      const guild = twin.addGuild({ name: 'Elsewhere' });
      const gone = guild.addChannel({ name: 'gone' });
      gone.remove();
      await leave({ guild, channel: gone, ada: guild.addMember({ name: 'Ada' }) });
      await leave(here);
    });
    await until(async () => (await openingsOf(world.runtime)).length === 1);
    await database.db.deleteFrom('openings').execute();
    await onlyLessonIn(world, isPrivate);
  });
});
