import { type Kysely, sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { silentLog, until } from '../../support/classroom.ts';
import { useDatabase, whileLocked } from '../../support/database.ts';
import {
  answerTo,
  type DiscordServer,
  openDiscordServer,
  shownLines,
  startLesson,
  UNAVAILABLE,
} from '../../support/discord-lesson.ts';
import { gate } from '../../support/models.ts';
import { MEMBER_PERMISSIONS } from '../../twins/discord/permissions.ts';

/** What people read when the database, or Discord, fails while they are answered. */

const database = useDatabase();

/** A server whose tutor may have errors to log. */
const openServer = (url = database.url) => openDiscordServer(url, { runtime: { log: silentLog } });

/** A database that is waited for however long it takes: who gives up sooner has done so by themselves. */
function patientUrl(): string {
  const url = new URL(database.url);
  for (const limit of ['lock_timeout', 'statement_timeout', 'query_timeout']) url.searchParams.set(limit, '60000');
  return url.href;
}

/** Every use of the table fails, until the test is over. */
async function lose(table: 'lessons' | 'workspaces'): Promise<void> {
  const rename = (from: string, to: string) =>
    sql`alter table ${sql.table(from)} rename to ${sql.ref(to)}`.execute(database.db as Kysely<unknown>);
  await rename(table, 'lost');
  onTestFinished(async () => void (await rename('lost', table)));
}

/** Discord takes its time over acknowledgements, until they are let through. */
function slowAcknowledgement({ twin }: DiscordServer): { asked(): Promise<void>; open(): void } {
  const { opened, open } = gate();
  let isAsked = false;
  twin.faults.onRequest(async ({ path, moment }) => {
    if (moment === 'done' || !path.endsWith('/callback')) return null;
    isAsked = true;
    await opened;
    return null;
  });
  return { asked: () => until(() => isAsked), open };
}

test('a database that fails before Discord has acknowledged is told of all the same', async () => {
  const server = await openServer();
  const { ada, channel, guild } = server;
  const mia = guild.addMember({ name: 'Mia', permissions: MEMBER_PERMISSIONS | (1n << 5n) });
  const opened = mia.runs(channel, 'tutor-admin settings');
  await answerTo(opened);
  await lose('workspaces');
  const slow = slowAcknowledgement(server);
  const pressed = mia.presses(opened.replies()[0] ?? channel, 'Switch the homework guard');
  const hint = ada.runs(channel, 'tutor hint');
  await slow.asked();
  // By now both have been refused by the database.
  await expect(sql`select count(*) from workspaces`.execute(server.runtime.db)).rejects.toThrow('does not exist');
  slow.open();
  expect(await answerTo(pressed)).toBe(UNAVAILABLE);
  expect(await answerTo(hint)).toBe(UNAVAILABLE);
});

/** The form to change the plan with, open. */
async function openForm(server: DiscordServer) {
  const lesson = await startLesson(server, server.channel, server.ada);
  const form = server.ada.presses(lesson.last(), 'Change…');
  await form.acknowledged;
  return { form, lesson };
}

test('what was typed into a form comes back whole when the database is slow, or fails', async () => {
  const server = await openServer(patientUrl());
  const { form, lesson } = await openForm(server);
  const words = Array.from({ length: 380 }, (_, index) => `word-${index}`);
  const waiting = await whileLocked(database.db, 'lessons', async () => {
    const late = form.submits({ written: words.join(' ') });
    await until(() => late.replies().length > 1);
    return late.replies();
  });
  expect(waiting[0]?.content.split('\n')[0]).toBe(UNAVAILABLE);
  expect(waiting.every(({ isEphemeral }) => isEphemeral)).toBe(true);
  expect(waiting.flatMap(({ content }) => content.match(/word-\d+/g) ?? [])).toEqual(words);

  const again = server.ada.presses(lesson.last(), 'Change…');
  await again.acknowledged;
  await lose('lessons');
  const failed = again.submits({ written: 'less\nof it' });
  expect(await answerTo(failed)).toBe(`${UNAVAILABLE}\n\n> less\n> of it`);
});

test('a failure of Discord’s is not said to be the notebook’s', async () => {
  const server = await openServer();
  const { ada, channel, twin } = server;
  const refused = { status: 400, body: { message: 'Maximum number of webhooks reached', code: 30007 } };
  twin.faults.failNext((method, path) => method === 'POST' && path === `/channels/${channel.id}/messages`, 1, refused);
  expect(await answerTo(ada.runs(channel, 'tutor start', { topic: 'fractions' }))).toBe(
    'Discord did not let me finish that. If nothing happens, try again in a moment.',
  );
});

test('a form of what is settled by now says nothing in the lesson, and gives back what was typed', async () => {
  const server = await openDiscordServer(database.url, { twin: { messageContent: false } });
  const { ada } = server;
  const { form, lesson } = await openForm(server);
  await lesson.presses('Start');
  await lesson.presses('C · 1/6');
  const question = ada.presses(lesson.last(), 'Write…');
  await question.acknowledged;
  await lesson.presses('Skip');
  const before = lesson.messages().map(shownLines);
  const behind = 'We are past that by now. Look at my last message, and answer there.';
  for (const old of [form, question]) {
    expect(await answerTo(old.submits({ written: '7/10' }))).toBe(`${behind}\n\n> 7/10`);
  }
  // Nor is anybody asked to fill in what is settled.
  expect(
    await answerTo(
      ada.presses(lesson.messages().find((each) => shownLines(each).includes('[Change…]')) ?? lesson, 'Change…'),
    ),
  ).toBe(behind);
  await lesson.runs('tutor plan');
  expect(lesson.messages().map(shownLines).slice(0, before.length)).toEqual(before);
  expect(lesson.messages()).toHaveLength(before.length + 1);
  // What fits is taken.
  await lesson.presses('B · 5/8');
  await lesson.writes('Write…', '2/4');
});
