import { setTimeout as delay } from 'node:timers/promises';
import type { Fault as AnswerFault, ChatTwin } from '../test/twins/chat.ts';
import type { DiscordTwin } from '../test/twins/discord/twin.ts';
import type { Fault } from '../test/twins/faults.ts';
import type { SlackTwin } from '../test/twins/slack/twin.ts';
import type { Storms } from './storms.ts';

/** What a chat does to the tutor's requests while it has a bad time: the same on every platform. */

export type ChatFault = 'slow' | 'failing' | 'limited' | 'dropped' | 'answerless' | 'hanging';

const SLOW_MS = 1_500;

const FAULTS: Record<ChatFault, AnswerFault> = {
  slow: { kind: 'delay', ms: SLOW_MS },
  failing: { kind: 'status', status: 500 },
  limited: { kind: 'status', status: 429, retryAfter: '2' },
  dropped: { kind: 'drop' },
  answerless: { kind: 'lose' },
  hanging: { kind: 'hang' },
};

export function playChat(chat: ChatTwin, storms: Storms<ChatFault>): void {
  chat.misbehave(({ post }) => {
    // What may be lost anyway needs no fault.
    const fault = post.type === 'reply' ? storms.strike() : null;
    return fault && FAULTS[fault];
  });
}

const DISCORD_FAULTS: Record<Exclude<ChatFault, 'slow'>, Fault> = {
  failing: { status: 500 },
  limited: {
    status: 429,
    body: { message: 'You are being rate limited.', retry_after: 2, global: false },
    headers: { 'Retry-After': '2', 'X-RateLimit-Scope': 'user' },
  },
  dropped: 'reset',
  answerless: 'reset',
  hanging: 'hang',
};

export function playDiscord(twin: DiscordTwin, storms: Storms<ChatFault>): void {
  twin.faults.onRequest(async ({ path, moment }) => {
    if (path.endsWith('/typing')) return null;
    const fault = storms.strike((kind) => (kind === 'answerless') === (moment === 'done'));
    if (fault !== 'slow') return fault && DISCORD_FAULTS[fault];
    await delay(SLOW_MS);
    return null;
  });
}

const SLACK_FAULTS: Record<Exclude<ChatFault, 'slow'>, Fault> = {
  failing: { status: 500 },
  limited: { status: 429, body: { ok: false, error: 'ratelimited' }, headers: { 'retry-after': '2' } },
  dropped: 'reset',
  answerless: 'reset',
  hanging: 'hang',
};

export function playSlack(twin: SlackTwin, storms: Storms<ChatFault>): void {
  twin.faults.onRequest(async ({ method, moment }) => {
    if (method === 'assistant.threads.setStatus') return null;
    const fault = storms.strike((kind) => (kind === 'answerless') === (moment === 'done'));
    if (fault !== 'slow') return fault && SLACK_FAULTS[fault];
    await delay(SLOW_MS);
    return null;
  });
}
