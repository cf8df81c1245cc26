import { ErrorCode } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { errorOf, plainClient } from './slack/client.ts';
import type { ChannelHandle, TeamHandle } from './slack/teams.ts';
import { type SlackTwin, startSlackTwin } from './slack/twin.ts';

/** Limits, and what goes wrong on the way. */

/** What a channel takes comes back with time, which goes by only where a test says so. */
const NOW = Date.UTC(2026, 0, 1);

let twin: SlackTwin;
let team: TeamHandle;
let channel: ChannelHandle;

beforeAll(async () => {
  twin = await startSlackTwin({ limits: 'real', now: () => NOW });
});
afterAll(() => twin.close());
beforeEach(() => {
  team = twin.addTeam({ name: 'School' });
  channel = team.addChannel({ name: 'maths' });
});

const webOf = (of: TeamHandle) => plainClient(twin, of.botToken());
const post = (place = channel) => webOf(team).chat.postMessage({ channel: place.id, text: 'hello' });
const failureOf = (answer: Promise<unknown>) => answer.then(() => null).catch((error) => error);

describe('real limits', () => {
  test('let so many calls of a method through in a workspace and a minute', async () => {
    const view = { type: 'home' as const, blocks: [] };
    const ada = team.addMember({ name: 'Ada' });
    const publish = (of = team, id = ada.id) => webOf(of).views.publish({ user_id: id, view });
    for (let n = 0; n < 100; n += 1) await publish();
    const failure = await failureOf(publish());
    expect(failure.code).toBe(ErrorCode.RateLimitedError);
    expect(failure.retryAfter).toBeGreaterThan(50);
    expect(twin.requests.at(-1)).toMatchObject({ status: 429, error: 'ratelimited' });
    const other = twin.addTeam({ name: 'Elsewhere' });
    await publish(other, other.addMember({ name: 'Eve' }).id);
    await webOf(team).auth.test();
    twin.advance(failure.retryAfter * 1000);
    await publish();
  });

  test('let a message a second into a channel, after a few at once', async () => {
    for (let n = 0; n < 5; n += 1) await post();
    const failure = await failureOf(post());
    expect(failure.retryAfter).toBe(1);
    await post(team.addChannel({ name: 'other' }));
    twin.advance(1_000);
    await post();
    expect(channel.messages()).toHaveLength(6);
  });
});

describe('limits of an app that is not in the marketplace', () => {
  test('let it read a short page of history a minute', async () => {
    const strict = await startSlackTwin({ limits: 'unlisted' });
    const school = strict.addTeam({ name: 'School' });
    const hall = school.addChannel({ name: 'hall' });
    const web = plainClient(strict, school.botToken());
    const { ts = '' } = await web.chat.postMessage({ channel: hall.id, text: 'hello' });
    for (let n = 0; n < 20; n += 1) {
      strict.advance(1_000);
      await web.chat.postMessage({ channel: hall.id, thread_ts: ts, text: 'hello' });
    }
    const read = () => web.conversations.replies({ channel: hall.id, ts, limit: 1_000 });
    expect(await read()).toMatchObject({ has_more: true, messages: { length: 15 } });
    expect((await failureOf(read())).code).toBe(ErrorCode.RateLimitedError);
    await strict.close();
  });
});

describe('a fault', () => {
  test('keeps a call from having an effect, as often as it is planned', async () => {
    twin.faults.failNext((method, { channel: id }) => method === 'chat.postMessage' && id === channel.id, 2, {
      status: 503,
      body: 'away',
    });
    await webOf(team).auth.test();
    expect((await failureOf(post())).statusCode).toBe(503);
    expect((await failureOf(post())).statusCode).toBe(503);
    expect(channel.messages()).toEqual([]);
    await post();
    expect(channel.messages()).toHaveLength(1);
  });

  test('loses an answer', async () => {
    twin.faults.loseNext((method) => method === 'chat.postMessage', 1);
    expect((await failureOf(post())).code).toBe(ErrorCode.RequestError);
    expect(channel.messages()).toHaveLength(1);
    expect(twin.requests.at(-1)).toMatchObject({ method: 'chat.postMessage', status: null });
  });

  test('is what a test says about each call', async () => {
    const seen: string[] = [];
    twin.faults.onRequest(({ method, moment }) => {
      seen.push(`${method} ${moment}`);
      return moment === 'done' ? { status: 200, body: { ok: false, error: 'fatal_error' } } : null;
    });
    expect(await errorOf(post())).toBe('fatal_error');
    twin.faults.onRequest(null);
    expect(seen).toEqual(['chat.postMessage arrived', 'chat.postMessage done']);
  });

  test('may leave a call unanswered', async () => {
    twin.faults.failNext(() => true, 1, 'hang');
    const answer = fetch(`${twin.url}auth.test`, { signal: AbortSignal.timeout(50) });
    expect((await failureOf(answer)).name).toBe('TimeoutError');
  });
});
