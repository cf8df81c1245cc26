import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { attachmentOf, isOfSlack, readFiles, type SlackFile } from '../../../src/bots/slack/lessons/files.ts';
import { openWords } from '../../../src/bots/words.ts';
import { useDatabase } from '../../support/database.ts';
import { type BotAlone, openBotAlone } from '../../support/slack-bot.ts';

/** Files that come with what somebody writes. */

const database = useDatabase();
const words = openWords().for('en');

const file = (name: string, mimetype: string, content: string | Uint8Array) => ({
  ...{ name, mimetype },
  bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content,
});
const PICTURE = file('cake.png', 'image/png', new Uint8Array([137, 80, 78, 71]));

/** As Slack tells of them with the message. */
async function sent({ bot, ada, channel, team }: BotAlone, ...files: ReturnType<typeof file>[]): Promise<SlackFile[]> {
  const { ts } = ada.says(channel, 'look', { files });
  const client = await bot.clients.of(team.id);
  const { messages = [] } = await client.conversations.history({ channel: channel.id, latest: ts, inclusive: true });
  return (messages.find((each) => each.ts === ts)?.files ?? []) as SlackFile[];
}

const reading = ({ bot, installation }: BotAlone, files: SlackFile[]) => readFiles(bot, installation, files, words);

test('texts are read, pictures are kept, and anything else is declined', async () => {
  const alone = await openBotAlone(database.db);
  const files = await sent(
    alone,
    ...[file('notes.txt', 'text/plain', 'half of a cake'), PICTURE, file('song.mp3', 'audio/mpeg', 'la la la')],
  );
  expect(await reading(alone, files)).toEqual({
    texts: ['notes.txt:\n```\nhalf of a cake\n```'],
    pictures: [{ url: 'data:image/png;base64,iVBORw==', type: 'image/png', name: 'cake.png' }],
    recordings: [],
    refusals: ['I only read text here, so I cannot listen to recordings. Type it for me.'],
  });
});

test('without files nothing is asked for', async () => {
  const alone = await openBotAlone(database.db);
  const before = alone.twin.requests.length;
  expect(await reading(alone, [])).toEqual({ texts: [], pictures: [], recordings: [], refusals: [] });
  expect(alone.twin.requests).toHaveLength(before);
});

test('of a shared channel their particulars are asked for; those that nobody has are declined', async () => {
  const alone = await openBotAlone(database.db);
  const [notes] = await sent(alone, file('notes.txt', 'text/plain', 'half of a cake'));
  const hidden = (id: string | undefined) => ({ id, mode: 'file_access', file_access: 'check_file_info' });
  const read = await reading(alone, [hidden(notes?.id), { ...hidden('F0GONE'), name: 'gone.txt' }]);
  expect(read.texts).toEqual(['notes.txt:\n```\nhalf of a cake\n```']);
  expect(read.refusals).toEqual(['I cannot read gone.txt. Copy the part that matters into a message.']);
  alone.twin.faults.failNext((method) => method === 'files.info', 1, { status: 503 });
  await expect(reading(alone, [hidden(notes?.id)])).rejects.toThrow();
});

test('without the right to read files they are declined', async () => {
  const alone = await openBotAlone(database.db, { twin: { scopes: ['chat:write', 'channels:history'] } });
  const files = await sent(alone, file('notes.txt', 'text/plain', 'half of a cake'), PICTURE);
  expect(await reading(alone, files)).toMatchObject({ texts: [], pictures: [], refusals: { length: 2 } });
});

test('a page for signing in is no file, unless a page is what was sent', async () => {
  const alone = await openBotAlone(database.db);
  const page = '<!DOCTYPE html><html><body>Sign in</body></html>';
  const files = await sent(alone, file('notes.txt', 'text/plain', page), file('page.html', 'text/html', page));
  const { texts, refusals } = await reading(alone, files);
  expect(texts).toEqual([`page.html:\n\`\`\`\n${page}\n\`\`\``]);
  expect(refusals).toEqual(['I cannot read notes.txt. Copy the part that matters into a message.']);
});

test('the token goes to Slack alone, and follows no redirect', async () => {
  const alone = await openBotAlone(database.db);
  const heard: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers.authorization);
    response.end('half of a cake');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const elsewhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notes.txt`;
  const notes = { name: 'notes.txt', mimetype: 'text/plain', size: 14, url_private_download: elsewhere };
  expect((await reading(alone, [notes])).refusals).toHaveLength(1);
  const [real] = await sent(alone, file('notes.txt', 'text/plain', 'half of a cake'));
  alone.twin.faults.failNext((method) => method === 'file', 1, { status: 302, headers: { location: elsewhere } });
  expect((await reading(alone, [real ?? {}])).refusals).toHaveLength(1);
  expect(heard).toEqual([]);
});

test.each([
  ['https://files.slack.com/files-pri/T1-F1/notes.txt', true],
  ['https://school.slack.com/files/notes.txt', true],
  ['http://files.slack.com/files-pri/T1-F1/notes.txt', false],
  ['https://files.slack.com.example.org/notes.txt', false],
  ['https://evilslack.com/notes.txt', false],
  ['https://user:word@example.org/.slack.com', false],
  ['http://127.0.0.1:9/files/T1-F1/notes.txt', true],
  ['http://127.0.0.1:10/files/T1-F1/notes.txt', false],
  ['data:text/plain,half', false],
  ['', false],
])('whether %s is of Slack: %s', (url, isIt) => {
  expect(isOfSlack(url, 'http://127.0.0.1:9/api/')).toBe(isIt);
});

const PLAIN = { name: 'cake.png', mimetype: 'image/png', size: 5_000_000, url_private: 'https://files.slack.com/cake' };
const NOTHING = { type: '', size: 0, url: '' };

test.each<[string, SlackFile, object]>([
  ['a picture without a smaller one', PLAIN, { type: 'image/png', size: 5_000_000, url: PLAIN.url_private }],
  [
    'what can be downloaded',
    { ...PLAIN, url_private_download: 'https://files.slack.com/cake/download' },
    { url: 'https://files.slack.com/cake/download' },
  ],
  [
    'the largest of the smaller ones, of which nobody says how large it is',
    {
      ...PLAIN,
      thumb_720: 'https://files.slack.com/cake_720.png',
      thumb_1024: 'https://files.slack.com/cake_1024.png',
    },
    { type: 'image/png', size: 0, url: 'https://files.slack.com/cake_1024.png' },
  ],
  [
    'a picture that few can show, as all can',
    { ...PLAIN, mimetype: 'image/heic', thumb_720: 'https://files.slack.com/cake_720.jpg?pub=1' },
    { type: 'image/jpeg', url: 'https://files.slack.com/cake_720.jpg?pub=1' },
  ],
  [
    'what was recorded in Slack, and how long it is',
    { ...PLAIN, name: 'clip.m4a', mimetype: 'audio/mp4', subtype: 'slack_audio', duration_ms: 2_500 },
    { type: 'audio/mp4', seconds: 2.5 },
  ],
  ['a film without pictures', { ...PLAIN, mimetype: 'video/mp4', subtype: 'slack_audio' }, { type: 'audio/mp4' }],
  ['a film', { ...PLAIN, mimetype: 'video/mp4' }, { type: 'video/mp4' }],
  ['a file that Slack does not keep', { ...PLAIN, is_external: true }, NOTHING],
  ['a file that is kept elsewhere', { ...PLAIN, mode: 'external' }, NOTHING],
  ['one that is no longer there', { ...PLAIN, mode: 'tombstone' }, NOTHING],
  ['one that a free plan hides', { ...PLAIN, mode: 'hidden_by_limit' }, NOTHING],
  ['one without an address', { name: 'cake.png', mimetype: 'image/png', size: 5 }, NOTHING],
  ['one without a name', { ...PLAIN, name: null, title: 'A cake' }, { name: 'A cake' }],
  ['one without any name', { ...PLAIN, name: null }, { name: 'file' }],
])('%s', (_, slackFile, attachment) => {
  expect(attachmentOf(slackFile)).toMatchObject(attachment);
});
