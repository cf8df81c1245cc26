import { setTimeout as delay } from 'node:timers/promises';
import type { SlackTwin } from '../test/twins/slack/twin.ts';

/** What Slack has told the app of, as far as it is about a message that somebody typed. */
export interface Told {
  /** Resolves when it was acknowledged, however often it had to be told; with the event's id. */
  taken(message: Typed): Promise<string>;
  retries(): Retries;
}

interface Typed {
  event: 'message' | 'app_mention';
  channelId: string;
  ts: string;
}

export interface Retries {
  /** Messages that were told more than once before they were acknowledged. */
  some: number;
  /** Those of them that needed more than the three retries of Slack's own. */
  beyond: number;
}

type Attempt = SlackTwin['delivery']['deliveries'][number];

const LOOK_MS = 50;
const RETRIES_OF_SLACK = 3;

export function openTold({ delivery }: Pick<SlackTwin, 'delivery'>): Told {
  const attempts = new Map<string, Attempt[]>();
  const taken: Attempt[] = [];
  let read = 0;
  const readOn = () => {
    for (const attempt of delivery.deliveries.slice(read)) {
      read += 1;
      const key = keyIn(attempt);
      if (key) attempts.set(key, [...(attempts.get(key) ?? []), attempt]);
    }
  };
  return {
    async taken({ event, channelId, ts }) {
      const key = `${event} ${channelId}:${ts}`;
      for (;;) {
        readOn();
        const acknowledged = attempts.get(key)?.find(({ acked }) => acked);
        if (acknowledged) {
          taken.push(acknowledged);
          return acknowledged.eventId ?? '';
        }
        await delay(LOOK_MS);
      }
    },
    retries: () => ({
      some: taken.filter(({ retry }) => retry > 0).length,
      beyond: taken.filter(({ retry }) => retry > RETRIES_OF_SLACK).length,
    }),
  };
}

/** Null for everything else, such as the bot's own messages. */
function keyIn({ kind, body }: Attempt): string | null {
  const { type, subtype, bot_id: bot, channel, ts } = (body.event ?? {}) as Record<string, unknown>;
  const isTyped = kind === 'event' && !subtype && !bot && (type === 'message' || type === 'app_mention');
  return isTyped ? `${type} ${channel}:${ts}` : null;
}
