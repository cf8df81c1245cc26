import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/**
 * Which processes use a database right now, told by advisory locks on a connection of their own: the server releases
 * them when a process dies, however it dies. A process whose connection breaks, such as by a restart of the server,
 * comes back with its names.
 */
export interface Presence {
  /** True when no other process is present. */
  isAlone(): Promise<boolean>;
  /** Reserves a name for this process; false when another live process has it. */
  claim(name: string): Promise<boolean>;
  leave(): Promise<void>;
}

/** The class of our advisory locks; the second key tells them apart. */
const LOCKS = 746_190;
const PRESENCE = 0;
/** Less than a process needs to start: a new one finds us back. */
const REJOIN_MS = 100;
const CONNECT_TIMEOUT_MS = 10_000;

export async function joinDatabase(url: string): Promise<Presence> {
  const names = new Set<string>();
  let hasLeft = false;
  let client = await join(url, names, rejoin);
  async function rejoin(): Promise<void> {
    while (!hasLeft) {
      await delay(REJOIN_MS, undefined, { ref: false });
      const fresh = await join(url, names, rejoin).catch(() => null);
      if (!fresh) continue;
      client = fresh;
      if (hasLeft) await client.end();
      return;
    }
  }
  return {
    async isAlone() {
      // Our own shared lock does not stand in our way, so only another process's can.
      const { rows } = await client.query('select pg_try_advisory_lock($1, $2) as alone', [LOCKS, PRESENCE]);
      if (rows[0].alone) await client.query('select pg_advisory_unlock($1, $2)', [LOCKS, PRESENCE]);
      return rows[0].alone;
    },
    async claim(name) {
      const isOurs = await claim(client, name);
      if (isOurs) names.add(name);
      return isOurs;
    },
    async leave() {
      hasLeft = true;
      await client.end();
    },
  };
}

/** `onEnd` is called when the connection ends later on, for whatever reason. */
async function join(url: string, names: ReadonlySet<string>, onEnd: () => Promise<void>): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // The server going away is no error of ours; whoever needs the database hears of it elsewhere.
  client.on('error', () => {});
  try {
    await client.connect();
    for (const name of names) await claim(client, name);
    await client.query('select pg_advisory_lock_shared($1, $2)', [LOCKS, PRESENCE]);
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  client.once('end', () => void onEnd());
  return client;
}

async function claim(client: pg.Client, name: string): Promise<boolean> {
  const { rows } = await client.query('select pg_try_advisory_lock($1, hashtext($2)) as claimed', [LOCKS, name]);
  return rows[0].claimed;
}
