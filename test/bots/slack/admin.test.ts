import { expect, test } from 'vitest';
import { readSettings } from '../../../src/core/settings.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openSlackSchool } from '../../support/slack.ts';
import { acknowledged, answerTo, startLesson } from '../../support/slack-lesson.ts';

/** What the admins of a workspace decide for everybody in it. */

const database = useDatabase();

async function withAdmin() {
  const school = await openSlackSchool(database.url);
  const eve = school.team.addMember({ name: 'Eve', isAdmin: true });
  school.channel.invite(eve);
  const settings = () => readSettings(school.runtime.db, 'slack', school.team.id);
  const open = async () => {
    const used = eve.runs(school.channel.id, '/tutor admin');
    await acknowledged(used);
    await until(() => used.view() !== null);
    return used;
  };
  return { ...school, school, eve, settings, open };
}

test('an admin sets up the workspace in one form, and finds it as it is', async () => {
  const { eve, ada, channel, settings, open } = await withAdmin();
  const used = await open();
  expect(used.view()?.title).toBe('Tutor settings');
  const sent = used.submits({
    ...{ channels: [channel.id], starters: [ada.id], language: 'Deutsch', character: 'Playful, with emojis' },
    ...{ guard: ['Homework guard: hints instead of solutions'], budget: '25,50' },
  });
  await acknowledged(sent);
  const set = { channels: [channel.id], starters: [ada.id], language: 'Deutsch', character: 'playful', notices: null };
  expect(await settings()).toEqual({ ...set, homeworkGuard: true, monthlyBudget: 25.5 });
  await until(() => eve.ephemerals(channel.id).length > 0);
  expect(eve.ephemerals(channel.id).at(-1)?.text).toBe('Saved. It holds from the next message on.');

  // Sent as it was found, nothing changes.
  await acknowledged((await open()).submits());
  expect(await settings()).toEqual({ ...set, homeworkGuard: true, monthlyBudget: 25.5 });
  await acknowledged((await open()).submits({ language: '–', character: '–', guard: [], budget: '', channels: [] }));
  expect(await settings()).toEqual({
    ...{ channels: [], starters: [ada.id], language: null, character: null },
    ...{ homeworkGuard: false, monthlyBudget: null, notices: null },
  });
});

test('what is no amount is said below its field, and nothing is changed', async () => {
  const { settings, open } = await withAdmin();
  const sent = (await open()).submits({ budget: '1,000,000', language: 'Deutsch' });
  await acknowledged(sent);
  expect(sent.view()?.errors).toEqual({
    budget: 'That is not an amount. Write a number such as 25, or leave it empty for no limit.',
  });
  expect((await settings()).language).toBeNull();
});

test('nobody else may, also with a form that was opened when they still could', async () => {
  const { school, ada, eve, channel, settings, open } = await withAdmin();
  const refusal = 'Only admins and owners of this workspace can change that. Ask one of them.';
  const used = ada.runs(channel.id, '/tutor admin');
  expect(await answerTo(used)).toBe(refusal);
  expect(used.view()).toBeNull();
  const opened = await open();
  const demoted = { id: eve.id, team_id: school.team.id, name: 'eve', is_admin: false, is_owner: false };
  school.twin.faults.onRequest(({ method, moment }) =>
    method === 'users.info' && moment === 'arrived' ? { status: 200, body: { ok: true, user: demoted } } : null,
  );
  const sent = opened.submits({ language: 'Deutsch' });
  await acknowledged(sent);
  // What was chosen is not lost where nothing was typed.
  expect(sent.view()?.errors).toEqual({ channels: refusal });
  expect((await settings()).language).toBeNull();
});

test('what was set holds: channels, starters, language and character', async () => {
  const { school, ada, eve, channel, team, open } = await withAdmin();
  const other = team.addChannel({ name: 'other' });
  other.invite(ada);
  await acknowledged((await open()).submits({ channels: [channel.id], starters: [ada.id], language: 'Deutsch' }));
  expect(await answerTo(ada.runs(other.id, '/tutor start fractions'))).toBe(
    `Lessons do not start in this channel. Try again in <#${channel.id}>.`,
  );
  expect((await (await startLesson(school, school.channel, school.ada)).state()).preferences.language).toBe('Deutsch');
  const ben = team.addMember({ name: 'Ben' });
  channel.invite(ben);
  expect(await answerTo(ben.runs(channel.id, '/tutor start fractions'))).toMatch(
    /^In this workspace only some people may start lessons\./,
  );
  // Who decides about it may.
  expect(await answerTo(eve.runs(channel.id, '/tutor start fractions'))).toMatch(/^Your lesson is here: /);
});
