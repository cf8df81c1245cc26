import { PermissionFlagsBits } from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import type { LearnerExport } from '../../../src/core/data-rights.ts';
import { readSettings } from '../../../src/core/settings.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { stateOf } from '../../support/discord.ts';
import {
  answered,
  answerTo,
  type DiscordServer,
  openDiscordServer,
  shownLines,
  startLesson,
} from '../../support/discord-lesson.ts';
import { watchedModel } from '../../support/models.ts';
import { MEMBER_PERMISSIONS } from '../../twins/discord/permissions.ts';
import type { Used } from '../../twins/discord/used.ts';

/** What a learner, and what an admin, decides about the tutor. */

const database = useDatabase();

const valuesIn = (used: Used) =>
  Object.fromEntries(
    (used.modal()?.components ?? []).map(({ component }) => {
      const { custom_id: field, value } = component as { custom_id: string; value?: string };
      return [field, value];
    }),
  );

async function asksForSettings({ ada, channel }: DiscordServer): Promise<Used> {
  const used = ada.runs(channel, 'tutor settings');
  await used.acknowledged;
  return used;
}

test('settings are kept, shown again, used by the lesson that runs and by the next, and taken back', async () => {
  const model = watchedModel();
  const server = await openDiscordServer(database.url, { runtime: { model } });
  const { ada, channel, runtime } = server;
  const empty = await asksForSettings(server);
  expect(empty.modal()?.title).toBe('How I teach you');
  expect(valuesIn(empty)).toEqual({ nickname: undefined, character: undefined, style: undefined, language: undefined });
  const saved = empty.submits({ nickname: 'Addie', style: 'with football' });
  expect(await answerTo(saved)).toBe('Saved. I teach you like this from now on.');
  expect(saved.replies()[0]?.isEphemeral).toBe(true);

  const lesson = await startLesson(server, channel, ada);
  expect((await stateOf(runtime, lesson.id)).preferences).toMatchObject({ nickname: 'Addie', style: 'with football' });
  await lesson.presses('Start');
  const again = await asksForSettings(server);
  expect(valuesIn(again)).toMatchObject({ nickname: 'Addie', style: 'with football' });
  const changed = again.submits({ nickname: '', character: 'a stern captain' });
  await answerTo(changed);
  await answered(runtime, changed.id);
  expect((await stateOf(runtime, lesson.id)).preferences).toMatchObject({
    nickname: null,
    character: 'a stern captain',
  });
  await lesson.says('can the top number be bigger than the bottom one?');
  expect(JSON.stringify(model.requests.at(-1))).toContain('a stern captain');

  const next = await startLesson(server, channel, ada, { topic: 'probability' });
  expect((await stateOf(runtime, next.id)).preferences).toMatchObject({
    nickname: null,
    character: 'a stern captain',
    style: 'with football',
  });
});

/** Every row of every table in which something of a person stands. */
async function rowsAbout({ db }: DiscordServer['runtime'], words: readonly string[]): Promise<string[]> {
  const tables = [
    'learners',
    'lessons',
    'messages',
    'turns',
    'turn_steps',
    'deliveries',
    'events',
    'openings',
    'workspaces',
    'usage',
  ] as const;
  const found = await Promise.all(
    tables.map(async (table) => {
      const rows = (await db.selectFrom(table).selectAll().execute()).map((row) => JSON.stringify(row));
      return rows.filter((row) => words.some((word) => row.includes(word)));
    }),
  );
  return found.flat();
}

test('forgetting asks first, leaves nothing, and begins anew', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, runtime } = server;
  const lesson = await startLesson(server, channel, ada);
  await lesson.presses('Start');
  await lesson.says('my dog is called Rumpelstilt');
  const kept = ada.runs(channel, 'tutor forget');
  expect(await answerTo(kept)).toContain('Shall I forget everything about you');
  const keep = ada.presses(kept.replies()[0] ?? channel, 'Keep everything');
  await keep.acknowledged;
  await until(() => kept.replies()[0]?.components.length === 0);
  expect(kept.replies().map(shownLines)).toEqual(['Threadtutor:\n    Nothing has changed. I still know you.']);
  expect(await rowsAbout(runtime, [ada.id, 'Rumpelstilt'])).not.toEqual([]);

  const forgotten = ada.runs(channel, 'tutor forget');
  await answerTo(forgotten);
  await ada.presses(forgotten.replies()[0] ?? channel, 'Forget me').acknowledged;
  await until(() => forgotten.replies()[0]?.components.length === 0);
  expect(forgotten.replies().map(shownLines)).toEqual([
    'Threadtutor:\n    Done. I have forgotten you. You can start afresh with /tutor start.',
  ]);
  expect(await rowsAbout(runtime, [ada.id, 'Rumpelstilt'])).toEqual([]);
  // What they write where a lesson was is not taken in.
  ada.says(lesson, 'Rumpelstilt again');
  const fresh = await startLesson(server, channel, ada);
  expect(fresh.id).not.toBe(lesson.id);
  expect(await stateOf(runtime, fresh.id)).toMatchObject({ phase: 'approving' });
  expect(await rowsAbout(runtime, ['Rumpelstilt'])).toEqual([]);
});

test('of direct messages, too, nothing is left that names the person', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, runtime } = server;
  const lesson = await startLesson(server, ada.dm(), ada);
  await lesson.presses('Start');
  const forgotten = ada.runs(ada.dm(), 'tutor forget');
  await answerTo(forgotten);
  await ada.presses(forgotten.replies()[0] ?? lesson, 'Forget me').acknowledged;
  await until(() => forgotten.replies()[0]?.components.length === 0);
  expect(await rowsAbout(runtime, [ada.id])).toEqual([]);
});

test('the export has everything that was said, as a file for this person alone', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, twin } = server;
  const lesson = await startLesson(server, channel, ada);
  await lesson.presses('Start');
  await lesson.says('is this ½ or 50 %?');
  const used = ada.runs(channel, 'tutor export');
  expect(await answerTo(used)).toBe('Here is everything that I have stored about you.');
  const [reply] = used.replies();
  expect(reply).toMatchObject({ isEphemeral: true, attachments: [{ filename: 'threadtutor.json' }] });
  const everything = (await (await fetch(reply?.attachments[0]?.url ?? '')).json()) as LearnerExport;
  expect(everything).toMatchObject({ name: 'Ada', lessons: [{ topic: 'Fractions for beginners', phase: 'teaching' }] });
  const said = everything.lessons[0]?.conversation ?? [];
  expect(said.filter(({ author }) => author === 'learner').at(-1)?.text).toBe('is this ½ or 50 %?');
  expect(said.at(-1)?.author).toBe('tutor');
  expect(twin.messages(channel.id)).toHaveLength(1);
});

const ADMIN = MEMBER_PERMISSIONS | PermissionFlagsBits.ManageGuild;

/** The panel, opened, and a way to use it. */
async function openPanel(server: DiscordServer) {
  const { guild, channel, runtime } = server;
  const mia = guild.addMember({ name: 'Mia', permissions: ADMIN });
  const used = mia.runs(channel, 'tutor-admin');
  await answerTo(used);
  const panel = () => used.replies()[0] ?? channel;
  const changedAt = () => used.replies()[0]?.editedAt;
  /** Until the panel shows it, or the person is told why it does not. */
  const wait = async (change: Used, before = changedAt()) => {
    await change.acknowledged;
    await until(() => changedAt() !== before || change.replies().some(({ id }) => id !== used.replies()[0]?.id));
    return change;
  };
  return {
    mia,
    shown: () => used.replies().map(shownLines).join('\n'),
    selects: (part: string, ...values: string[]) => wait(mia.selects(panel(), `admin|${part}`, values)),
    presses: (button: string) => wait(mia.presses(panel(), button)),
    /** Fills in the form of the budget. */
    async budget(amount: string): Promise<Used> {
      const opened = mia.presses(panel(), 'Change the budget…');
      await opened.acknowledged;
      return wait(opened.submits({ amount }));
    },
    settings: () => readSettings(runtime.db, 'discord', guild.id),
  };
}

test('the panel changes each of its settings, and shows them', async () => {
  const server = await openDiscordServer(database.url);
  const { channel } = server;
  const panel = await openPanel(server);
  expect(panel.shown()).toMatchInlineSnapshot(`
    "Threadtutor:
        ### The tutor on this server
        Homework guard: hints instead of solutions: **Off**
        Monthly budget, in US dollars: **–**
        <Channels where lessons may start>
        <Roles that may start lessons>
        <Language, unless a learner says otherwise>
        <Character, unless a learner says otherwise>
        [Switch the homework guard] [Change the budget…]"
  `);
  await panel.selects('channels', channel.id);
  await panel.selects('starters', '800000000000000001', '800000000000000002');
  await panel.selects('language', 'Deutsch');
  await panel.selects('character', 'playful');
  await panel.presses('Switch the homework guard');
  await panel.budget('$12,50');
  expect(await panel.settings()).toEqual({
    channels: [channel.id],
    starters: ['800000000000000001', '800000000000000002'],
    language: 'Deutsch',
    character: 'playful',
    homeworkGuard: true,
    monthlyBudget: 12.5,
  });
  expect(panel.shown()).toMatchInlineSnapshot(`
    "Threadtutor:
        ### The tutor on this server
        Homework guard: hints instead of solutions: **On**
        Monthly budget, in US dollars: **12.50**
        <Channels where lessons may start>
        <Roles that may start lessons>
        <Language, unless a learner says otherwise: Deutsch>
        <Character, unless a learner says otherwise: Playful, with emojis>
        [Switch the homework guard] [Change the budget…]"
  `);

  const wrong = await panel.budget('a lot');
  expect(await answerTo(wrong)).toBe(
    'That is not an amount. Write a number such as 25, or leave it empty for no limit.\n\n> a lot',
  );
  expect((await panel.settings()).monthlyBudget).toBe(12.5);

  await panel.selects('channels');
  await panel.selects('starters');
  await panel.selects('language', '-');
  await panel.selects('character', '-');
  await panel.presses('Switch the homework guard');
  await panel.budget('');
  expect(await panel.settings()).toEqual({
    ...{
      channels: [],
      starters: [],
      language: null,
      character: null,
      homeworkGuard: false,
      monthlyBudget: null,
      notices: null,
    },
  });
});

test('the guard that was switched twice from one panel is as that panel said', async () => {
  const server = await openDiscordServer(database.url);
  const { channel, guild } = server;
  const panel = await openPanel(server);
  const mia = panel.mia;
  const stale = mia.runs(channel, 'tutor-admin');
  await answerTo(stale);
  const [shown] = stale.replies();
  await panel.presses('Switch the homework guard');
  await mia.presses(shown ?? guild, 'Switch the homework guard').acknowledged;
  await until(() => stale.replies()[0]?.editedAt !== shown?.editedAt);
  expect((await panel.settings()).homeworkGuard).toBe(true);
  await panel.presses('Switch the homework guard');
  expect((await panel.settings()).homeworkGuard).toBe(false);
});

test.each([
  ['25', 25],
  ['$12.5', 12.5],
  ['12,50 $', 12.5],
  ['0', 0],
  ['1,000', null],
  ['1.000', null],
  ['1e3', null],
  ['-5', null],
  ['0x10', null],
  ['$', null],
])('the budget "%s" is %s', async (written, amount) => {
  const panel = await openPanel(await openDiscordServer(database.url));
  const answer = await panel.budget(written);
  expect((await panel.settings()).monthlyBudget).toBe(amount);
  if (amount === null) expect(await answerTo(answer)).toContain('That is not an amount.');
});

test('the panel is for those who manage the server, also when it is left open', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, guild, runtime } = server;
  expect(() => ada.runs(channel, 'tutor-admin')).toThrow('the picker does not show "tutor-admin"');
  expect(() => ada.runs(ada.dm(), 'tutor-admin')).toThrow('the picker does not show "tutor-admin"');
  const panel = await openPanel(server);
  // Meanwhile she has lost her role.
  guild.addMember({ name: 'Mia', id: panel.mia.id });
  const sentence = 'Only people who may manage this server can change that. Ask one of them.';
  expect(await answerTo(await panel.presses('Switch the homework guard'))).toBe(sentence);
  expect(await answerTo(await panel.selects('language', 'Deutsch'))).toBe(sentence);
  expect(await readSettings(runtime.db, 'discord', guild.id)).toMatchObject({ homeworkGuard: false, language: null });
});

test('the server’s language and character are those of a new lesson, unless its learner has their own', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, guild, runtime } = server;
  const panel = await openPanel(server);
  await panel.selects('language', 'Deutsch');
  await panel.selects('character', 'playful');
  const lesson = await startLesson(server, channel, ada);
  const { preferences } = await stateOf(runtime, lesson.id);
  expect(preferences.language).toBe('Deutsch');
  expect(preferences.character).not.toBeNull();
  const ben = guild.addMember({ name: 'Ben' });
  const own = await startLesson(server, channel, ben, { topic: 'fractions', persona: 'direct' });
  expect((await stateOf(runtime, own.id)).preferences).toMatchObject({ language: 'Deutsch' });
  expect((await stateOf(runtime, own.id)).preferences.character).not.toBe(preferences.character);
});

test('with the homework guard no answer is shown, from the next message on', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, runtime } = server;
  const lesson = await startLesson(server, channel, ada);
  await lesson.presses('Start');
  const panel = await openPanel(server);
  await panel.presses('Switch the homework guard');
  for (let hint = 0; hint < 3; hint += 1) await lesson.presses('Hint');
  const asked = (await stateOf(runtime, lesson.id)).pending?.question.id;
  await lesson.presses('Show answer');
  expect(lesson.last().content).not.toContain('1/6');
  expect((await stateOf(runtime, lesson.id)).pending?.question.id).not.toBe(asked);
});
