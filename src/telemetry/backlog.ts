import { setTimeout as delay } from 'node:timers/promises';
import { Gauge, Registry } from 'prom-client';

/** What waits, as the database and the queues know it: asked for when somebody looks, the same from every process. */

type JobState = 'waiting' | 'active' | 'delayed' | 'prioritized';

export interface Backlog {
  /** `failed`: given up, waiting for a person or for the learner's next message. */
  turns: Record<'waiting' | 'running' | 'failed', number>;
  /** 0 when none waits. */
  oldestTurnSeconds: number;
  deliveriesPending: number;
  /** Replies that were given up. */
  deliveriesFailed: number;
  /** 0 when none is pending. */
  oldestDeliverySeconds: number;
  /** Replies that were sent and are still to be heard. */
  speechPending: number;
  /** 0 when none is. */
  oldestSpeechSeconds: number;
  /** By a queue's name: only queues whose names come from the configuration, as each is a label. */
  queues: Record<string, Record<JobState, number>>;
}

const DEADLINE_MS = 2_000;

/** Reads the backlog as text for Prometheus; '' when it fails or takes too long, which `complain` hears. Never throws. */
export function backlogReader(read: () => Promise<Backlog>, complain: (error: unknown) => void): () => Promise<string> {
  let reading: Promise<Backlog> | null = null;
  return async () => {
    try {
      // A database that hangs is asked once, not once a scrape.
      reading ??= read().finally(() => {
        reading = null;
      });
      const backlog = await Promise.race([reading, delay(DEADLINE_MS, null, { ref: false })]);
      if (backlog === null) throw new Error(`the backlog took longer than ${DEADLINE_MS} ms`);
      return await render(backlog);
    } catch (error) {
      complain(error);
      return '';
    }
  };
}

/** In a registry of its own, since a gauge that has once been set cannot be left out of the next scrape. */
function render(backlog: Backlog): Promise<string> {
  const registry = new Registry();
  const gauge = <Label extends string = never>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name: `threadtutor_${name}`, help, labelNames, registers: [registry] });
  const turns = gauge('turns', 'Turns that are not finished', 'state');
  for (const [state, count] of Object.entries(backlog.turns)) turns.set({ state }, count);
  gauge('oldest_turn_seconds', 'Age of the oldest turn that waits').set(backlog.oldestTurnSeconds);
  gauge('deliveries_pending', 'Replies that are still to be sent').set(backlog.deliveriesPending);
  gauge('deliveries_failed', 'Replies that were given up').set(backlog.deliveriesFailed);
  gauge('oldest_delivery_seconds', 'Age of the oldest reply to be sent').set(backlog.oldestDeliverySeconds);
  gauge('speech_pending', 'Replies that are still to be heard').set(backlog.speechPending);
  gauge('oldest_speech_seconds', 'Age of the oldest reply to be heard').set(backlog.oldestSpeechSeconds);
  const jobs = gauge('queue_jobs', 'Jobs in a queue', 'queue', 'state');
  for (const [queue, states] of Object.entries(backlog.queues)) {
    for (const [state, count] of Object.entries(states)) jobs.set({ queue, state }, count);
  }
  return registry.metrics();
}
