import { describe, expect, test } from 'vitest';
import type { Happening } from '../../src/core/happenings.ts';
import type { ModelUsage } from '../../src/core/ports.ts';
import type { Backlog } from '../../src/telemetry/backlog.ts';
import { type OpenedTelemetry, openTelemetry } from '../../src/telemetry/telemetry.ts';
import { recordedLog } from '../support/log.ts';
import { gate } from '../support/models.ts';
import { readPrometheus } from '../support/prometheus.ts';

const { log, lines } = recordedLog();

async function open(backlog?: () => Promise<Backlog>) {
  return openTelemetry({ otlpEndpoint: null, log, ...(backlog && { backlog }) });
}

async function scrape(opened: OpenedTelemetry) {
  return readPrometheus(await opened.metrics());
}

const USAGE: ModelUsage = {
  model: 'gpt-4o',
  inputTokens: 2_000,
  cachedTokens: 1_500,
  outputTokens: 100,
  cost: 0.25,
  latencyMs: 900,
};

const COUNTED: [Happening, Record<string, number>][] = [
  [
    { type: 'message_accepted', platform: 'webhook', created: true },
    { 'threadtutor_messages_accepted_total{duplicate="false",platform="webhook"}': 1 },
  ],
  [
    { type: 'message_accepted', platform: 'webhook', created: false },
    { 'threadtutor_messages_accepted_total{duplicate="true",platform="webhook"}': 1 },
  ],
  [
    { type: 'message_refused', platform: 'terminal', code: 'too_long' },
    { 'threadtutor_messages_refused_total{code="too_long",platform="terminal"}': 1 },
  ],
  [
    { type: 'message_refused', platform: 'terminal', code: 'Dear "tutor",\nlet me in' },
    { 'threadtutor_messages_refused_total{code="other",platform="terminal"}': 1 },
  ],
  [{ type: 'turn_answered', platform: 'terminal' }, { 'threadtutor_turns_answered_total{platform="terminal"}': 1 }],
  [
    { type: 'turn_failed', reason: 'timeout', givesUp: true },
    { 'threadtutor_turns_failed_total{gave_up="true",reason="timeout"}': 1 },
  ],
  [{ type: 'turn_put_off', because: 'learner' }, { 'threadtutor_turns_put_off_total{because="learner"}': 1 }],
  [
    { type: 'model_called', agent: 'teacher', usage: USAGE, failure: null },
    {
      'threadtutor_model_calls_total{agent="teacher",model="gpt-4o",outcome="ok"}': 1,
      'threadtutor_model_tokens_total{agent="teacher",kind="input",model="gpt-4o"}': 500,
      'threadtutor_model_tokens_total{agent="teacher",kind="cached",model="gpt-4o"}': 1_500,
      'threadtutor_model_tokens_total{agent="teacher",kind="output",model="gpt-4o"}': 100,
      'threadtutor_model_cost_dollars_total{agent="teacher",model="gpt-4o"}': 0.25,
    },
  ],
  [
    { type: 'model_called', agent: 'planner', usage: null, failure: 'rate_limited' },
    { 'threadtutor_model_calls_total{agent="planner",model="unknown",outcome="rate_limited"}': 1 },
  ],
  [
    { type: 'model_called', agent: 'planner', usage: { ...USAGE, cost: null }, failure: 'invalid_output' },
    {
      'threadtutor_model_calls_total{agent="planner",model="gpt-4o",outcome="invalid_output"}': 1,
      'threadtutor_model_cost_dollars_total{agent="planner",model="gpt-4o"}': 0,
    },
  ],
  [{ type: 'delivery_sent', platform: 'webhook' }, { 'threadtutor_deliveries_sent_total{platform="webhook"}': 1 }],
  [
    { type: 'delivery_failed', platform: 'webhook', reason: 'given_up' },
    { 'threadtutor_deliveries_failed_total{platform="webhook",reason="given_up"}': 1 },
  ],
  [{ type: 'lease_lost' }, { threadtutor_leases_lost_total: 1 }],
  [{ type: 'nudge_lost' }, { threadtutor_nudges_lost_total: 1 }],
  [{ type: 'swept', lessons: 3 }, { threadtutor_lessons_swept_total: 3 }],
  [
    { type: 'speech_begun', platform: 'discord', waitedMs: 1_500 },
    { 'threadtutor_speech_wait_seconds_sum{until="begun"}': 1.5 },
  ],
  [
    { type: 'speech_heard', platform: 'discord', waitedMs: 2_000 },
    {
      'threadtutor_speech_wait_seconds_sum{until="heard"}': 2,
      'threadtutor_speech_wait_seconds_bucket{le="2",until="heard"}': 1,
      'threadtutor_speech_wait_seconds_bucket{le="1",until="heard"}': 0,
    },
  ],
  [{ type: 'stripe_event', outcome: 'put_off' }, { 'threadtutor_stripe_events_total{outcome="put_off"}': 1 }],
  [{ type: 'billing_notice', outcome: 'sent' }, { 'threadtutor_billing_notices_total{outcome="sent"}': 1 }],
  [{ type: 'speech_done', platform: 'slack' }, { 'threadtutor_speech_spoken_total{platform="slack"}': 1 }],
  [
    { type: 'speech_failed', reason: 'quota', givesUp: true },
    { 'threadtutor_speech_failed_total{gave_up="true",reason="quota"}': 1 },
  ],
  [
    { type: 'audio_found', engine: 'google', usage: { characters: 120, seconds: 9.5, cost: 0.002 } },
    {
      'threadtutor_speech_audio_total{engine="google",from="made"}': 1,
      'threadtutor_speech_characters_total{engine="google"}': 120,
      'threadtutor_speech_seconds_total{engine="google"}': 9.5,
      'threadtutor_speech_cost_dollars_total{engine="google"}': 0.002,
    },
  ],
  [
    { type: 'audio_found', engine: 'espeak-ng', usage: null },
    { 'threadtutor_speech_audio_total{engine="espeak-ng",from="kept"}': 1 },
  ],
];

describe('what happens is counted', () => {
  test.each(COUNTED)('%j', async (happening, expected) => {
    const opened = await open();
    opened.telemetry.note(happening);
    const samples = await scrape(opened);
    expect(Object.fromEntries(Object.keys(expected).map((key) => [key, samples.get(key)]))).toEqual(expected);
  });

  test('no label grows without end', async () => {
    const opened = await open();
    for (let index = 0; index < 500; index += 1) {
      opened.telemetry.note({ type: 'message_refused', platform: 'terminal', code: `code_${index}` });
    }
    const samples = await scrape(opened);
    const codes = [...samples.keys()].filter((key) => key.startsWith('threadtutor_messages_refused_total'));
    expect(codes).toHaveLength(21);
    expect(samples.get('threadtutor_messages_refused_total{code="other",platform="terminal"}')).toBe(480);
  });

  test('a figure that is none disturbs nobody', async () => {
    const opened = await open();
    opened.telemetry.note({ type: 'swept', lessons: Number.NaN });
    expect((await scrape(opened)).get('threadtutor_lessons_swept_total')).toBe(0);
  });

  test('the process itself is measured', async () => {
    const samples = await scrape(await open());
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(samples.has('nodejs_eventloop_lag_seconds')).toBe(true);
  });
});

describe('the time of a turn', () => {
  const part = (name: string) => `threadtutor_turn_seconds_sum{part="${name}"}`;
  const burn = (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };

  test('is split into parts that add up, for each turn by itself', async () => {
    const opened = await open();
    const { step, note } = opened.telemetry;
    const first = gate();
    const turn = (spent: 'model' | 'send', wait: Promise<void>) =>
      step('turn', {}, async () => {
        note({ type: 'turn_started', platform: 'terminal', waitedMs: 1_500 });
        await step('read', {}, async () => burn(3));
        await wait;
        await step(spent, {}, async () => burn(5));
      });
    const held = turn('model', first.opened);
    await turn('send', Promise.resolve());
    first.open();
    await held;
    const samples = await scrape(opened);
    const sum = (name: string) => samples.get(part(name)) ?? 0;
    const parts = ['queue', 'model', 'database', 'delivery', 'other'].map(sum);
    expect(parts.reduce((all, seconds) => all + seconds)).toBeCloseTo(sum('total'), 6);
    expect(sum('queue')).toBe(3);
    // While one turn waits, the other one's delivery is "other" to it.
    for (const name of ['model', 'delivery', 'database', 'other']) expect(sum(name)).toBeGreaterThanOrEqual(0.005);
    expect(samples.get('threadtutor_turn_seconds_count{part="total"}')).toBe(2);
    expect(samples.get('threadtutor_turn_seconds_count{part="model"}')).toBe(2);
    expect(samples.get('threadtutor_step_seconds_count{step="read"}')).toBe(2);
    expect(samples.get('threadtutor_step_seconds_bucket{le="60",step="turn"}')).toBe(2);
  });

  test('what found nothing to do is no turn', async () => {
    const opened = await open();
    await opened.telemetry.step('turn', {}, async () => {});
    const samples = await scrape(opened);
    expect(samples.has('threadtutor_turn_seconds_count{part="total"}')).toBe(false);
    expect(samples.get('threadtutor_step_seconds_count{step="turn"}')).toBe(1);
  });

  test('a step that fails is timed, and throws on what its work threw', async () => {
    const opened = await open();
    const wrong = new Error('as the test wants it');
    await expect(opened.telemetry.step('commit', {}, () => Promise.reject(wrong))).rejects.toBe(wrong);
    const atOnce = () => {
      throw wrong;
    };
    await expect(opened.telemetry.step('commit', {}, atOnce)).rejects.toBe(wrong);
    expect((await scrape(opened)).get('threadtutor_step_seconds_count{step="commit"}')).toBe(2);
    expect(opened.telemetry.traceparent()).toBeNull();
  });
});

const BACKLOG: Backlog = {
  turns: { waiting: 4, running: 2, failed: 1 },
  oldestTurnSeconds: 12.5,
  deliveriesPending: 3,
  deliveriesFailed: 5,
  oldestDeliverySeconds: 7,
  speechPending: 6,
  oldestSpeechSeconds: 8.5,
  queues: { lessons: { waiting: 5, active: 2, delayed: 1, prioritized: 0 } },
};

describe('the backlog', () => {
  test('is asked for at every scrape', async () => {
    let waiting = 4;
    const opened = await open(async () => ({ ...BACKLOG, turns: { ...BACKLOG.turns, waiting } }));
    expect(Object.fromEntries(await scrape(opened))).toMatchObject({
      'threadtutor_turns{state="waiting"}': 4,
      'threadtutor_turns{state="running"}': 2,
      'threadtutor_turns{state="failed"}': 1,
      threadtutor_oldest_turn_seconds: 12.5,
      threadtutor_deliveries_pending: 3,
      threadtutor_oldest_delivery_seconds: 7,
      threadtutor_speech_pending: 6,
      threadtutor_oldest_speech_seconds: 8.5,
      'threadtutor_queue_jobs{queue="lessons",state="waiting"}': 5,
      'threadtutor_queue_jobs{queue="lessons",state="active"}': 2,
      'threadtutor_queue_jobs{queue="lessons",state="delayed"}': 1,
      'threadtutor_queue_jobs{queue="lessons",state="prioritized"}': 0,
    });
    waiting = 0;
    expect((await scrape(opened)).get('threadtutor_turns{state="waiting"}')).toBe(0);
  });

  test('is left out when it fails, or throws at once, and comes back', async () => {
    let read: () => Promise<Backlog> = () => Promise.reject(new Error('no database'));
    const opened = await open(() => read());
    const hasBacklog = async () => {
      const samples = await scrape(opened);
      expect(samples.has('process_resident_memory_bytes')).toBe(true);
      return samples.has('threadtutor_oldest_turn_seconds');
    };
    expect(await hasBacklog()).toBe(false);
    read = () => {
      throw new Error('no pool');
    };
    expect(await hasBacklog()).toBe(false);
    read = async () => BACKLOG;
    expect(await hasBacklog()).toBe(true);
    const warnings = lines().filter(({ msg }) => msg === 'the backlog could not be measured');
    expect(warnings).toHaveLength(1);
  });

  test('that hangs is left out after two seconds, and asked once', async () => {
    const hang = gate();
    let asked = 0;
    const opened = await open(async () => {
      asked += 1;
      await hang.opened;
      return BACKLOG;
    });
    const [one, two] = await Promise.all([scrape(opened), scrape(opened)]);
    expect([one, two].some((samples) => samples.has('threadtutor_oldest_turn_seconds'))).toBe(false);
    expect(asked).toBe(1);
    hang.open();
    expect((await scrape(opened)).has('threadtutor_oldest_turn_seconds')).toBe(true);
  });
});
