import type { GatewayReadyDispatchData } from 'discord-api-types/v10';
import type { Bot } from './bot.ts';
import { type Heard, openHeard } from './heard.ts';

/** The shards of this process: what each has heard, and what it has to make up for since its session began. */

export interface Shard {
  id: number;
  heard: Heard;
  /** What was written since then may not have been told: in ms; null where nothing was missed. */
  missedSince: number | null;
  /** A server tells which of its threads were written in; `told` when it has. */
  told(guildId: string): void;
}

export type Shards = (id: number, count: number) => Shard & { begins(session: GatewayReadyDispatchData): void };

/** Rejects when the database does not answer. */
export async function openShards(bot: Bot): Promise<Shards> {
  const heardOn = await openHeard(bot);
  const shards = new Map<number, ReturnType<Shards>>();
  return (id, count) => {
    const shard = shards.get(id) ?? newShard(id, heardOn(id, count));
    shards.set(id, shard);
    return shard;
  };
}

function newShard(id: number, heard: Heard): ReturnType<Shards> {
  let untold = new Set<string>();
  let release = () => {};
  const shard: ReturnType<Shards> = {
    ...{ id, heard, missedSince: null },
    begins({ guilds }) {
      release();
      untold = new Set(guilds.map((guild) => guild.id));
      shard.missedSince = heard.until();
      // Until each server has told, it counts as not heard since then.
      release = shard.missedSince !== null && untold.size > 0 ? heard.begin(shard.missedSince) : () => {};
    },
    told(guildId) {
      if (untold.delete(guildId) && untold.size === 0) release();
    },
  };
  return shard;
}
