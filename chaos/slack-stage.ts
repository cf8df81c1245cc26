import { EVENTS } from '../src/bots/slack/connection/uses.ts';
import type { TeamHandle } from '../test/twins/slack/teams.ts';
import { type SlackTwin, startSlackTwin } from '../test/twins/slack/twin.ts';
import type { Cleanup } from './cleanup.ts';
import { openFrontDoor } from './front-door.ts';
import { type ChatFault, playSlack } from './platform.ts';
import type { Storms } from './storms.ts';

/** Slack: a workspace with the app in it, which hears of what happens in one of Slack's two ways. */

/** On sockets of the `bot` role, or by requests to `web` processes behind one address. */
export type SlackWay = 'socket' | 'http';

export interface SlackStage {
  twin: SlackTwin;
  team: TeamHandle;
  way: SlackWay;
  environment: Record<string, string>;
  /** For requests: to these processes, from now on. */
  connect(urls: readonly string[]): Promise<void>;
}

/**
 * Slack tells again what is not acknowledged: three times, at once, after a minute and after five. A run has no time for
 * that; here it is told again at once and then every other second for as long. So every message comes to be taken.
 */
const RETRY_EVERY_MS = 2_000;
const RETRIED_FOR_MS = 6 * 60_000;
const RETRY_DELAYS_MS = [0, ...Array.from({ length: RETRIED_FOR_MS / RETRY_EVERY_MS }, () => RETRY_EVERY_MS)];

export async function openSlack(storms: Storms<ChatFault>, way: SlackWay, cleanup: Cleanup): Promise<SlackStage> {
  const delivery = { events: Object.keys(EVENTS), socketMode: way === 'socket', retryDelaysMs: RETRY_DELAYS_MS };
  const twin = await startSlackTwin({ delivery });
  cleanup.add(() => twin.close());
  const team = twin.addTeam({ name: 'School' });
  playSlack(twin, storms);
  return {
    ...{ twin, team, way },
    environment: {
      SLACK_API_URL: twin.url,
      SLACK_BOT_TOKEN: team.botToken(),
      ...(way === 'socket' ? { SLACK_APP_TOKEN: twin.appToken } : { SLACK_SIGNING_SECRET: twin.signingSecret }),
    },
    async connect(urls) {
      if (way === 'socket') return;
      const door = await openFrontDoor(urls);
      cleanup.add(door.close);
      const isTaken = await twin.delivery.setRequestUrl(`${door.url}/slack/events`);
      if (!isTaken) throw new Error('the program does not answer as Slack wants a request URL to');
    },
  };
}
