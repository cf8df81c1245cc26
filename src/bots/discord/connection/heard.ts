import { readHeard, recordHeard } from '../../../db/heard.ts';
import type { Bot } from '../bot.ts';

/**
 * Until when everything was taken in that Discord tells on a shard's connection: what was written later, while no
 * connection told of it, is asked for. Kept as a row, for the process that comes next.
 */

/** Clocks differ, and Discord may tell of a message a little later than of the next. */
const MARGIN_MS = 15_000;
/** What is older than that is not read any more. */
const LONGEST_GAP_MS = 7 * 24 * 3_600_000;

export interface Heard {
  /** In ms; null where this is the first connection ever. */
  until(): number | null;
  /** Something of that time is being taken in; call the result when it is. */
  begin(sinceMs: number): () => void;
  /** The connection has proved that nothing was left untold until then. Never rejects. */
  proved(untilMs: number): Promise<void>;
}

/** For each shard of so many. Rejects when the database does not answer. */
export async function openHeard(
  bot: Pick<Bot, 'db' | 'log' | 'now'>,
): Promise<(shard: number, count: number) => Heard> {
  const stored = await readHeard(bot.db, 'discord');
  return (shard, count) => {
    const known = stored.get(`${shard}/${count}`)?.getTime() ?? heardByOthers(stored, count);
    return heardOn(bot, `${shard}/${count}`, known && Math.max(known, bot.now() - LONGEST_GAP_MS));
  };
}

/** After a change in the number of shards: where the last of those was that there were before. Null: there were none. */
function heardByOthers(stored: ReadonlyMap<string, Date>, count: number): number | null {
  const others = [...stored].filter(([connection]) => !connection.endsWith(`/${count}`));
  const marks = Map.groupBy(others, ([connection]) => connection.split('/')[1]);
  const latest = [...marks.values()].map((group) => group.map(([, until]) => until.getTime()));
  const group = latest.sort((one, other) => Math.max(...other) - Math.max(...one))[0];
  return group ? Math.min(...group) : null;
}

function heardOn({ db, log }: Pick<Bot, 'db' | 'log'>, connection: string, known: number | null): Heard {
  let until = known;
  const underWay = new Set<{ since: number }>();
  return {
    until: () => until,
    begin(since) {
      const work = { since };
      underWay.add(work);
      return () => void underWay.delete(work);
    },
    async proved(untilMs) {
      const oldest = Math.min(untilMs - MARGIN_MS, ...[...underWay].map(({ since }) => since));
      until = Math.max(until ?? oldest, oldest);
      try {
        await recordHeard(db, 'discord', connection, new Date(until));
      } catch (error) {
        log.warn(
          { err: error },
          'how far Discord was heard is not recorded: the next start asks for more than it has to',
        );
      }
    },
  };
}

/** Discord's ids count from 2015 on. */
const FIRST_MS = 1_420_070_400_000n;

/** When that which has the id was made: in ms. */
export function timeOf(id: string): number {
  return Number((BigInt(id) >> 22n) + FIRST_MS);
}

/** The first id that anything of that time can have. */
export function firstIdAt(ms: number): string {
  const since = BigInt(Math.floor(ms)) - FIRST_MS;
  return String(since > 0n ? since << 22n : 0n);
}
