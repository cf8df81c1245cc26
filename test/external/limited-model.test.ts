/** Limits on the real store; the provider is the twin, or the offline tutor that counts its calls. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { requestOf } from '../../src/core/agents/agents.ts';
import { type IntakeOutput, intakeAgent } from '../../src/core/agents/intake.ts';
import { newLesson } from '../../src/core/lesson.ts';
import type { Model, ModelResult } from '../../src/core/ports.ts';
import { loadPrompts } from '../../src/core/prompts.ts';
import { countTokens } from '../../src/core/tokens.ts';
import { limitedModel, modelLimits } from '../../src/external/limited-model.ts';
import { openAiModel } from '../../src/external/openai/openai-model.ts';
import { openRateLimits, type RateLimits } from '../../src/external/rate-limits.ts';
import { silentLog } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { failure, watchedModel } from '../support/models.ts';
import { startOpenAiTwin } from '../twins/openai.ts';

const database = useDatabase();
const prompts = await loadPrompts(fileURLToPath(new URL('../../prompts', import.meta.url)));
const known = newLesson().preferences;
const request = requestOf(prompts, intakeAgent, {
  text: 'fractions please',
  known,
  asked: null,
  pictures: [],
  packs: [],
});
const TOKENS = request.prompt().reduce((sum, { content }) => sum + countTokens(content), 0);
const { voice: _chosenByCommand, ...heardOf } = known;
const HEARD: IntakeOutput = { ...heardOf, topic: 'fractions', mode: null };

const opened: RateLimits[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((limits) => limits.close()));
});

/** One process after another of one deployment: each has its own connections, all share the counts. */
function deployment(granted: { requests?: number; tokens?: number } = {}, random = () => 0) {
  const name = randomUUID();
  return async (model: Model) => {
    const limits = await openRateLimits({
      redisUrl: null,
      databaseUrl: database.url,
      log: silentLog,
      patienceMs: 10_000,
    });
    opened.push(limits);
    const ours: RateLimits = { ...limits, limit: (each, allowance) => limits.limit(`${name}-${each}`, allowance) };
    return limitedModel(model, modelLimits(ours, { requests: null, tokens: null, ...granted }), random);
  };
}

function refused(result: ModelResult<unknown>) {
  if (result.ok) throw new Error('it should have been refused');
  return result;
}

test('requests are counted over all processes; what is over is not tried', async () => {
  const inProcess = deployment({ requests: 3 });
  const [here, there] = [watchedModel(), watchedModel()];
  const [first, second] = [await inProcess(here), await inProcess(there)];
  expect(first.teachesAnyTopic).toBe(here.teachesAnyTopic);
  const results = await Promise.all([first, second, first, second, first].map((model) => model.generate(request)));
  expect(results.filter((result) => result.ok)).toHaveLength(3);
  expect(here.calls.length + there.calls.length).toBe(3);
  const put = refused(results.find((result) => !result.ok) ?? failure('refused'));
  expect(put).toMatchObject({ reason: 'rate_limited', notTried: true });
  expect(put.retryAfterMs).toBeGreaterThan(50_000);
});

test('tokens are counted by the prompt; a prompt over the whole limit passes alone', async () => {
  const plain = watchedModel();
  const model = await deployment({ tokens: TOKENS * 2 + 1_000 })(plain);
  expect((await model.generate(request)).ok && (await model.generate(request)).ok).toBe(true);
  expect(refused(await model.generate(request)).notTried).toBe(true);
  expect(plain.calls).toHaveLength(2);

  const small = await deployment({ tokens: 1 })(plain);
  expect((await small.generate(request)).ok).toBe(true);
  expect(refused(await small.generate(request)).notTried).toBe(true);
});

test('the waits of those who are sent away together are spread', async () => {
  const dice = [0, 0.2, 0.4, 0.6, 0.8];
  const model = await deployment({ requests: 1 }, () => dice.shift() ?? 1)(watchedModel());
  await model.generate(request);
  const waits: number[] = [];
  for (let again = 0; again < 6; again++) waits.push(refused(await model.generate(request)).retryAfterMs ?? 0);
  expect(waits.at(-1)).toBeGreaterThan(60_000);
  for (const [index, wait] of waits.slice(1).entries()) expect(wait - (waits[index] ?? 0)).toBeGreaterThan(1_000);
});

test('a 429 of the provider pauses the other processes without a call', async () => {
  const twin = await startOpenAiTwin();
  const inProcess = deployment();
  const config = {
    apiKeys: ['key'],
    baseUrl: twin.url,
    api: 'chat' as const,
    models: { small: 'gpt-4o-mini', large: 'gpt-4o' },
    timeoutMs: 10_000,
    moderation: false,
    pictures: false,
  };
  const openAi = () => openAiModel(config, { now: () => 1_000, maxRetries: 0 });
  try {
    const [here, there] = [await inProcess(openAi()), await inProcess(openAi())];
    twin.respond(() => ({ json: HEARD }));
    expect(await there.generate(request)).toMatchObject({ ok: true, output: HEARD });

    twin.respond(() => ({ status: 429, headers: { 'retry-after': '20' } }));
    const told = refused(await here.generate(request));
    expect(told).toMatchObject({ reason: 'rate_limited', retryAfterMs: 20_000 });
    expect(told.notTried).toBeUndefined();
    expect(twin.requests).toHaveLength(2);

    twin.respond(() => ({ json: HEARD }));
    const paused = refused(await there.generate(request));
    expect(paused).toMatchObject({ reason: 'rate_limited', notTried: true });
    expect(paused.retryAfterMs).toBeGreaterThan(15_000);
    expect(paused.retryAfterMs).toBeLessThanOrEqual(20_000);
    expect(refused(await here.generate(request)).notTried).toBe(true);
    expect(twin.requests).toHaveLength(2);
  } finally {
    await twin.close();
  }
  expect(twin.complaints).toEqual([]);
});

test.each([
  { says: undefined, least: 0, most: 5_000 },
  { says: 3_600_000, least: 290_000, most: 300_000 },
])('a provider that says $says is left alone for a sensible time', async ({ says, least, most }) => {
  const limited = watchedModel(() => ({
    ...failure('rate_limited'),
    ...(says !== undefined && { retryAfterMs: says }),
  }));
  const model = await deployment()(limited);
  expect(refused(await model.generate(request)).retryAfterMs).toBe(most);
  const paused = refused(await model.generate(request));
  expect(paused.notTried).toBe(true);
  expect(paused.retryAfterMs).toBeGreaterThan(least);
  expect(paused.retryAfterMs).toBeLessThanOrEqual(most);
  expect(limited.calls).toHaveLength(1);
});

test('other failures pause nobody', async () => {
  const broken = watchedModel(() => failure('unavailable'));
  const model = await deployment()(broken);
  for (let again = 0; again < 2; again++) {
    expect(await model.generate(request)).toEqual({ ok: false, reason: 'unavailable', detail: 'as the test wants it' });
  }
  expect(broken.calls).toHaveLength(2);
});
