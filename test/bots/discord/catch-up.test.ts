import { expect, test } from 'vitest';
import type { Runtime } from '../../../src/runtime.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { lastMessage, openDiscordSchool } from '../../support/discord.ts';
import type { Person } from '../../twins/discord/people.ts';
import type { DiscordTwin, GuildHandle } from '../../twins/discord/twin.ts';

/** What is written while no session of the gateway is there to tell of it. */

const database = useDatabase();

interface Lesson {
  person: Person;
  id: string;
}

async function openLesson(twin: DiscordTwin, guild: GuildHandle, name: string): Promise<Lesson> {
  const channel = guild.addChannel({ name });
  const person = guild.addMember({ name });
  person.runs(channel, 'tutor start', { topic: 'fractions' });
  await until(() => twin.threads(channel.id).length > 0);
  const id = twin.threads(channel.id)[0]?.id ?? '';
  const plan = await lastMessage(twin, id, ({ embeds }) => embeds.length > 0);
  person.presses(plan, 'Start');
  await lastMessage(twin, id, (message) => message.id !== plan.id && message.components.length > 0);
  return { person, id };
}

/** What the learner typed, as it was taken in, in order. */
async function taken({ db }: Runtime, { id }: Lesson): Promise<string[]> {
  const query = db.selectFrom('messages').innerJoin('lessons', 'lessons.id', 'messages.lesson_id').select('text');
  const own = query
    .where('thread_id', '=', id)
    .where('author', '=', 'learner')
    .where('payload', 'is', null)
    .where('text', '<>', '');
  return (await own.orderBy('seq').execute()).map(({ text }) => text);
}

const readsOf = (id: string) => (method: string, path: string) =>
  method === 'GET' && path === `/channels/${id}/messages`;

test('is asked for until Discord answers', async () => {
  const { twin, runtime } = await openDiscordSchool(database.url);
  const lesson = await openLesson(twin, twin.addGuild({ name: 'School' }), 'Ada');
  // More often than a request is repeated by itself.
  twin.faults.failNext(readsOf(lesson.id), 4, { status: 500 });
  twin.gateway.invalidate(false);
  lesson.person.says(lesson, 'what is a half?');
  await until(async () => (await taken(runtime, lesson)).length > 0);
  expect(await taken(runtime, lesson)).toEqual(['what is a half?']);
  expect(twin.violations).toEqual([]);
});

test('is taken in before what is written after it, while other lessons go on', async () => {
  const { twin, runtime } = await openDiscordSchool(database.url);
  const guild = twin.addGuild({ name: 'School' });
  const [ada, bob] = [await openLesson(twin, guild, 'Ada'), await openLesson(twin, guild, 'Bob')];
  const isRead = readsOf(ada.id);
  twin.faults.onRequest(async ({ method, path, moment }) => {
    if (moment === 'done' || !isRead(method, path) || (await taken(runtime, bob)).length > 0) return null;
    ada.person.says(ada, 'second');
    bob.person.says(bob, 'meanwhile');
    await until(async () => (await taken(runtime, bob)).length > 0);
    return null;
  });
  twin.gateway.invalidate(false);
  ada.person.says(ada, 'first');
  await until(async () => (await taken(runtime, ada)).length === 2);
  expect(await taken(runtime, ada)).toEqual(['first', 'second']);
  expect(twin.violations).toEqual([]);
});

test('is read to its end, in order, also where it is more than Discord tells at a time', async () => {
  const { twin, runtime } = await openDiscordSchool(database.url);
  const lesson = await openLesson(twin, twin.addGuild({ name: 'School' }), 'Ada');
  twin.gateway.invalidate(false);
  const written = Array.from({ length: 105 }, (_, index) => `I think that it is number ${index}`);
  for (const text of written) lesson.person.says(lesson, text);
  await until(async () => (await taken(runtime, lesson)).length === written.length);
  expect(await taken(runtime, lesson)).toEqual(written);
});

test('in direct messages too, where what an earlier lesson has had is not for a later one', async () => {
  const { twin, runtime } = await openDiscordSchool(database.url);
  const ada = twin.addUser({ name: 'Ada' });
  const dm = ada.dm();
  const lastIs = (words: string) => lastMessage(twin, dm.id, ({ content }) => content.includes(words));
  await until(() => twin.commands().length > 0);
  ada.says(dm, 'hello');
  await lastIs('What would you like to learn?');
  ada.says(dm, 'end');
  await lastIs('We stop here.');
  ada.says(dm, 'probability');
  await lastIs('How shall we work?');
  twin.gateway.invalidate(false);
  ada.says(dm, 'questions only, please');
  await lastIs('Which tutor would you like?');
  const query = runtime.db
    .selectFrom('messages')
    .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
    .select(['thread_id', 'text'])
    .where('thread_id', 'like', `${dm.id}/%`)
    .where('author', '=', 'learner')
    .orderBy('lessons.created_at')
    .orderBy('seq');
  const said = Object.values(Object.groupBy(await query.execute(), (row) => row.thread_id));
  expect(said.map((lesson) => lesson?.map(({ text }) => text))).toEqual([
    ['hello', 'end'],
    ['probability', 'questions only, please'],
  ]);
});
