import { expect, test } from 'vitest';
import { answerText } from '../../../src/core/grading.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openSlackSchool } from '../../support/slack.ts';
import { startLesson } from '../../support/slack-lesson.ts';
import { seen } from '../../support/slack-seen.ts';

/** A lesson from the command to the summary, as the people of a workspace see it, by both ways that Slack tells of it. */

const database = useDatabase();

test.each(['socket', 'http'] as const)('a lesson in a thread, and its card in the channel: by %s', async (via) => {
  const school = await openSlackSchool(database.url, { via });
  const { twin, channel, ada, runtime } = school;
  const lesson = await startLesson(school, channel, ada);
  const cards: string[] = [];
  /** Once it is as the lesson is: it is shown beside the lesson. */
  const card = async () => {
    const due = runtime.db.selectFrom('lessons').select('id').where('card_due_at', 'is not', null);
    await until(async () => (await due.execute()).length === 0);
    return seen(channel.messages());
  };
  cards.push(await card());
  const started = await lesson.presses('Start');
  expect(started.replies()).toEqual([]);
  cards.push(await card());

  await lesson.presses('C · 1/6');
  await lesson.says('can the top number be bigger than the bottom one?');
  await lesson.says('3/5');
  await lesson.presses('Hint');
  await lesson.says('3/8');
  await lesson.says('10/3');
  cards.push(await card());
  await lesson.presses('A');
  for (;;) {
    const { pending } = await lesson.state();
    if (pending === null) break;
    await lesson.says(pending.question.kind === 'choice' ? pending.question.answer : answerText(pending.question));
  }
  cards.push(await card());
  // Everything that was said, for people to read; the same by both ways.
  const thread = seen(twin.channel(lesson.channelId).thread(lesson.root).slice(1));
  const all = ['The card, from time to time', ...cards, 'The thread', thread].join('\n\n');
  await expect(`${all}\n`).toMatchFileSnapshot('lesson.seen.txt');
  expect(channel.messages()).toHaveLength(1);
});
