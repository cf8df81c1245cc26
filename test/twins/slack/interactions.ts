/** Interactions: what a person did with the app, and how it was acknowledged. */
import { deliveryOf } from './delivery.ts';
import { VERIFICATION_TOKEN } from './events.ts';
import { type Installation, installationIn } from './installations.ts';
import { say } from './responses.ts';
import { type Channel, type Json, known, type State, type Trigger, tsOf, type User, type View } from './state.ts';
import { issueResponseUrl, issueTrigger } from './triggers.ts';
import { applyAnswer } from './views-in-use.ts';
import { installationsIn } from './wire.ts';

export interface Acknowledgement {
  /** Whether it came in time; if not, the person sees an error. */
  ok: boolean;
  /** What the app answered with it. */
  response: unknown;
  /** Slack's name for what went wrong. */
  error: 'operation_timeout' | 'dispatch_failed' | 'invalid_response' | null;
}

export interface Interaction {
  user: User;
  payload: Json;
  triggerId: string;
  acknowledged: Promise<Acknowledgement>;
  /** How many messages for single persons there were before. */
  before: number;
}

export interface Doing {
  user: User;
  installation: Installation;
  /** Where it was done, if in a channel. */
  channel: Channel | null;
  /** The message that was acted on. */
  messageTs?: string;
  /** The window in which it was done. */
  view?: View;
}

/** The app as somebody has it before them in this place; throws where they have not. */
export function installationFor(state: State, user: User, channel: Channel | null): Installation {
  const near = installationIn(state, user.teamId) ?? (channel && installationsIn(state, channel)[0]);
  if (!near) throw new Error(`${user.name} has no such app`);
  return near;
}

/** What every payload of an interaction says, but a slash command's. */
export function interactionBase(state: State, { user, installation, channel }: Doing): Json {
  const isWide = installation.teamId === null;
  const team = known(state.teams, installation.teamId ?? user.teamId);
  const enterprise = team.enterpriseId === null ? null : known(state.enterprises, team.enterpriseId);
  const ofEnterprise = enterprise && { enterprise_id: enterprise.id, enterprise_name: enterprise.name };
  return {
    user: { id: user.id, username: user.name, name: user.name, team_id: user.teamId },
    ...{ api_app_id: state.appId, token: VERIFICATION_TOKEN, is_enterprise_install: isWide },
    // An installation for a whole organisation belongs to none of its workspaces.
    team: isWide ? null : { id: team.id, domain: team.domain, ...ofEnterprise },
    enterprise: enterprise && { id: enterprise.id, name: enterprise.name },
    ...(channel && { channel: { id: channel.id, name: nameShown(channel) } }),
  };
}

export function nameShown({ kind, name }: Channel): string {
  return kind === 'im' ? 'directmessage' : kind === 'private' || kind === 'mpim' ? 'privategroup' : name;
}

const lastActions = new WeakMap<State, number>();

/** No two actions have the same. */
export function nextActionTs(state: State): string {
  const at = Math.max((lastActions.get(state) ?? 0) + 1, Math.floor(state.now() * 1000));
  lastActions.set(state, at);
  return tsOf(at);
}

export function triggerFor(state: State, { user, installation, view }: Doing): Trigger {
  const teamId = installation.teamId ?? user.teamId;
  return issueTrigger(state, { userId: user.id, teamId, viewId: view?.type === 'modal' ? view.id : null });
}

export function responseUrlFor(state: State, { user, installation, channel, messageTs }: Doing): string {
  return issueResponseUrl(state, {
    ...{ userId: user.id, teamId: user.teamId, channelId: channel?.id ?? '', installation },
    ...{ threadTs: null, messageTs: messageTs ?? null },
  });
}

/** Sends it to the app. Interactions are not sent again: who gets no answer sees an error. */
export function interact(state: State, doing: Doing, kind: 'interactive' | 'command', payload: Json): Interaction {
  const before = state.ephemerals.length;
  const acknowledged = deliveryOf(state)
    .interact(kind, payload)
    .then((outcome): Acknowledgement => {
      if (!outcome.acked) {
        const isLate = outcome.reason === 'timeout' || outcome.reason === 'http_timeout';
        return { ok: false, response: null, error: isLate ? 'operation_timeout' : 'dispatch_failed' };
      }
      const { response } = outcome;
      const error = applyResponse(state, doing, payload, response);
      return { ok: error === null, response, error };
    });
  return { user: doing.user, payload, triggerId: String(payload.trigger_id ?? ''), acknowledged, before };
}

function applyResponse(state: State, doing: Doing, payload: Json, response: unknown): Acknowledgement['error'] {
  if (payload.type === 'view_submission' && doing.view) return applyAnswer(state, doing.view, response);
  if (payload.command === undefined || !doing.channel) return null;
  const body = (typeof response === 'string' ? { text: response } : response) as Json | null;
  if (!body || Object.keys(body).length === 0) return null;
  const place = { channelId: doing.channel.id, userId: doing.user.id, installation: doing.installation };
  return say(state, { ...place, messageTs: null }, body).status === 200 ? null : 'invalid_response';
}
