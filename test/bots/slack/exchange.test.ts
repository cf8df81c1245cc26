import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { soon } from '../../../src/bots/in-time.ts';
import { openWords } from '../../../src/bots/words.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openSlackSchool, type SlackSchool } from '../../support/slack.ts';
import { acknowledged, answerTo, startLesson } from '../../support/slack-lesson.ts';

/** What the person alone is told, whatever is in the way. */

const database = useDatabase();

const OPENED = /^Your lesson is here: /;

/** In the middle of opening a lesson so much time goes by. */
function takesLong({ twin }: SlackSchool, ms: number): void {
  twin.faults.onRequest(({ method, moment }) => {
    if (method === 'chat.postMessage' && moment === 'arrived') twin.advance(ms);
    return null;
  });
}

const inDirect = ({ twin, ada }: SlackSchool) =>
  twin
    .channel(ada.dm())
    .messages()
    .map(({ text }) => text);

test('whoever has to be told after a command’s own way back has closed reads it in the channel', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  takesLong(school, 31 * 60_000);
  const used = ada.runs(channel.id, '/tutor start fractions');
  await acknowledged(used);
  await until(() => ada.ephemerals(channel).length > 0);
  expect(ada.ephemerals(channel)[0]?.text).toMatch(OPENED);
  expect(inDirect(school)).toEqual([]);
});

test('and, where the channel takes nothing for them alone, in direct messages', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, twin } = school;
  takesLong(school, 31 * 60_000);
  const refused = { status: 200, body: { ok: false, error: 'user_not_in_channel' } };
  twin.faults.failNext((method) => method === 'chat.postEphemeral', 1, refused);
  await acknowledged(ada.runs(channel.id, '/tutor start fractions'));
  await until(() => inDirect(school).some((text) => OPENED.test(text)));
  expect(ada.ephemerals(channel)).toEqual([]);
});

test('whoever has to be told while Slack fails is told as soon as it does not', async () => {
  const { ada, channel, twin } = await openSlackSchool(database.url);
  const failing = ['chat.postMessage', 'respond', 'chat.postEphemeral', 'respond'];
  twin.faults.onRequest(({ method, moment }) => {
    if (moment !== 'arrived' || method !== failing[0]) return null;
    failing.shift();
    return { status: 503 };
  });
  const used = ada.runs(channel.id, '/tutor start fractions');
  await acknowledged(used);
  await until(() => used.replies().length > 0);
  expect(used.replies().map(({ text }) => text)).toEqual([openWords().for(null)('forms.slackFailed')]);
});

test('a form that could not be opened in time is explained', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, twin } = school;
  twin.faults.onRequest(({ method, moment }) => {
    if (method === 'views.open' && moment === 'arrived') twin.advance(4_000);
    return null;
  });
  const used = ada.runs(channel.id, '/tutor start');
  expect(await answerTo(used)).toBe('That took too long, so Slack did not let me open the form. Try it once more.');
  expect(used.view()).toBeNull();
});

test('a Slack that does not tell who somebody is keeps nobody waiting', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, twin } = school;
  twin.faults.failNext((method) => method === 'users.info', 1, 'hang');
  const used = ada.runs(channel.id, '/tutor help');
  expect(await answerTo(used)).toContain('*What you can type*');
});

test('everybody reads it in their own language', async () => {
  const school = await openSlackSchool(database.url);
  const { channel, team } = school;
  const lesson = await startLesson(school, channel, school.ada);
  const jo = team.addMember({ name: 'Jo', locale: 'de-DE' });
  channel.invite(jo);
  // In the tutor's, where Slack takes too long to say which is theirs.
  await until(async () => {
    const answer = await answerTo(jo.presses(lesson.last(), 'Start'));
    return answer === 'Diese Lektion gehört ada. Beginne deine eigene mit /tutor start.';
  });
});

test('what was waited for before counts when an answer has to be there in time', async () => {
  // However late timers are, they are so in order.
  const tooLate = sleep(1_000, 'too late');
  const work = soon(new Promise<never>(() => {}), openWords().for('en'), performance.now() - 1_950);
  await expect(Promise.race([work, tooLate])).rejects.toMatchObject({ code: 'unavailable' });
});
