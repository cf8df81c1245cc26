/** Requests to the app's request URL: signed as Slack signs them, and answered within three seconds or not at all. */
import { createHmac, randomUUID } from 'node:crypto';
import { VERIFICATION_TOKEN } from './events.ts';
import type { Json, State } from './state.ts';

type FailureReason = 'http_timeout' | 'http_error' | 'connection_failed' | 'timeout';

/** How the app took what it was sent. */
export type Outcome = { acked: true; response: unknown } | { acked: false; reason: FailureReason; mayRetry: boolean };

export type Kind = 'event' | 'interactive' | 'command';

export interface Parcel {
  kind: Kind;
  body: Json;
  /** 0 for the first time. */
  retry: number;
  /** Why it is sent again. */
  retryReason: string;
}

interface Target {
  url: string;
  signingSecret: string;
  ackMs: number;
}

export async function post(target: Target, parcel: Parcel): Promise<Outcome> {
  const isEvent = parcel.kind === 'event';
  const text = isEvent ? JSON.stringify(parcel.body) : formOf(parcel);
  const headers = {
    'content-type': isEvent ? 'application/json' : 'application/x-www-form-urlencoded',
    ...(parcel.retry > 0 && {
      'x-slack-retry-num': String(parcel.retry),
      'x-slack-retry-reason': parcel.retryReason,
    }),
  };
  try {
    const response = await send(target, text, headers);
    const answer = await response.text();
    const mayRetry = response.headers.get('x-slack-no-retry') !== '1';
    if (!response.ok) return { acked: false, reason: 'http_error', mayRetry };
    return { acked: true, response: read(answer, response.headers.get('content-type') ?? '') };
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    return { acked: false, reason: isLate ? 'http_timeout' : 'connection_failed', mayRetry: true };
  }
}

/** Interactivity comes as JSON in a form, a slash command as the form itself. */
function formOf({ kind, body }: Parcel): string {
  const form = new URLSearchParams();
  const fields = kind === 'command' ? body : { payload: JSON.stringify(body) };
  for (const [key, value] of Object.entries(fields)) form.set(key, String(value));
  return form.toString();
}

/** Signed with the real time: the app compares it with its own clock. */
function send({ url, signingSecret, ackMs }: Target, text: string, headers: Record<string, string>): Promise<Response> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${text}`).digest('hex');
  return fetch(url, {
    method: 'POST',
    body: text,
    headers: {
      ...headers,
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
    },
    redirect: 'manual',
    signal: AbortSignal.timeout(ackMs),
  });
}

function read(text: string, contentType: string): unknown {
  if (text === '') return null;
  if (!contentType.startsWith('application/json')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Whether whoever answers there is the app: it has to give back what it is sent. */
export async function isVerified(state: State, url: string, ackMs: number): Promise<boolean> {
  const challenge = randomUUID();
  const body = { token: VERIFICATION_TOKEN, challenge, type: 'url_verification' };
  const target = { url, signingSecret: state.signingSecret, ackMs };
  const outcome = await post(target, { kind: 'event', body, retry: 0, retryReason: '' });
  const given = outcome.acked ? outcome.response : null;
  const isRight = given === challenge || (given as Json | null)?.challenge === challenge;
  if (!isRight) state.violations.push(`the request URL ${url} did not answer the challenge`);
  return isRight;
}
