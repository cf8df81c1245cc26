/**
 * A twin of Slack for the real clients: Web API, OAuth, files and sockets on one port of the loopback interface. It
 * holds the truth about workspaces, channels and messages, enforces Slack's rules, and lets a test script people. Any
 * number of bot processes may connect, and may be killed.
 */
import { randomBytes } from 'node:crypto';
import { createFaults, type Faults } from '../faults.ts';
import { createDelivery, type Delivery, type DeliveryOptions } from './delivery.ts';
import { ALL_SCOPES } from './installations.ts';
import { authorize, type Consent } from './methods-oauth.ts';
import { createRateLimiter, type LimitsChoice, limitsOf } from './rate-limits.ts';
import { type Call, type Matched, type SeenRequest, startServer } from './server.ts';
import { ephemeralsFor, type ShownMessage } from './shown.ts';
import { createState, known, type State, type ThreadExtras } from './state.ts';
import {
  addEnterprise,
  addTeam,
  type ChannelHandle,
  channelHandle,
  type EnterpriseHandle,
  type NewEnterprise,
  type NewTeam,
  type TeamHandle,
} from './teams.ts';
import type { Place } from './writing.ts';

export interface SlackTwinOptions {
  /** What an installation may do unless its team says something else. */
  scopes?: readonly string[];
  /** `real`, those of an app that is sold outside of Slack's marketplace, or so wide that nobody waits. */
  limits?: LimitsChoice;
  /** Whether the workspaces have streaming at all. */
  streams?: boolean;
  delivery?: DeliveryOptions;
  now?(): number;
}

/** Who agrees to an install link: an admin, for a workspace or for all of its organisation. */
export interface ConsentOptions {
  team?: TeamHandle;
  enterprise?: EnterpriseHandle;
  by?: { id: string };
  /** Whether the tokens expire and are refreshed. */
  rotating?: boolean;
}

export interface SlackTwin {
  /** For SLACK_API_URL: `http://127.0.0.1:<port>/api/`. */
  url: string;
  /** Of the first team that has the app. */
  botToken(): string;
  appToken: string;
  signingSecret: string;
  clientId: string;
  clientSecret: string;
  appId: string;
  /** What no bot of ours may do, and every request that the twin does not know: a test expects none. */
  violations: string[];
  requests: readonly SeenRequest[];
  faults: Faults<Call, Matched>;
  delivery: Delivery;
  addTeam(options: NewTeam): TeamHandle;
  addEnterprise(options: NewEnterprise): EnterpriseHandle;
  channel(id: string): ChannelHandle;
  /** What stands under a thread while the bot is at work; empty when nothing does. */
  status(place: Place, ts: string): string;
  title(place: Place, ts: string): string | null;
  /** What a channel of the app, or a thread there, suggests. */
  prompts(place: Place, ts?: string): ThreadExtras['prompts'];
  /** What only one person sees there, oldest first. */
  ephemerals(place: Place, userId: string): ShownMessage[];
  /** Follows an install link as a consenting admin. */
  authorize(link: string, consent: ConsentOptions): Consent;
  now(): number;
  /** Moves the twin's clock ahead. */
  advance(ms: number): void;
  close(): Promise<void>;
}

/** Slack takes a status away that nobody renews. */
const STATUS_MS = 2 * 60_000;

export async function startSlackTwin(options: SlackTwinOptions = {}): Promise<SlackTwin> {
  const { scopes = ALL_SCOPES, streams = true } = options;
  const limits = limitsOf(options.limits ?? 'loose');
  const clock = options.now ?? Date.now;
  let ahead = 0;
  const now = () => clock() + ahead;
  const state = createState({ ...credentials(), now, takesStreams: streams, historyPage: limits.historyPage });
  const delivery = createDelivery(state, options.delivery);
  const faults = createFaults(({ method, body }: Call): Matched => [method, body]);
  const requests: SeenRequest[] = [];
  const teams: TeamHandle[] = [];
  const loopback = await startServer({ state, faults, limit: createRateLimiter(limits, now), requests });
  return {
    ...viewOf(state),
    ...{ requests, faults, delivery, now },
    botToken() {
      const team = teams.find((each) => each.isInstalled());
      if (!team) throw new Error('no team has the app');
      return team.botToken();
    },
    addTeam(team) {
      const handle = addTeam(state, { scopes, ...team });
      teams.push(handle);
      return handle;
    },
    addEnterprise: (enterprise) => addEnterprise(state, { scopes, ...enterprise }),
    advance(ms) {
      ahead += ms;
    },
    async close() {
      delivery.close();
      await loopback.close();
    },
  };
}

function credentials() {
  const secret = () => randomBytes(16).toString('hex');
  return {
    clientId: `${randomBytes(5).readUInt32BE()}.${randomBytes(5).readUInt32BE()}`,
    clientSecret: secret(),
    signingSecret: secret(),
    appToken: `xapp-1-${secret()}`,
  };
}

type OfState =
  | 'url'
  | 'appToken'
  | 'signingSecret'
  | 'clientId'
  | 'clientSecret'
  | 'appId'
  | 'violations'
  | 'channel'
  | 'status'
  | 'title'
  | 'prompts'
  | 'ephemerals'
  | 'authorize';

function viewOf(state: State): Pick<SlackTwin, OfState> {
  const { appToken, signingSecret, clientId, clientSecret, appId, violations } = state;
  const idOf = (place: Place) => (typeof place === 'string' ? place : place.id);
  const extras = (place: Place, ts: string) => state.threads.get(`${idOf(place)}:${ts}`);
  return {
    url: `${state.url}/api/`,
    ...{ appToken, signingSecret, clientId, clientSecret, appId, violations },
    channel: (id) => channelHandle(state, known(state.channels, id)),
    status(place, ts) {
      const found = extras(place, ts);
      return found && state.now() - found.statusAt < STATUS_MS ? found.status : '';
    },
    title: (place, ts) => extras(place, ts)?.title ?? null,
    prompts: (place, ts = '') => extras(place, ts)?.prompts ?? null,
    ephemerals: (place, userId) => ephemeralsFor(state, idOf(place), userId),
    authorize(link, { team, enterprise, by, rotating = false }) {
      const teamId = team?.id ?? null;
      const ofTeam = team ? known(state.teams, team.id).enterpriseId : null;
      const enterpriseId = enterprise?.id ?? ofTeam;
      if (teamId === null && enterpriseId === null) throw new Error('nobody says where to install it');
      return authorize(state, link, { teamId, enterpriseId, installerId: by?.id ?? 'U0INSTALLER', rotating });
    },
  };
}
