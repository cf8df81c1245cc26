import { randomUUID } from 'node:crypto';
import type { Installation } from '@slack/oauth';
import { expect, test } from 'vitest';
import { openCipher } from '../../../src/bots/slack/connection/encryption.ts';
import {
  installationStore,
  queryFor,
  renewingStore,
  workspaceOf,
} from '../../../src/bots/slack/connection/installations.ts';
import { NotInstalled } from '../../../src/bots/slack/failures.ts';
import { lockInstallation, readInstallation, removeInstallation } from '../../../src/db/installations.ts';
import { useDatabase } from '../../support/database.ts';

const database = useDatabase();
const KEY = 'a-key-of-at-least-thirty-two-characters';
const store = () => installationStore(database.db, openCipher([KEY]));

const newId = (kind: 'T' | 'E') => `${kind}${randomUUID().slice(0, 8).toUpperCase()}`;

function ofTeam(team = newId('T'), more: Partial<Installation<'v2', false>> = {}): Installation<'v2', false> {
  return {
    team: { id: team, name: 'Subarachnoid Workspace' },
    enterprise: undefined,
    user: { token: undefined, scopes: undefined, id: 'U1' },
    bot: { token: 'xoxb-very-secret', scopes: ['chat:write', 'commands'], id: 'B1', userId: 'UBOT' },
    appId: 'A1',
    tokenType: 'bot',
    isEnterpriseInstall: false,
    authVersion: 'v2',
    ...more,
  };
}

function ofEnterprise(enterprise = newId('E')): Installation<'v2', true> {
  const { team: _, ...rest } = ofTeam();
  return {
    ...rest,
    team: undefined,
    enterprise: { id: enterprise, name: 'School District' },
    enterpriseUrl: 'https://district.enterprise.slack.com/',
    isEnterpriseInstall: true,
  };
}

/** As it comes back from JSON, where what is undefined is absent. */
const stored = (installation: Installation) => JSON.parse(JSON.stringify(installation));
const ofTeamIn = (teamId: string, enterpriseId: string) => ({ teamId, enterpriseId, isEnterpriseInstall: false });

test('an installation comes back as it was stored', async () => {
  const installation = ofTeam();
  const query = queryFor(workspaceOf(installation));
  await store().storeInstallation(installation);
  expect(await store().fetchInstallation(query)).toEqual(stored(installation));
});

test('its row tells whose it is, and has nothing secret in it', async () => {
  const team = newId('T');
  const bot = {
    ...{ token: 'xoxe.xoxb-very-secret', refreshToken: 'xoxe-also-secret', expiresAt: 1_800_000_000 },
    ...{ scopes: ['chat:write', 'commands'], id: 'B1', userId: 'UBOT' },
  };
  const enterprise = { id: 'E7', name: 'School District' };
  await store().storeInstallation(ofTeam(team, { bot, enterprise }));
  const row = await database.db
    .selectFrom('installations')
    .selectAll()
    .where('workspace', '=', team)
    .executeTakeFirstOrThrow();
  expect(row).toEqual({
    workspace: team,
    enterprise: 'E7',
    name: 'Subarachnoid Workspace',
    bot_user_id: 'UBOT',
    bot_id: 'B1',
    app_id: 'A1',
    scopes: ['chat:write', 'commands'],
    token_expires_at: new Date(1_800_000_000_000),
    installation: expect.any(Buffer),
    created_at: expect.any(Date),
    updated_at: expect.any(Date),
  });
  const bytes = Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)));
  expect(bytes.filter((text) => /secret|xox/.test(text))).toEqual([]);
});

test('who installs it again gets the new token, and the old one is gone', async () => {
  const team = newId('T');
  const again = ofTeam(team, { bot: { token: 'xoxb-newer', scopes: [], id: 'B2', userId: 'UBOT2' } });
  await store().storeInstallation(ofTeam(team));
  await store().storeInstallation(again);
  expect(await store().fetchInstallation(queryFor(team))).toEqual(stored(again));
  expect(await readInstallation(database.db, team)).toMatchObject({ bot_id: 'B2', bot_user_id: 'UBOT2', scopes: [] });
});

test('an installation for a whole enterprise is found for it and for each of its teams', async () => {
  const enterprise = newId('E');
  const installation = ofEnterprise(enterprise);
  await store().storeInstallation(installation);
  expect(workspaceOf(installation)).toBe(enterprise);
  expect(await store().fetchInstallation(queryFor(enterprise))).toEqual(stored(installation));
  expect(await store().fetchInstallation(ofTeamIn(newId('T'), enterprise))).toEqual(stored(installation));
  expect(await readInstallation(database.db, enterprise)).toMatchObject({ enterprise, name: 'School District' });
});

test('a team’s own installation goes before that of its enterprise', async () => {
  const [team, enterprise] = [newId('T'), newId('E')];
  const own = ofTeam(team, { enterprise: { id: enterprise } });
  await store().storeInstallation(ofEnterprise(enterprise));
  await store().storeInstallation(own);
  expect(await store().fetchInstallation(ofTeamIn(team, enterprise))).toEqual(stored(own));
  await store().deleteInstallation?.(ofTeamIn(team, enterprise));
  expect(await store().fetchInstallation(ofTeamIn(team, enterprise))).toMatchObject({ isEnterpriseInstall: true });
});

test('what was never installed is said to be missing', async () => {
  const team = newId('T');
  await expect(store().fetchInstallation(queryFor(team))).rejects.toThrow(new NotInstalled(team));
});

test.each<[string, Installation]>([
  ['neither a team nor an enterprise', { ...ofTeam(), team: undefined } as never],
  ['no bot', { ...ofTeam(), bot: undefined } as never],
  ['no application', { ...ofTeam(), appId: undefined } as never],
])('an installation with %s is refused', async (_, installation) => {
  await expect(store().storeInstallation(installation)).rejects.toThrow('an installation');
});

test('an installation is removed, also twice, and without the others', async () => {
  const [one, other] = [newId('T'), newId('T')];
  await store().storeInstallation(ofTeam(one));
  await store().storeInstallation(ofTeam(other));
  await removeInstallation(database.db, one);
  await removeInstallation(database.db, one);
  await store().deleteInstallation?.(queryFor(one));
  expect(await readInstallation(database.db, one)).toBeNull();
  expect(await readInstallation(database.db, other)).not.toBeNull();
});

test('news of a removal that comes late leaves what was installed since', async () => {
  const team = newId('T');
  await store().storeInstallation(ofTeam(team));
  const { created_at: installedAt } = await database.db
    .selectFrom('installations')
    .select('created_at')
    .where('workspace', '=', team)
    .executeTakeFirstOrThrow();
  await removeInstallation(database.db, team, new Date(installedAt.getTime() - 60_000));
  expect(await readInstallation(database.db, team)).not.toBeNull();
  // Slack's times have whole seconds.
  await removeInstallation(database.db, team, new Date(Math.floor(installedAt.getTime() / 1000) * 1000));
  expect(await readInstallation(database.db, team)).toBeNull();
});

test('renewed tokens do not count as a new installation', async () => {
  const team = newId('T');
  const cipher = openCipher([KEY]);
  await store().storeInstallation(ofTeam(team));
  const before = await database.db
    .selectFrom('installations')
    .selectAll()
    .where('workspace', '=', team)
    .executeTakeFirst();
  const renewed = ofTeam(team, {
    bot: { token: 'xoxb-2', expiresAt: 1_900_000_000, scopes: [], id: 'B1', userId: 'U' },
  });
  await database.db.transaction().execute(async (trx) => {
    const row = await lockInstallation(trx, team, { isAwaited: true });
    if (!row) throw new Error('it is not there');
    await renewingStore(trx, row, cipher).storeInstallation(renewed);
  });
  const after = await database.db
    .selectFrom('installations')
    .selectAll()
    .where('workspace', '=', team)
    .executeTakeFirst();
  expect(after?.created_at).toEqual(before?.created_at);
  expect(after?.updated_at).not.toEqual(before?.updated_at);
  expect(after?.token_expires_at).toEqual(new Date(1_900_000_000_000));
  expect(await store().fetchInstallation(queryFor(team))).toEqual(stored(renewed));
});

test('renewed tokens do not bring back what was removed', async () => {
  const team = newId('T');
  const cipher = openCipher([KEY]);
  await store().storeInstallation(ofTeam(team));
  const row = await readInstallation(database.db, team);
  if (!row) throw new Error('it is not there');
  await removeInstallation(database.db, team);
  await renewingStore(database.db, row, cipher).storeInstallation(ofTeam(team));
  expect(await readInstallation(database.db, team)).toBeNull();
});

test('a row that was moved to another workspace cannot be used there', async () => {
  const [mine, theirs] = [newId('T'), newId('T')];
  await store().storeInstallation(ofTeam(mine));
  await store().storeInstallation(ofTeam(theirs));
  const moved = await readInstallation(database.db, theirs);
  await database.db
    .updateTable('installations')
    .set({ installation: moved?.installation ?? Buffer.of() })
    .where('workspace', '=', mine)
    .execute();
  await expect(store().fetchInstallation(queryFor(mine))).rejects.toThrow(`no key decrypts what is stored for ${mine}`);
});
