import { expect, test } from 'vitest';
import { checkPlace } from '../../../src/bots/slack/lessons/places.ts';
import { openWords } from '../../../src/bots/words.ts';
import { settingsOf, type WorkspaceSettings } from '../../../src/core/settings.ts';
import { useDatabase } from '../../support/database.ts';
import { type BotAlone, openBotAlone } from '../../support/slack-bot.ts';
import type { Person } from '../../twins/slack/people.ts';

/** Where lessons may be opened, and for whom. */

const database = useDatabase();

interface Asked {
  channelId?: string;
  person?: Person;
  settings?: Partial<WorkspaceSettings>;
  isInThread?: boolean;
}

/** The sentence that says why not; null where it may be opened. */
async function asked({ bot, channel, ada, installation }: BotAlone, wish: Asked = {}): Promise<string | null> {
  const { channelId = channel.id, person = ada, settings = {}, isInThread = false } = wish;
  const checked = checkPlace(bot, {
    ...{ installation, channelId, isInThread, words: openWords().for('en') },
    person: await bot.people.of(installation.id, person.id),
    settings: { ...settingsOf(null), ...settings },
  });
  return checked.then(
    () => null,
    (error) => (error.name === 'UserError' ? error.message : Promise.reject(error)),
  );
}

const calls = ({ twin }: BotAlone, name: string) => twin.requests.filter(({ method }) => method === name).length;

test('where the tutor is', async () => {
  const alone = await openBotAlone(database.db);
  expect(await asked(alone)).toBeNull();
  expect(calls(alone, 'conversations.join')).toBe(0);
});

test('a public channel is joined; an archived one is not', async () => {
  const alone = await openBotAlone(database.db);
  const open = alone.team.addChannel({ name: 'open', botIsMember: false });
  expect(await asked(alone, { channelId: open.id })).toBeNull();
  expect(open.isBotMember()).toBe(true);
  const old = alone.team.addChannel({ name: 'old', botIsMember: false });
  old.archive();
  expect(await asked(alone, { channelId: old.id })).toBe(
    'This channel is archived, so no lesson can be held in it. Try another channel, or write to me directly.',
  );
  expect(old.isBotMember()).toBe(false);
});

test('a private channel has to invite it, also where it may not join a public one', async () => {
  const alone = await openBotAlone(database.db);
  const { botUserId } = alone.installation;
  const sentence = `I am not in this channel. Type /invite <@${botUserId}> here and try again, or write to me directly.`;
  const secret = alone.team.addChannel({ name: 'secret', isPrivate: true, botIsMember: false });
  expect(await asked(alone, { channelId: secret.id })).toBe(sentence);
  secret.inviteBot();
  expect(await asked(alone, { channelId: secret.id })).toBeNull();
  const crowded = alone.team.addChannel({ name: 'crowded', botIsMember: false });
  alone.twin.faults.failNext((method) => method === 'conversations.join', 1, {
    status: 200,
    body: { ok: false, error: 'too_many_members' },
  });
  expect(await asked(alone, { channelId: crowded.id })).toBe(sentence);
});

test('direct messages with the tutor, but not those of others', async () => {
  const alone = await openBotAlone(database.db);
  expect(await asked(alone, { channelId: alone.ada.dm() })).toBeNull();
  expect(await asked(alone, { channelId: 'D0ELSEWHERE' })).toBe(
    `I cannot see this conversation. Write to me directly: <@${alone.installation.botUserId}>.`,
  );
});

test('not in group messages', async () => {
  const alone = await openBotAlone(database.db);
  const ben = alone.team.addMember({ name: 'Ben' });
  const client = await alone.bot.clients.of(alone.team.id);
  const { channel } = await client.conversations.open({ users: `${alone.ada.id},${ben.id}` });
  expect(await asked(alone, { channelId: channel?.id ?? '' })).toBe(
    `I do not teach in group messages. Try a channel, or write to me directly: <@${alone.installation.botUserId}>.`,
  );
});

test.each([
  ['is_read_only', 'Not everybody may write in this channel', 'Not everybody may write in this channel'],
  ['is_non_threadable', 'This channel has no threads', 'This channel has no threads'],
  ['is_thread_only', 'This channel has no threads', null],
])('a channel that %s', async (property, sentence, inThread) => {
  const alone = await openBotAlone(database.db);
  const body = { ok: true, channel: { id: alone.channel.id, is_member: true, [property]: true } };
  alone.twin.faults.failNext((method) => method === 'conversations.info', 2, { status: 200, body });
  expect(await asked(alone)).toContain(sentence);
  const answer = await asked(alone, { isInThread: true });
  expect(inThread === null ? answer : answer?.startsWith(inThread)).toBe(inThread === null ? null : true);
});

test('in a channel that is shared through Slack Connect, people of the other workspace learn as well', async () => {
  const alone = await openBotAlone(database.db);
  const other = alone.twin.addTeam({ name: 'Other', installed: false });
  const shared = alone.team.addChannel({ name: 'shared', sharedWith: [other] });
  const gil = other.addMember({ name: 'Gil' });
  shared.invite(gil);
  expect(await asked(alone, { channelId: shared.id, person: gil })).toBeNull();
});

test('what the admins decided: where, and by whom', async () => {
  const alone = await openBotAlone(database.db);
  const { ada, channel, team } = alone;
  const other = team.addChannel({ name: 'other' });
  const channels = [other.id];
  expect(await asked(alone, { settings: { channels } })).toBe(
    `Lessons do not start in this channel. Try again in <#${other.id}>.`,
  );
  expect(await asked(alone, { channelId: other.id, settings: { channels } })).toBeNull();
  expect(await asked(alone, { channelId: ada.dm(), settings: { channels } })).toBeNull();

  const pupil = team.addMember({ name: 'Ben' });
  const admin = team.addMember({ name: 'Mia', isAdmin: true });
  const starters = [pupil.id];
  const sentence = 'In this workspace only some people may start lessons. An admin can add you on my Home tab.';
  for (const channelId of [channel.id, ada.dm()]) {
    expect(await asked(alone, { channelId, settings: { starters } })).toBe(sentence);
  }
  for (const person of [pupil, admin]) expect(await asked(alone, { person, settings: { starters } })).toBeNull();
});

test('without the right to look, the first message shows whether it may be sent', async () => {
  const scopes = ['chat:write', 'users:read'];
  const alone = await openBotAlone(database.db, { twin: { scopes } });
  expect(await asked(alone)).toBeNull();
});

test('a Slack that is away is asked again later', async () => {
  const alone = await openBotAlone(database.db);
  alone.twin.faults.failNext((method) => method === 'conversations.info', 1, { status: 503 });
  await expect(asked(alone)).rejects.toThrow();
});
