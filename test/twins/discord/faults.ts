/** What goes wrong between the bot and Discord, as a test asks for it. */
import type { GatewayDispatchEvents } from 'discord-api-types/v10';
import { createFaults, type FaultPlan, type Faults, type Seen } from '../faults.ts';

export interface Call {
  method: string;
  /** Without /api/v10. */
  path: string;
  body: unknown;
}
type Matched = [method: string, path: string];

export type Arrival = Seen<Call>;

export interface DiscordFaults extends Faults<Call, Matched> {
  /** The next events of this name reach nobody, not even who resumes. */
  loseEvents(name: GatewayDispatchEvents, times?: number): void;
}

export interface DiscordFaultPlan extends DiscordFaults, FaultPlan<Call, Matched> {
  /** Whether an event of this name is lost that is to go out now. */
  losesEvent(name: GatewayDispatchEvents): boolean;
}

export function createDiscordFaults(): DiscordFaultPlan {
  const losses = new Map<GatewayDispatchEvents, number>();
  return {
    ...createFaults(({ method, path }: Call): Matched => [method, path]),
    loseEvents(name, times = 1) {
      losses.set(name, (losses.get(name) ?? 0) + times);
    },
    losesEvent(name) {
      const left = losses.get(name) ?? 0;
      if (left > 0) losses.set(name, left - 1);
      return left > 0;
    },
  };
}
