import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Telemetry } from '../../src/core/ports.ts';
import { UserError } from '../../src/errors.ts';
import { type OpenedTelemetry, openTelemetry } from '../../src/telemetry/telemetry.ts';
import { freePort } from '../support/free-port.ts';
import { recordedLog } from '../support/log.ts';
import { gate } from '../support/models.ts';
import { type CollectedSpan, type OtlpTwin, startOtlpTwin } from '../twins/otlp.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function setUp() {
  const collector = await startOtlpTwin();
  opened.push(collector);
  const { log } = recordedLog();
  const open = () => openTelemetry({ otlpEndpoint: `${collector.url}/`, log });
  return { collector, open };
}

/** Everything that was traced, by name, once the telemetry has been closed. */
async function collected(collector: OtlpTwin, ...telemetries: OpenedTelemetry[]) {
  await Promise.all(telemetries.map((each) => each.close()));
  expect(collector.complaints).toEqual([]);
  return new Map(collector.spans.map((span) => [span.name, span]));
}

/** What a worker does with a turn. */
function workOn({ step, note }: Telemetry, traceparent: string | null) {
  return step(
    'turn',
    { lessonId: 'lesson-1' },
    async () => {
      note({ type: 'turn_started', platform: 'webhook', waitedMs: 40 });
      await step('read', {}, async () => {});
      await step('model', { agent: 'teacher' }, () => step('store', {}, async () => {}));
      await step('commit', {}, async () => {});
      await step('send', {}, async () => {});
    },
    traceparent,
  );
}

function pathOf(spans: Map<string, CollectedSpan>, name: string): string[] {
  const span = spans.get(name);
  const parent = [...spans.values()].find(({ spanId }) => spanId === span?.parentSpanId);
  if (span?.parentSpanId && !parent) throw new Error(`${name} has a parent that was not sent`);
  return parent ? [...pathOf(spans, parent.name), name] : [name];
}

describe('traces', () => {
  test('a message is one trace, from its acceptance in one process to its delivery by another', async () => {
    const { collector, open } = await setUp();
    const [web, worker] = [await open(), await open()];
    // What a row would keep; the worker knows nothing else of the acceptance.
    const row = await web.telemetry.step('accept', { platform: 'webhook' }, async () => {
      await web.telemetry.step('nudge', {}, async () => {});
      return { traceparent: web.telemetry.traceparent() };
    });
    expect(row.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    await workOn(worker.telemetry, row.traceparent);
    const spans = await collected(collector, web, worker);
    expect([...spans.keys()].map((name) => pathOf(spans, name).join(' > ')).sort()).toEqual([
      'tutor.accept',
      'tutor.accept > tutor.nudge',
      'tutor.accept > tutor.turn',
      'tutor.accept > tutor.turn > tutor.commit',
      'tutor.accept > tutor.turn > tutor.model',
      'tutor.accept > tutor.turn > tutor.model > tutor.store',
      'tutor.accept > tutor.turn > tutor.read',
      'tutor.accept > tutor.turn > tutor.send',
    ]);
    expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(spans.get('tutor.turn')).toMatchObject({
      service: 'threadtutor',
      attributes: { lessonId: 'lesson-1', waited_ms: 40 },
      events: [{ name: 'turn started', attributes: { waited_ms: 40 } }],
    });
  });

  test('a stored parent counts more than the step that is under way; what is none is passed over', async () => {
    const { collector, open } = await setUp();
    const telemetry = await open();
    const { step, traceparent } = telemetry.telemetry;
    const stored = await step('accept', {}, async () => traceparent());
    await step('accept', {}, async () => {
      await step('turn', {}, async () => {}, stored);
      await step('read', {}, async () => {}, 'not a traceparent');
      await step('record', {}, async () => {}, `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`);
    });
    await telemetry.close();
    const parentOf = (name: string) => collector.spans.find((span) => span.name === name)?.parentSpanId;
    const [first, second] = collector.spans.filter(({ name }) => name === 'tutor.accept');
    expect(parentOf('tutor.turn')).toBe(first?.spanId);
    expect(parentOf('tutor.read')).toBe(second?.spanId);
    expect(parentOf('tutor.record')).toBe(second?.spanId);
  });

  test('looking for a turn is no trace of its own', async () => {
    const { collector, open } = await setUp();
    const telemetry = await open();
    await telemetry.telemetry.step('claim', {}, async () => {});
    await telemetry.telemetry.step('release', {}, async () => {});
    await telemetry.close();
    expect(collector.spans).toEqual([]);
  });

  test('turns at the same time stay apart', async () => {
    const { collector, open } = await setUp();
    const telemetry = await open();
    const { step } = telemetry.telemetry;
    const doors = [gate(), gate(), gate()];
    const turns = doors.map(({ opened: door }, index) =>
      step('turn', { index }, async () => {
        await door;
        await step('model', { index }, async () => {});
      }),
    );
    for (const door of doors.reverse()) door.open();
    await Promise.all(turns);
    await telemetry.close();
    const turnOf = new Map(collector.spans.map((span) => [span.spanId, span.attributes.index]));
    const models = collector.spans.filter(({ name }) => name === 'tutor.model');
    expect(models).toHaveLength(3);
    for (const { parentSpanId, attributes } of models) expect(turnOf.get(parentSpanId)).toBe(attributes.index);
  });

  test('an error is told by its kind, without its words', async () => {
    const { collector, open } = await setUp();
    const telemetry = await open();
    const failing = telemetry.telemetry.step('accept', {}, async () => {
      throw new UserError('too_long', 'my name is Ada and I hate fractions');
    });
    await expect(failing).rejects.toThrow(UserError);
    const span = (await collected(collector, telemetry)).get('tutor.accept');
    expect(span).toMatchObject({
      status: { code: 2 },
      attributes: { 'error.type': 'UserError', 'error.code': 'too_long' },
    });
    expect(JSON.stringify(collector.bodies)).not.toContain('Ada');
  });
});

describe('a collector that is away', () => {
  test('costs the work nothing, and closing ends at the deadline', async () => {
    const { log } = recordedLog();
    const telemetry = await openTelemetry({ otlpEndpoint: `http://127.0.0.1:${await freePort()}`, log });
    expect(await telemetry.telemetry.step('turn', {}, async () => 'done')).toBe('done');
    await telemetry.close(100);
    expect(await telemetry.metrics()).toContain('threadtutor_step_seconds_count{step="turn"} 1');
  });

  test('that answers nothing holds up nothing either', async () => {
    const { collector, open } = await setUp();
    collector.answer(null);
    const telemetry = await open();
    await telemetry.telemetry.step('turn', {}, async () => {});
    // However late timers are, they are so in order.
    const tooLate = sleep(3_000, 'too late');
    expect(await Promise.race([telemetry.close(100), tooLate])).toBeUndefined();
    expect(collector.spans).toEqual([]);
  });

  test('is warned of seldom, however many batches are lost', async () => {
    const { collector } = await setUp();
    collector.answer(400);
    const { log, lines } = recordedLog();
    const telemetry = await openTelemetry({ otlpEndpoint: collector.url, log });
    // Three batches of 512.
    for (let index = 0; index < 1_300; index += 1) await telemetry.telemetry.step('turn', {}, async () => {});
    await telemetry.close(5_000);
    expect(collector.bodies).toHaveLength(3);
    expect(lines()).toMatchObject([{ level: 40, msg: 'traces were lost' }]);
  });
});
