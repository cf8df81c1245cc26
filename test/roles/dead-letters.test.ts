import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { deadLetters } from '../../src/roles/dead-letters.ts';
import { openClassroom, silentLog, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { failure, watchedModel } from '../support/models.ts';

const database = useDatabase();

async function command(...words: string[]): Promise<string[]> {
  const lines: string[] = [];
  const stopping = new AbortController();
  const base = {
    config: readConfig({}),
    databaseUrl: database.url,
    isAlone: async () => false,
    log: silentLog,
    stopping,
  };
  await deadLetters(base, words, (line) => lines.push(line));
  return lines;
}

test('turns and replies that were given up are listed, and taken up again by their ids or all together', async () => {
  let isDown = true;
  const model = watchedModel((_, { input }) =>
    isDown && 'reply' in input && input.reply !== '' ? failure('unavailable') : undefined,
  );
  const { newLearner, surface } = await openClassroom(database.url, { model, sweepMs: 50 });
  expect(await command()).toEqual(['Nothing was given up.']);
  const start = { topic: 'fractions', autostart: true };
  const [ada, ben, cem] = [await newLearner(start), await newLearner(start), await newLearner(start)];
  await ada.say('why is that so?');
  await ben.say('what is it for?');
  surface.intercept = () => {
    throw new Error('cannot be drawn');
  };
  await cem.send('hint');
  const deliveries = database.db.updateTable('deliveries').where('status', '=', 'pending').where('attempts', '>', 0);
  await until(async () => {
    const { numUpdatedRows } = await deliveries.set({ status: 'failed' }).executeTakeFirst();
    return numUpdatedRows > 0n;
  });
  surface.intercept = null;
  isDown = false;

  const listed = await command('list');
  expect(listed.filter((line) => line.includes('delivery') && line.includes('cannot be drawn'))).toHaveLength(1);
  expect(listed.filter((line) => line.includes('unavailable: as the test wants it'))).toHaveLength(2);
  const [id = ''] = /turn {6}(\S+)/.exec(listed.find((line) => line.includes(' turn ')) ?? '')?.slice(1) ?? [];
  expect(await command('retry', id)).toEqual([`turn ${id} is taken up again`]);
  expect(await command('retry', 'all')).toEqual([
    expect.stringMatching(/^turn \S+ is taken up again$/),
    expect.stringMatching(/^delivery \S+ is taken up again$/),
  ]);
  await Promise.all([ada, ben, cem].map((learner) => learner.settle()));
  expect(cem.replies().at(-1)?.text).toContain('Hint 1 of 3');
  expect(await command()).toEqual(['Nothing was given up.']);
  const asked = model.requests.flatMap(({ input }) => ('reply' in input && input.reply ? [input.reply] : []));
  expect(new Set(asked)).toEqual(new Set(['why is that so?', 'what is it for?']));
  expect(await command('retry', randomUUID())).toEqual(['There is nothing of that kind to take up again.']);
});

test('what is not understood is answered with the usage', async () => {
  await expect(command('retry')).rejects.toThrow('Usage: npm start -- dead-letters');
  await expect(command('burn')).rejects.toThrow('"dead-letters burn" is not understood');
});
