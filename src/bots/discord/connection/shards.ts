import type { GatewayReadyDispatchData } from 'discord-api-types/v10';
import type { Bot } from '../bot.ts';
import { type Heard, openHeard } from './heard.ts';

/** The shards of this process: what each has heard, and what it has to make up for since its session began. */

export interface Shard {
  id: number;
  heard: Heard;
  /** When the session began: in ms, from when on something may have been missed; null where nothing was. */
  missedSince: number | null;
  /** Resolves when the direct messages that may have been missed stand in line, ahead of new ones. */
  directInLine: Promise<void>;
  /** A session begins anew: each of its servers will tell what was written in it. */
  begins(session: Pick<GatewayReadyDispatchData, 'guilds'>): void;
  /** The session tells all that happens, and its heartbeats prove so; or it does no longer. */
  isLive: boolean;
  /** A server tells what was written in it: from when on that may have been missed, in ms; null where nothing was. */
  tells(guildId: string): number | null;
  /** A server is away, and tells when it is back. */
  lost(guildId: string): void;
}

export type Shards = (id: number, count: number) => Shard;

/** A server that is away for longer does not keep what the others have told from counting as heard. */
const PATIENCE_MS = 600_000;

/** Rejects when the database does not answer. */
export async function openShards(bot: Bot): Promise<Shards> {
  const heardOn = await openHeard(bot);
  const shards = new Map<number, Shard>();
  return (id, count) => {
    const shard = shards.get(id) ?? newShard(id, heardOn(id, count));
    shards.set(id, shard);
    return shard;
  };
}

function newShard(id: number, heard: Heard): Shard {
  const untold = new Map<string, number>();
  let release = () => {};
  const hold = (since: number) => {
    const done = heard.begin(since);
    const timer = setTimeout(done, PATIENCE_MS).unref();
    release = () => {
      clearTimeout(timer);
      done();
    };
  };
  const told = () => {
    if (untold.size === 0) release();
  };
  const shard: Shard = {
    ...{ id, heard, missedSince: null, directInLine: Promise.resolve(), isLive: false },
    begins({ guilds }) {
      release();
      untold.clear();
      shard.missedSince = heard.until();
      if (shard.missedSince === null) return;
      for (const guild of guilds) untold.set(guild.id, shard.missedSince);
      if (untold.size > 0) hold(shard.missedSince);
    },
    tells(guildId) {
      const since = untold.get(guildId) ?? null;
      untold.delete(guildId);
      // By then, what it tells is itself under way.
      queueMicrotask(told);
      return since;
    },
    lost(guildId) {
      const since = untold.get(guildId) ?? heard.until();
      untold.delete(guildId);
      told();
      if (since !== null) untold.set(guildId, since);
    },
  };
  return shard;
}
