import { setImmediate as nextTick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { NEUTRAL } from '../../../src/core/judgement.ts';
import { useDatabase } from '../../support/database.ts';
import { openDiscordServer, startLesson } from '../../support/discord-lesson.ts';
import { failure, gate, watchedModel } from '../../support/models.ts';

const database = useDatabase();

/** Long enough to be shown before its end is known. */
const BEGUN = 'You wonder about something good there. '.repeat(6);

test('a draft that was shown unbeknownst to us, in an attempt that failed, becomes the reply all the same', async () => {
  const shown = gate();
  let attempts = 0;
  const model = watchedModel(async (_, { input, onText }) => {
    if (!('reply' in input) || input.reply !== 'why is that so?' || !onText) return;
    attempts += 1;
    if (attempts > 1) return;
    twin.faults.loseNext((method, path) => method === 'POST' && path === `/channels/${lesson.id}/messages`, 1);
    twin.faults.onRequest(({ moment }) => {
      if (moment === 'done' && lesson.last().content.startsWith('You wonder')) shown.open();
      return null;
    });
    await nextTick();
    onText(BEGUN, { judgement: { ...NEUTRAL, intent: 'question' } });
    await shown.opened;
    return failure('unavailable');
  });
  const { twin, channel, ada, runtime } = await openDiscordServer(database.url, { runtime: { model } });
  const lesson = await startLesson({ twin, runtime }, channel, ada);
  await lesson.presses('Start');
  await lesson.says('why is that so?');
  expect(attempts).toBe(2);
  expect(lesson.messages().filter(({ content }) => content.startsWith('You wonder'))).toEqual([]);
});
