import { API, Client, GatewayDispatchEvents, GatewayIntentBits } from '@discordjs/core';
import { REST } from '@discordjs/rest';
import { WebSocketManager } from '@discordjs/ws';
import { expect, test } from 'vitest';
import { until } from '../support/classroom.ts';
import { startDiscordTwin } from './discord/twin.ts';

test('a bot connects, hears, answers and posts', async () => {
  const twin = await startDiscordTwin({});
  const guild = twin.addGuild({ name: 'School' });
  const channel = guild.addChannel({ name: 'maths' });
  const ada = guild.addMember({ name: 'Ada', locale: 'de' });
  const rest = new REST({ api: twin.url }).setToken(twin.token);
  const gateway = new WebSocketManager({
    token: twin.token,
    rest,
    intents: GatewayIntentBits.Guilds | GatewayIntentBits.GuildMessages | GatewayIntentBits.MessageContent,
  });
  const client = new Client({ rest, gateway });
  const heard: string[] = [];
  client.on(GatewayDispatchEvents.MessageCreate, ({ data }) => {
    heard.push(data.content);
  });
  client.on(GatewayDispatchEvents.InteractionCreate, async ({ data, api }) => {
    await api.interactions.reply(data.id, data.token, { content: 'hi', flags: 64, allowed_mentions: { parse: [] } });
  });
  const ready = new Promise((r) => client.once(GatewayDispatchEvents.Ready, r));
  await gateway.connect();
  await ready;
  ada.says(channel, 'hello');
  await until(() => heard.includes('hello'));
  const api = new API(rest);
  await api.applicationCommands.bulkOverwriteGlobalCommands(twin.applicationId, [
    {
      name: 'tutor',
      description: 'x',
      options: [{ type: 1, name: 'start', description: 'y', options: [{ type: 3, name: 'topic', description: 'z' }] }],
    },
  ]);
  const used = ada.runs(channel, 'tutor start', { topic: 'fractions' });
  expect((await used.acknowledged).type).toBe(4);
  expect(used.replies()[0]?.content).toBe('hi');
  const m = await api.channels.createMessage(channel.id, {
    content: 'x',
    allowed_mentions: { parse: [] },
    components: [{ type: 1, components: [{ type: 2, style: 1, label: 'Hint', custom_id: 'hint' }] }],
    files: [{ name: 'a.txt', data: Buffer.from('abc'), contentType: 'text/plain' }],
  });
  const t = await api.channels.createThread(channel.id, { name: 'L' }, m.id);
  await api.channels.createMessage(t.id, { content: 'x', allowed_mentions: { parse: [] } });
  ada.presses(m, 'Hint');
  expect(twin.violations).toEqual([]);
  await gateway.destroy();
  await twin.close();
});
