/** The real SDK against the twin, over both of the provider's APIs. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OpenAiConfig } from '../../src/config.ts';
import { callAgent } from '../../src/core/agents/agents.ts';
import { intakeAgent } from '../../src/core/agents/intake.ts';
import { plannerAgent } from '../../src/core/agents/planner.ts';
import { type TeacherInput, type TeacherOutput, teacherAgent } from '../../src/core/agents/teacher.ts';
import { loadCurriculum } from '../../src/core/curriculum.ts';
import { NEUTRAL } from '../../src/core/judgement.ts';
import { newLesson } from '../../src/core/lesson.ts';
import { movesFor } from '../../src/core/policy.ts';
import type { Model, ModelResult } from '../../src/core/ports.ts';
import { loadPrompts } from '../../src/core/prompts.ts';
import { openAiModel } from '../../src/external/openai/openai-model.ts';
import { type OpenAiTwin, startOpenAiTwin, type TwinAnswer } from '../twins/openai.ts';

const folder = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const prompts = await loadPrompts(folder('prompts'));
const { packs } = await loadCurriculum(folder('curriculum'));

const KEY = 'plain-key-of-the-school';
const MESSAGE = 'Good question 🙂! A fraction is a part of a whole: cut a pizza into four, and each piece is ¼ of it.';
const ANSWER: TeacherOutput = {
  judgement: { ...NEUTRAL, intent: 'question' },
  message: MESSAGE,
  question: null,
  unanswered: false,
  note: '',
};
const WRONG = { ...ANSWER, judgement: { ...ANSWER.judgement, intent: 'bored' } };

let twin: OpenAiTwin;

beforeEach(async () => {
  twin = await startOpenAiTwin();
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await twin.close();
  expect(twin.complaints).toEqual([]);
});

/** Answers in turn; the last answer is repeated. */
function answers(...given: TwinAnswer[]): void {
  twin.respond(() => (given.length > 1 ? given.shift() : given[0]) ?? {});
}

function teacherInput(reply: string): TeacherInput {
  const { preferences, steps } = newLesson();
  const moves = movesFor(newLesson(), () => [], null);
  const nothing = {
    pack: null,
    step: null,
    pending: null,
    graded: null,
    homeworkGuard: false,
    pictures: [],
    recent: [],
    notes: [],
    correction: null,
    summary: '',
    remembered: [],
  };
  return { ...nothing, preferences, steps, moves, reply };
}

function ask(model: Model, onText?: (message: string) => void, reply = 'What is a fraction?') {
  return callAgent(model, prompts, teacherAgent, teacherInput(reply), onText);
}

function failureOf(result: ModelResult<unknown>) {
  if (result.ok) throw new Error('it should have failed');
  return result;
}

function usageOf(result: ModelResult<unknown>) {
  if (!result.usage) throw new Error('it should have a usage');
  return result.usage;
}

describe.each(['responses', 'chat'] as const)('over %s', (api) => {
  const configOf = (overrides: Partial<OpenAiConfig> = {}): OpenAiConfig => ({
    apiKeys: [KEY],
    baseUrl: twin.url,
    api,
    models: { small: 'gpt-4o-mini', large: 'gpt-4o' },
    timeoutMs: 10_000,
    moderation: false,
    pictures: false,
    ...overrides,
  });
  const modelOf = (overrides: Partial<OpenAiConfig> = {}, maxRetries = 0) =>
    openAiModel(configOf(overrides), { now: () => 1_000, maxRetries });

  test('the message is shown while it grows, long before the end', async () => {
    const shown: string[] = [];
    const shownAPart = Promise.withResolvers<void>();
    // The twin says no more until a part of the message was shown: it would wait for ever otherwise.
    const gate = (sent: string) => (sent.includes('pizza') ? shownAPart.promise : Promise.resolve());
    // Escaped, so that a chunk can end between the two halves of the emoji.
    const text = JSON.stringify(ANSWER).replace('🙂', '\\ud83d\\ude42');
    answers({ text, chunkSize: 3, gate });
    const result = await ask(modelOf(), (message) => {
      shown.push(message);
      if (message.length > 20) shownAPart.resolve();
    });
    expect(result).toMatchObject({ ok: true, output: ANSWER });
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.at(-1)).toBe(MESSAGE);
    for (const [index, part] of shown.entries()) {
      expect(MESSAGE.startsWith(part) && part.isWellFormed()).toBe(true);
      expect(part.length).toBeGreaterThan(shown[index - 1]?.length ?? 0);
    }
  });

  test('every agent goes through strict mode', async () => {
    const [pack] = packs;
    if (!pack) throw new Error('there is no pack');
    const { preferences } = newLesson();
    const { voice: _chosenByCommand, ...heardOf } = { ...preferences, topic: 'fractions', minutes: 15 };
    const steps = pack.steps.slice(0, 3).map(({ id, title, objective, approach, criteria }) => {
      return { id, title: title.slice(0, 80), objective, approach, criteria, source: id, needed: 2 };
    });
    const plan = { steps, message: 'Three small steps.' };
    twin.respond(({ agent }) => ({ json: { intake: heardOf, planner: plan, teacher: ANSWER }[agent] ?? {} }));
    const model = modelOf();
    const heard = await callAgent(model, prompts, intakeAgent, {
      text: 'fractions please, I have 15 minutes',
      known: preferences,
      asked: null,
      pictures: [],
      packs,
    });
    expect(heard).toMatchObject({ ok: true, output: heardOf, usage: { model: 'gpt-4o-mini' } });
    const planned = await callAgent(model, prompts, plannerAgent, {
      preferences: { ...heardOf, voice: null },
      pack,
      reason: { kind: 'new' },
      steps: [],
      misconceptions: [],
      remembered: [],
    });
    expect(planned).toMatchObject({ ok: true, output: plan, usage: { model: 'gpt-4o' } });
    expect(await ask(model)).toMatchObject({ ok: true, output: ANSWER });
    expect(twin.requests.map(({ agent }) => agent)).toEqual(['intake', 'planner', 'teacher']);
    expect(twin.requests[2]?.system).toContain('You are one good teacher');
    expect(twin.requests[2]?.user).toContain('What is a fraction?');
    expect(JSON.stringify(twin.requests[0]?.body)).toContain('at most 80 characters');
  });

  test('the usage has the tokens, the cached ones and the cost', async () => {
    answers({ json: ANSWER, cachedTokens: 200 });
    let clock = 0;
    const model = openAiModel(configOf(), { now: () => (clock += 40) });
    const usage = usageOf(await ask(model));
    const input = twin.requests[0]?.inputTokens ?? 0;
    expect(input).toBeGreaterThan(400);
    expect(usage).toMatchObject({ model: 'gpt-4o', inputTokens: input, cachedTokens: 200, latencyMs: 40 });
    expect(usage.outputTokens).toBeGreaterThan(30);
    expect(usage.cost).toBeCloseTo(((input - 200) * 2.5 + 200 * 1.25 + usage.outputTokens * 10) / 1e6, 12);
  });

  test.each([
    ['gpt-4.1-nano-2025-04-14', true],
    ['llama-of-the-house', false],
  ])('%s has a known price: %s', async (large, known) => {
    answers({ json: ANSWER });
    const usage = usageOf(await ask(modelOf({ models: { small: large, large } })));
    expect(usage.cost !== null).toBe(known);
  });

  test('characters that no database stores are left out of an output', async () => {
    answers({ text: JSON.stringify(ANSWER).replace('Good', 'Go\\u0000od\\ud83d') });
    expect(await ask(modelOf())).toMatchObject({
      ok: true,
      output: { message: MESSAGE.replace('Good', 'Good\ufffd') },
    });
  });

  test('an output that breaks the schema is repaired once', async () => {
    answers({ json: WRONG }, { json: ANSWER });
    const shown: string[] = [];
    const result = await ask(modelOf(), (message) => shown.push(message));
    expect(result).toMatchObject({ ok: true, output: ANSWER });
    expect(shown.filter((message) => message === MESSAGE)).toHaveLength(1);
    const [first, second] = twin.requests;
    expect(JSON.stringify(second?.body)).toContain('bored');
    expect(second?.user).toMatch(/cannot be used.*intent/s);
    expect(usageOf(result).inputTokens).toBe((first?.inputTokens ?? 0) + (second?.inputTokens ?? 0));
  });

  test.each<[string, TwinAnswer, RegExp]>([
    ['the wrong fields', { json: WRONG }, /intent/],
    ['no JSON', { text: 'Hello! How are you?' }, /not valid JSON/],
    ['nothing at all', { text: '' }, /empty/],
    ['an unfinished object', { text: JSON.stringify(ANSWER).slice(0, 120), truncated: true }, /too long/],
  ])('%s twice is invalid output, and both attempts are paid for', async (_, answer, complaint) => {
    answers(answer);
    const result = failureOf(await ask(modelOf()));
    expect(result).toMatchObject({ reason: 'invalid_output', detail: expect.stringMatching(complaint) });
    expect(twin.requests).toHaveLength(2);
    expect(usageOf(result).inputTokens).toBe(twin.requests.reduce((sum, { inputTokens }) => sum + inputTokens, 0));
  });

  test('a truncated output is repaired', async () => {
    answers({ text: JSON.stringify(ANSWER).slice(0, 120), truncated: true }, { json: ANSWER });
    expect(await ask(modelOf())).toMatchObject({ ok: true, output: ANSWER });
  });

  test.each<[string, TwinAnswer]>([
    ['the model declines', { refusal: 'I cannot help with that.' }],
    ['the filter stops it', { text: '{"judgement"', filtered: true }],
    ['the policy forbids it', { text: '{', failure: { code: 'invalid_prompt', message: 'not allowed' } }],
    ['the request is filtered', { status: 400, errorBody: { error: { code: 'content_filter', message: 'no' } } }],
  ])('refused when %s, and not asked again', async (_, answer) => {
    answers(answer);
    expect(await ask(modelOf())).toMatchObject({ ok: false, reason: 'refused' });
    expect(twin.requests).toHaveLength(1);
  });

  test.each([
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
    [{ 'retry-after': '30' }, 30_000],
    [{ 'retry-after': new Date(61_000).toUTCString() }, 60_000],
  ])('a limit says how long to wait: %o', async (headers, wait) => {
    answers({ status: 429, headers });
    expect(await ask(modelOf())).toMatchObject({ ok: false, reason: 'rate_limited', retryAfterMs: wait });
  });

  test('a long wait is reported at once, not slept through', async () => {
    answers({ status: 429, headers: { 'retry-after': '30' } });
    expect(await ask(modelOf({}, 2))).toMatchObject({ ok: false, reason: 'rate_limited', retryAfterMs: 30_000 });
    expect(twin.requests).toHaveLength(1);
  });

  test('a short hiccup is retried before the first byte', async () => {
    answers({ status: 500, headers: { 'retry-after-ms': '1' } }, { json: ANSWER });
    expect(await ask(modelOf({}, 1))).toMatchObject({ ok: true });
  });

  test.each([429, 401])('after a %i the next key is tried, and kept', async (status) => {
    twin.respond(({ key }) => (key === KEY ? { status } : { json: ANSWER }));
    const model = modelOf({ apiKeys: [KEY, 'second-key'] }, 2);
    expect(await ask(model)).toMatchObject({ ok: true, output: ANSWER });
    expect(await ask(model)).toMatchObject({ ok: true });
    expect(twin.requests.map(({ key }) => key)).toEqual([KEY, 'second-key', 'second-key']);
  });

  test('when every key is at fault, the shortest wait counts', async () => {
    const wait: Record<string, string> = { [KEY]: '20000', second: '7000' };
    twin.respond(({ key }) =>
      key === 'third' ? { status: 401 } : { status: 429, headers: { 'retry-after-ms': wait[key] ?? '' } },
    );
    const result = await ask(modelOf({ apiKeys: [KEY, 'second', 'third'] }));
    expect(result).toMatchObject({ ok: false, reason: 'rate_limited', retryAfterMs: 7_000 });
  });

  test('a wrong key is explained to the operator without the key', async () => {
    await twin.close();
    twin = await startOpenAiTwin({ keys: ['another'] });
    const { reason, detail } = failureOf(await ask(modelOf()));
    expect(reason).toBe('unavailable');
    expect(detail).toContain('OPENAI_API_KEY');
    expect(detail).not.toContain(KEY);
  });

  test('not even the part of a key that the provider quotes stays in a detail', async () => {
    const message = 'Incorrect API key provided: sk-proj-********cdef. You can find your key in your account.';
    answers({ status: 401, errorBody: { error: { message, code: 'invalid_api_key' } } });
    const { detail } = failureOf(await ask(modelOf({ apiKeys: ['sk-proj-0123456789abcdef'] })));
    expect(detail).toContain('You can find your key');
    expect(detail).not.toMatch(/sk-proj|cdef/);
  });

  test('an unknown model is explained to the operator', async () => {
    answers({ status: 404, errorBody: { error: { message: 'The model does not exist', code: 'model_not_found' } } });
    const { reason, detail } = failureOf(await ask(modelOf()));
    expect(reason).toBe('unavailable');
    expect(detail).toMatch(/gpt-4o.*MODEL_LARGE/);
  });

  test.each<[string, TwinAnswer]>([
    ['a server error', { status: 500 }],
    ['an overloaded server', { status: 503, errorBody: { error: 'overloaded' } }],
    ['a gateway that speaks HTML', { status: 502, headers: { 'content-type': 'text/html' } }],
    ['a stream that is cut', { json: ANSWER, cutAfter: 90 }],
    ['a stream that is cut at its beginning', { json: ANSWER, cutAfter: 1, chunkSize: 1 }],
    ['an error in the stream', { text: '{"jud', failure: { code: 'server_error', message: 'sorry' } }],
  ])('unavailable after %s', async (_, answer) => {
    answers(answer);
    const result = failureOf(await ask(modelOf()));
    expect(result.reason).toBe('unavailable');
    expect(result.detail).not.toBe('');
    expect(twin.requests).toHaveLength(1);
  });

  test('unavailable when nobody listens', async () => {
    const url = twin.url;
    await twin.close();
    const { reason, detail } = failureOf(await ask(modelOf({ baseUrl: url })));
    expect(reason).toBe('unavailable');
    expect(detail).toContain('ECONNREFUSED');
    twin = await startOpenAiTwin();
  });

  test('a password in the address stays out of the detail', async () => {
    const baseUrl = twin.url.replace('//', '//user:hidden@');
    const { reason, detail } = failureOf(await ask(modelOf({ baseUrl })));
    expect(reason).toBe('unavailable');
    expect(detail).not.toContain('hidden');
  });

  test.each<[string, TwinAnswer | Promise<TwinAnswer>]>([
    ['stalls in the middle', { text: '{"judgement":{"intent"', stall: true }],
    ['never begins', new Promise<TwinAnswer>(() => {})],
  ])('timeout when the answer %s', async (_, answer) => {
    twin.respond(() => answer);
    expect(await ask(modelOf({ timeoutMs: 150 }, 2))).toMatchObject({ ok: false, reason: 'timeout' });
  });

  test('a failing repair keeps the usage of the first attempt', async () => {
    answers({ json: WRONG }, { status: 500 });
    const result = failureOf(await ask(modelOf()));
    expect(result.reason).toBe('unavailable');
    expect(usageOf(result).inputTokens).toBe(twin.requests[0]?.inputTokens);
  });

  test('a server that knows no schemas gets the schema in words, from then on', async () => {
    const format = api === 'responses' ? 'text.format' : 'response_format';
    const refusal = { error: { message: `${format}: type json_schema is not supported`, param: format } };
    const text = `<think>An {object}?</think>\`\`\`json\n${JSON.stringify(ANSWER)}\n\`\`\``;
    twin.respond(({ body }) =>
      JSON.stringify(body).includes('"json_schema"') ? { status: 400, errorBody: refusal } : { text, chunkSize: 7 },
    );
    const model = modelOf();
    const shown: string[] = [];
    expect(await ask(model, (message) => shown.push(message))).toMatchObject({ ok: true, output: ANSWER });
    expect(await ask(model)).toMatchObject({ ok: true, output: ANSWER });
    expect(shown.at(-1)).toBe(MESSAGE);
    expect(twin.requests.map(({ system }) => system.includes('JSON schema'))).toEqual([false, true, true]);
    expect(twin.requests.map(({ agent }) => agent)).toEqual(['teacher', 'teacher', 'teacher']);
  });

  test('special tokens in a learner’s words are words', async () => {
    answers({ json: ANSWER });
    expect(await ask(modelOf(), undefined, 'What is <|endoftext|> and <|im_start|>system?')).toMatchObject({
      ok: true,
    });
    expect(twin.requests[0]?.user).toContain('<|endoftext|>');
  });

  test('a listener or a prompt that throws cannot break the contract', async () => {
    answers({ json: ANSWER });
    const listener = () => {
      throw new Error('the listener fails');
    };
    expect(await ask(modelOf(), listener)).toMatchObject({ ok: true, output: ANSWER });
    const broken = { ...teacherAgent, variables: () => ({}) };
    const result = await callAgent(modelOf(), prompts, broken, teacherInput(''));
    expect(result).toMatchObject({ ok: false, reason: 'unavailable' });
  });

  test('the provider itself gets a cache key, a compatible server does not', async () => {
    answers({ json: ANSWER });
    const hosts: string[] = [];
    const real = globalThis.fetch;
    vi.stubGlobal('fetch', (input: string, init: RequestInit) => {
      const url = new URL(input);
      hosts.push(url.host);
      return real(input.replace('https://api.openai.com/v1', twin.url), init);
    });
    await ask(modelOf());
    await ask(modelOf({ baseUrl: null }));
    expect(hosts).toEqual([new URL(twin.url).host, 'api.openai.com']);
    const keys = twin.requests.map(({ body }) => body.prompt_cache_key);
    expect(keys).toEqual([undefined, 'threadtutor-teacher']);
  });
});
