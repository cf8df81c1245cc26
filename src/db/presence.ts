import pg from 'pg';

/**
 * Which processes use a database right now, told by advisory locks on a connection of their own: the server releases
 * them when a process dies, however it dies.
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

export async function joinDatabase(url: string): Promise<Presence> {
  const client = new pg.Client({ connectionString: url });
  // The server going away ends the presence; whoever needs the database hears of it elsewhere.
  client.on('error', () => {});
  await client.connect();
  await client.query('select pg_advisory_lock_shared($1, $2)', [LOCKS, PRESENCE]);
  return {
    async isAlone() {
      // Our own shared lock does not stand in our way, so only another process's can.
      const { rows } = await client.query('select pg_try_advisory_lock($1, $2) as alone', [LOCKS, PRESENCE]);
      if (rows[0].alone) await client.query('select pg_advisory_unlock($1, $2)', [LOCKS, PRESENCE]);
      return rows[0].alone;
    },
    async claim(name) {
      const { rows } = await client.query('select pg_try_advisory_lock($1, hashtext($2)) as claimed', [LOCKS, name]);
      return rows[0].claimed;
    },
    leave: () => client.end(),
  };
}
