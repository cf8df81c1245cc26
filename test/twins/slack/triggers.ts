/** What comes with an interaction and wears off: trigger ids and response URLs. */
import { randomUUID } from 'node:crypto';
import type { ResponseUrl, State, Trigger } from './state.ts';

const RESPONSE_URL_MS = 30 * 60_000;
const RESPONSES = 5;

export function issueTrigger(state: State, trigger: Pick<Trigger, 'userId' | 'teamId' | 'viewId'>): Trigger {
  const id = `${Math.floor(state.now())}.${state.ids.secret()}`;
  const issued: Trigger = { ...trigger, id, issuedAt: state.now(), isUsed: false };
  state.triggers.set(id, issued);
  return issued;
}

/** The URL that goes into an interaction's payload. */
export function issueResponseUrl(state: State, place: Omit<ResponseUrl, 'id' | 'issuedAt' | 'uses'>): string {
  const id = randomUUID();
  state.responseUrls.set(id, { ...place, id, issuedAt: state.now(), uses: 0 });
  return `${state.url}/respond/${id}`;
}

/** Counts a use; Slack's word for why it may not be used, or null. */
export function useResponseUrl(state: State, url: ResponseUrl): 'expired_url' | 'used_url' | null {
  if (state.now() - url.issuedAt > RESPONSE_URL_MS) return 'expired_url';
  if (url.uses >= RESPONSES) return 'used_url';
  url.uses += 1;
  return null;
}
