import { expect, onTestFinished, test } from 'vitest';
import { NotInstalled } from '../../../src/bots/slack/failures.ts';
import { openPeople, senderOf } from '../../../src/bots/slack/lessons/people.ts';
import { silentLog } from '../../support/classroom.ts';
import { plainClient } from '../../twins/slack/client.ts';
import type { EnterpriseHandle, TeamHandle } from '../../twins/slack/teams.ts';
import { startSlackTwin } from '../../twins/slack/twin.ts';

/** Who somebody is, as Slack tells it. */

const NOW = Date.UTC(2026, 0, 1);

async function open() {
  const twin = await startSlackTwin({ now: () => NOW });
  onTestFinished(() => twin.close());
  const places: (TeamHandle | EnterpriseHandle)[] = [];
  const clients = {
    async of(workspace: string) {
      const place = places.find(({ id }) => id === workspace);
      if (!place) throw new NotInstalled(workspace);
      return plainClient(twin, place.botToken());
    },
  };
  const asked = () => twin.requests.filter(({ method }) => method === 'users.info').length;
  const team = twin.addTeam({ name: 'School' });
  places.push(team);
  return { twin, team, places, asked, people: openPeople(clients, { now: twin.now, log: silentLog }) };
}

test('is remembered for an hour, whoever asks', async () => {
  const { twin, team, people, asked } = await open();
  const ada = team.addMember({ name: 'Ada', locale: 'de-DE' });
  const known = { id: ada.id, name: 'ada', locale: 'de-DE', mayManage: false, team: team.id };
  expect(await Promise.all([people.of(team.id, ada.id), people.of(team.id, ada.id)])).toEqual([known, known]);
  twin.advance(3_599_000);
  expect(await people.of(team.id, ada.id)).toEqual(known);
  expect(asked()).toBe(1);
  twin.advance(2_000);
  await people.of(team.id, ada.id);
  expect(asked()).toBe(2);
});

test('is asked anew where it matters', async () => {
  const { team, people, asked } = await open();
  const ada = team.addMember({ name: 'Ada' });
  await people.of(team.id, ada.id);
  expect(await people.freshly(team.id, ada.id)).toMatchObject({ name: 'ada' });
  expect(asked()).toBe(2);
});

test('admins and owners decide for their own workspace, and for no other', async () => {
  const { twin, team, places, people } = await open();
  const other = twin.addTeam({ name: 'Other' });
  places.push(other);
  const admin = team.addMember({ name: 'Mia', isAdmin: true });
  const owner = team.addMember({ name: 'Ove', isOwner: true });
  const guest = other.addMember({ name: 'Gil', isAdmin: true });
  const shared = team.addChannel({ name: 'shared', sharedWith: [other] });
  shared.invite(guest);
  const mayManage = async (workspace: string, id: string) => (await people.of(workspace, id)).mayManage;
  expect(await mayManage(team.id, admin.id)).toBe(true);
  expect(await mayManage(team.id, owner.id)).toBe(true);
  expect(await people.of(team.id, guest.id)).toMatchObject({ name: 'gil', mayManage: false, team: other.id });
  expect(await mayManage(other.id, guest.id)).toBe(true);
});

test('an admin of one workspace does not decide for the organisation', async () => {
  const { twin, places, people } = await open();
  const enterprise = twin.addEnterprise({ name: 'District' });
  places.push(enterprise);
  const team = twin.addTeam({ name: 'North', enterprise });
  const admin = team.addMember({ name: 'Mia', isAdmin: true });
  expect(await people.of(enterprise.id, admin.id)).toMatchObject({ name: 'mia', mayManage: false });
});

test('where Slack does not tell, only the id is known, or what was known before; and nobody decides', async () => {
  const { twin, team, people, asked } = await open();
  const admin = team.addMember({ name: 'Mia', isAdmin: true });
  const isAsked = (method: string) => method === 'users.info';
  twin.faults.failNext(isAsked, 1, { status: 500 });
  const unknown = { id: admin.id, name: admin.id, locale: null, mayManage: false, team: null };
  expect(await people.of(team.id, admin.id)).toEqual(unknown);
  expect(await people.of(team.id, admin.id)).toEqual(unknown);
  expect(asked()).toBe(1);
  twin.advance(61_000);
  expect(await people.of(team.id, admin.id)).toMatchObject({ name: 'mia', mayManage: true });
  twin.advance(3_601_000);
  twin.faults.failNext(isAsked, 1, 'reset');
  expect(await people.of(team.id, admin.id)).toMatchObject({ name: 'mia', locale: 'en-US', mayManage: false });
  twin.faults.failNext(isAsked, 1, { status: 500 });
  await expect(people.freshly(team.id, admin.id)).rejects.toThrow();
  await expect(people.freshly('T0', admin.id)).rejects.toThrow(NotInstalled);
  expect(await people.of('T0', admin.id)).toMatchObject({ name: admin.id, mayManage: false });
});

test('the core knows a person by the installation that they write in', () => {
  const installation = { id: 'T1', name: 'School', botUserId: 'UBOT' };
  expect(senderOf(installation, { id: 'U1', name: 'Ada' })).toEqual({
    workspace: { id: 'T1', name: 'School' },
    learner: { id: 'U1', name: 'Ada' },
  });
});
