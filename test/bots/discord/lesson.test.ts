import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { lastMessage, openDiscordSchool, stateOf } from '../../support/discord.ts';

const database = useDatabase();

test('first look', async () => {
  const { twin, runtime } = await openDiscordSchool(database.url);
  const guild = twin.addGuild({ name: 'School' });
  const channel = guild.addChannel({ name: 'maths' });
  const ada = guild.addMember({ name: 'Ada' });
  await until(() => twin.commands().length > 0);
  const used = ada.runs(channel, 'tutor start', { topic: 'fractions' });
  await used.acknowledged;
  await until(() => used.replies().length > 0);
  console.log(used.replies());
  const [thread] = twin.threads(channel.id);
  const plan = await lastMessage(twin, thread?.id ?? '', (message) => message.embeds.length > 0);
  console.log(JSON.stringify(twin.messages(thread?.id ?? ''), null, 1));
  const press = ada.presses(plan, 'Start');
  await press.acknowledged;
  const question = await lastMessage(twin, thread?.id ?? '', (message) => message.id !== plan.id);
  console.log(JSON.stringify(question, null, 1));
  console.log(await stateOf(runtime, thread?.id ?? ''));
  console.log(twin.messages(channel.id)[0]);
  expect(twin.violations).toEqual([]);
});
