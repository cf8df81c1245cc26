import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeSettings, readSettings, settingsOf } from '../../src/core/settings.ts';
import { useDatabase } from '../support/database.ts';

/** What a workspace's admins decide: kept field by field, whoever else is at it. */

const database = useDatabase();
const DEFAULTS = {
  channels: [],
  starters: [],
  language: null,
  character: null,
  homeworkGuard: false,
  monthlyBudget: null,
  notices: null,
};

const newWorkspace = () => ({ id: randomUUID(), name: 'School' });

test('a workspace that nobody has set up has the defaults', async () => {
  expect(await readSettings(database.db, 'discord', randomUUID())).toEqual(DEFAULTS);
});

test('a change makes the workspace, and leaves the other fields alone', async () => {
  const workspace = newWorkspace();
  await changeSettings(database.db, 'discord', workspace, { channels: ['1', '2'], language: '  French\0 ' });
  const changed = await changeSettings(database.db, 'discord', workspace, { homeworkGuard: true, monthlyBudget: 2.5 });
  const expected = {
    ...DEFAULTS,
    channels: ['1', '2'],
    language: 'French',
    homeworkGuard: true,
    monthlyBudget: 2.5,
  };
  expect(changed).toEqual(expected);
  expect(await readSettings(database.db, 'discord', workspace.id)).toEqual(expected);
  expect(await readSettings(database.db, 'slack', workspace.id)).toEqual(DEFAULTS);
  expect(await changeSettings(database.db, 'discord', workspace, { language: null })).toMatchObject({ language: null });
});

test('admins who change different fields at once all have their way', async () => {
  const workspace = newWorkspace();
  const changes = [{ channels: ['1'] }, { starters: ['2'] }, { language: 'French' }, { character: 'direct' }];
  await Promise.all(changes.map((change) => changeSettings(database.db, 'discord', workspace, change)));
  expect(await readSettings(database.db, 'discord', workspace.id)).toEqual(Object.assign({}, DEFAULTS, ...changes));
});

test.each([{ monthlyBudget: -1 }, { monthlyBudget: Number.NaN }, { language: '' }, { character: 'x'.repeat(201) }])(
  '%j is refused, and nothing changes',
  async (change) => {
    const workspace = newWorkspace();
    await changeSettings(database.db, 'discord', workspace, { language: 'French' });
    await expect(changeSettings(database.db, 'discord', workspace, change)).rejects.toThrow();
    expect(await readSettings(database.db, 'discord', workspace.id)).toEqual({ ...DEFAULTS, language: 'French' });
  },
);

test('whatever is stored can be read, field by field', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...Object.keys(DEFAULTS), 'later'), fc.jsonValue()), (stored) => {
      const settings = settingsOf({ ...stored, channels: ['1'] });
      expect(Object.keys(settings).sort()).toEqual(Object.keys(DEFAULTS).sort());
      expect(settings.channels).toEqual(['1']);
    }),
  );
});
