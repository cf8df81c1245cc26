import { expect, test } from 'vitest';
import { speechQueue } from '../../../src/core/speech-requests.ts';
import { openTelemetry } from '../../../src/telemetry/telemetry.ts';
import { silentLog } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { readPrometheus } from '../../support/prometheus.ts';
import { useSpeech } from '../../support/speech.ts';

/** What an operator sees of speech, and what they never do. */

const database = useDatabase();
const stage = useSpeech(database);

async function openWatched() {
  const opened = await openTelemetry({
    otlpEndpoint: null,
    log: silentLog,
    backlog: () => classroom.runtime.backlog(),
  });
  const classroom = await stage.open({ telemetry: opened.telemetry });
  const learner = await classroom.newLearner({ topic: 'fractions', autostart: true });
  return { ...classroom, learner, text: opened.metrics, scrape: async () => readPrometheus(await opened.metrics()) };
}

test('how long replies wait to be heard, what was made, what was kept, and nothing of what was said', async () => {
  const { learner, heardBy, text, scrape } = await openWatched();
  await learner.say('voice on');
  await learner.say('plan');
  await stage.quiet(learner);
  const first = await scrape();
  expect(first.get('threadtutor_speech_spoken_total{platform="terminal"}')).toBe(2);
  expect(first.get('threadtutor_speech_audio_total{engine="google",from="made"}')).toBe(2);
  const paid = await database.db.selectFrom('usage').selectAll().where('agent', '=', 'speech').execute();
  const sumOf = (what: 'characters' | 'seconds' | 'cost') => paid.reduce((sum, row) => sum + Number(row[what]), 0);
  expect(first.get('threadtutor_speech_characters_total{engine="google"}')).toBe(sumOf('characters'));
  expect(first.get('threadtutor_speech_seconds_total{engine="google"}')).toBeCloseTo(sumOf('seconds'), 6);
  expect(first.get('threadtutor_speech_cost_dollars_total{engine="google"}')).toBeCloseTo(sumOf('cost'), 6);
  for (const moment of ['begun', 'heard']) {
    expect(first.get(`threadtutor_speech_wait_seconds_count{until="${moment}"}`)).toBe(2);
  }
  const until = (moment: string) => Number(first.get(`threadtutor_speech_wait_seconds_sum{until="${moment}"}`));
  expect(until('begun')).toBeGreaterThan(0);
  expect(until('heard')).toBeGreaterThan(until('begun'));
  expect(first.get('threadtutor_step_seconds_count{step="synthesize"}')).toBe(2);
  expect(first.get('threadtutor_speech_pending')).toBe(0);

  await learner.say('plan');
  await stage.quiet(learner);
  const again = await scrape();
  expect(again.get('threadtutor_speech_audio_total{engine="google",from="kept"}')).toBe(1);
  expect(again.get('threadtutor_speech_characters_total{engine="google"}')).toBe(sumOf('characters'));
  const words = heardBy(learner).flatMap(({ transcript }) => transcript.match(/\p{L}{6,}/gu) ?? []);
  const shown = (await text()).replace(/^# .*$/gm, '');
  expect(words.length).toBeGreaterThan(10);
  expect([...new Set(words)].filter((word) => shown.includes(word))).toEqual([]);
});

test('what waits to be heard, in the database and in its queue', async () => {
  const { learner, scrape, queue } = await openWatched();
  const release = stage.twin.hold();
  await database.db.deleteFrom('audio').execute();
  await learner.say('voice on');
  await learner.say('hint');
  const waiting = await scrape();
  expect(waiting.get('threadtutor_speech_pending')).toBe(2);
  expect(waiting.get('threadtutor_oldest_speech_seconds')).toBeGreaterThan(0);
  expect(waiting.has(`threadtutor_queue_jobs{queue="${speechQueue(queue)}",state="active"}`)).toBe(true);
  release();
  await stage.quiet(learner);
  expect((await scrape()).get('threadtutor_oldest_speech_seconds')).toBe(0);
});

test('why something was not spoken', async () => {
  const { learner, scrape, surface } = await openWatched();
  await database.db.deleteFrom('audio').execute();
  stage.twin.house.quota = 0;
  await learner.say('voice on');
  await stage.quiet(learner);
  expect((await scrape()).get('threadtutor_speech_failed_total{gave_up="true",reason="quota"}')).toBe(1);
  stage.twin.house.quota = Number.POSITIVE_INFINITY;
  let refused = false;
  surface.interceptSpeech = () => {
    if (refused) return { ok: false, reason: 'gone', detail: 'no such thread' };
    refused = true;
    return { ok: false, reason: 'retry', detail: 'too busy' };
  };
  await learner.say('voice on');
  await stage.quiet(learner);
  const samples = await scrape();
  expect(samples.get('threadtutor_speech_failed_total{gave_up="false",reason="surface"}')).toBe(1);
  expect(samples.get('threadtutor_speech_failed_total{gave_up="true",reason="gone"}')).toBe(1);
});
