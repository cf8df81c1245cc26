import { expect, onTestFinished, test } from 'vitest';
import { openTelemetry } from '../../src/telemetry/telemetry.ts';
import { openClassroom, silentLog, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { startOtlpTwin } from '../twins/otlp.ts';

/** What the program itself tells of a message on its way. */

const database = useDatabase();

test('a message is one trace from its acceptance to its delivery, and its time is split', async () => {
  const collector = await startOtlpTwin();
  onTestFinished(() => collector.close());
  const watched = await openTelemetry({ otlpEndpoint: collector.url, log: silentLog });
  const { newLearner } = await openClassroom(database.url, { telemetry: watched.telemetry });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  await learner.say('why is that so?');
  const total = () => watched.metrics().then((text) => /turn_seconds_count{part="total"} (\d+)/.exec(text)?.[1]);
  await until(async () => (await total()) === '2');
  const metrics = await watched.metrics();
  await watched.close();

  const { spans } = collector;
  const [trace] = spans.filter(({ name }) => name === 'tutor.accept').slice(-1);
  const own = spans.filter(({ traceId }) => traceId === trace?.traceId);
  const nameOf = new Map(own.map(({ spanId, name }) => [spanId, name]));
  expect(own.map(({ name, parentSpanId }) => `${nameOf.get(parentSpanId ?? '') ?? '-'} > ${name}`).sort()).toEqual([
    '- > tutor.accept',
    'tutor.accept > tutor.nudge',
    'tutor.accept > tutor.turn',
    'tutor.turn > tutor.commit',
    'tutor.turn > tutor.model',
    'tutor.turn > tutor.read',
    'tutor.turn > tutor.record',
    'tutor.turn > tutor.send',
    'tutor.turn > tutor.store',
  ]);
  expect(own.find(({ name }) => name === 'tutor.turn')?.attributes).toMatchObject({
    platform: 'terminal',
    lesson: expect.any(String),
    waited_ms: expect.any(Number),
  });
  for (const part of ['queue', 'model', 'database', 'delivery', 'total']) {
    const seconds = new RegExp(`turn_seconds_sum{part="${part}"} (\\S+)`).exec(metrics)?.[1];
    expect(Number(seconds), part).toBeGreaterThan(0);
  }
});
