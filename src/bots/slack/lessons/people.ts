import type { UsersInfoResponse, WebClient } from '@slack/web-api';
import { cleanInput } from '../../../core/text.ts';
import type { Logger } from '../../../log.ts';
import type { Sender } from '../../visitor.ts';
import type { Clients, Installation, People, Person } from '../bot.ts';
import { reasonOf } from '../failures.ts';

/** Who writes, and where: as the core knows them. */

type User = NonNullable<UsersInfoResponse['user']>;

/** In channels that several workspaces share, the lessons of all are those of the workspace that has the tutor. */
export function senderOf({ id, name }: Pick<Installation, 'id' | 'name'>, person: Pick<Person, 'id' | 'name'>): Sender {
  return { workspace: { id, name }, learner: { id: person.id, name: person.name } };
}

const KEPT_MS = 3_600_000;
/** Before Slack is asked again about somebody of whom it did not tell. */
const RETRY_MS = 60_000;
const MAX_KEPT = 10_000;

interface Kept {
  person: Person;
  until: number;
}

export function openPeople(clients: Clients, { now, log }: { now(): number; log: Logger }): People {
  const kept = new Map<string, Kept>();
  const asked = new Map<string, Promise<Person>>();
  const keep = (key: string, person: Person, ms: number) => {
    // A Map keeps its order, so that the first one is the oldest.
    kept.delete(key);
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(key, { person, until: now() + ms });
    return person;
  };
  const freshly = async (workspace: string, userId: string) => {
    const client = await clients.of(workspace);
    const { user } = await client.users.info({ user: userId, include_locale: true });
    if (!user) throw new Error('Slack told of somebody without saying who');
    return keep(keyOf(workspace, userId), personOf(workspace, userId, user), KEPT_MS);
  };
  const lookUp = async (workspace: string, userId: string) => {
    const key = keyOf(workspace, userId);
    try {
      return await freshly(workspace, userId);
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'Slack does not tell who somebody is');
      // What was so an hour ago still is, most likely; but who may decide is not left to that.
      return keep(key, { ...(kept.get(key)?.person ?? unknown(userId)), mayManage: false }, RETRY_MS);
    }
  };
  return {
    freshly,
    of(workspace, userId) {
      const key = keyOf(workspace, userId);
      const known = kept.get(key);
      if (known && known.until > now()) return Promise.resolve(known.person);
      const asking = asked.get(key) ?? lookUp(workspace, userId).finally(() => asked.delete(key));
      asked.set(key, asking);
      return asking;
    },
  };
}

/** A person may be known to several installations, and may manage one of them only. */
function keyOf(workspace: string, userId: string): string {
  return `${workspace}/${userId}`;
}

function unknown(id: string): Person {
  return { id, name: id, locale: null, mayManage: false, team: null };
}

function personOf(workspace: string, id: string, user: User): Person {
  const { profile, real_name: realName, name, locale = null, team_id: team = null } = user;
  const names = [profile?.display_name, profile?.real_name, realName, name].map((each) => cleanInput(each ?? ''));
  return { id, name: names.find(Boolean) ?? id, locale, mayManage: mayManage(workspace, user), team };
}

/** Slack says of people of other workspaces, too, whether they are admins: there. */
function mayManage(workspace: string, user: User): boolean {
  const { team_id: team, enterprise_user: inEnterprise, deleted = false } = user;
  if (deleted) return false;
  if (workspace.startsWith('E')) return inEnterprise?.enterprise_id === workspace && decides(inEnterprise);
  return (team === workspace || inEnterprise?.teams?.includes(workspace) === true) && decides(user);
}

function decides(user: Pick<User, 'is_admin' | 'is_owner' | 'is_primary_owner'>): boolean {
  return user.is_admin === true || user.is_owner === true || user.is_primary_owner === true;
}

/** Where the tutor and somebody write to each other alone. */
export async function directChannel(client: WebClient, user: string): Promise<string> {
  const { channel } = await client.conversations.open({ users: user });
  if (!channel?.id) throw new Error('Slack opened direct messages without saying where');
  return channel.id;
}
