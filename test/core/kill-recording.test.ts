import { sql } from 'kysely';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { SHARED_QUEUE } from '../../src/bots/queue.ts';
import { receive } from '../../src/bots/receive.ts';
import type { StepName } from '../../src/core/step-names.ts';
import { isSettled } from '../../src/db/lessons.ts';
import { SILENT } from '../../src/telemetry/silent.ts';
import { chatMessage } from '../support/chat.ts';
import { silentLog, until } from '../support/classroom.ts';
import { type Mortal, useMortals } from '../support/mortals.ts';
import { type Recorded, recorded, recordingOf } from '../support/recordings.ts';
import { twinTutor } from '../support/twin-tutor.ts';

/**
 * A tutor killed with -9 around the steps of a turn that begins with a recording; and another one that goes on. What
 * was understood is not listened to again, nothing is paid for twice, and the learner reads one reply.
 */

const stage = useMortals();
const WORDS = 'just tell me the answer';
let worker: Mortal;
let voice: Recorded;
beforeAll(async () => {
  voice = await recorded(WORDS);
  worker = await stage.start();
});
afterEach(() => {
  stage.model.respond(twinTutor);
  expect(stage.model.complaints).toEqual([]);
});

interface Outcome {
  /** Recordings that the server was sent. */
  heard: number;
  shown: string[];
  arrivals: number;
  said: string[];
  paid: string[];
  kept: { audio: null; transcript: string }[];
}

/** A learner speaks, and something happens meanwhile. */
async function outcomeOf(
  name: string,
  arrange: () => Promise<void> | void,
  meanwhile: () => Promise<void>,
): Promise<Outcome> {
  const { chat, model, database } = stage;
  stage.model.says(voice.bytes, WORDS);
  const lessonId = await stage.begin(name);
  const thread = `thread-${name}`;
  const replies = () => chat.arrivals(thread).filter(({ post }) => post.type === 'reply').length;
  const before = { heard: model.heard.length, shown: chat.shown(thread).length, arrivals: replies() };
  await arrange();
  await speak(name);
  await meanwhile();
  await until(() => isSettled(database.db, lessonId));
  return {
    ...(await storedOutcome(lessonId)),
    heard: model.heard.length - before.heard,
    shown: chat
      .shown(thread)
      .flatMap(({ reply }, index) => (index < before.shown ? [] : (reply.text.split('\n')[0] ?? ''))),
    arrivals: replies() - before.arrivals,
  };
}

/** As a bot takes it in, whose nudge is lost. */
async function speak(name: string): Promise<void> {
  const { message, thread } = chatMessage(name, '');
  const deps = {
    db: stage.database.db,
    nudger: { nudge: async () => {} },
    telemetry: SILENT,
    log: silentLog,
    limits: null,
  };
  await receive(deps, {
    ...{ platform: 'webhook', queue: SHARED_QUEUE, threadId: thread.id, messageId: message.id },
    ...{ learner: { id: name, name }, workspace: { id: 'school', name: 'School' } },
    ...{ text: '', recordings: [recordingOf(voice)] },
  });
}

async function storedOutcome(lessonId: string): Promise<Pick<Outcome, 'said' | 'paid' | 'kept'>> {
  const { rows } = await sql<Pick<Outcome, 'said' | 'paid' | 'kept'>>`
    with last as (select id from turns where lesson_id = ${lessonId} order by seq desc limit 1)
    select
      (select jsonb_agg(text) from messages, last where turn_id = last.id and author = 'learner') as said,
      (select jsonb_agg(step order by usage.id) from usage, last where turn_id = last.id) as paid,
      (select jsonb_agg(jsonb_build_object('audio', audio, 'transcript', transcript))
        from recordings where lesson_id = ${lessonId}) as kept`.execute(stage.database.db);
  const [row] = rows;
  if (!row) throw new Error('no such lesson');
  return row;
}

async function replaceDead(): Promise<void> {
  await worker.dead;
  worker = await stage.start();
}

const UNDISTURBED: Outcome = {
  heard: 1,
  shown: [`> ${WORDS}`],
  arrivals: 1,
  said: [WORDS],
  paid: ['transcribe', 'evaluate', 'teach'],
  kept: [{ audio: null, transcript: WORDS }],
};

test('nothing happens', async () => {
  expect(
    await outcomeOf(
      'undisturbed',
      () => {},
      async () => {},
    ),
  ).toEqual(UNDISTURBED);
});

const STEPS: [step: StepName, nth: number][] = [
  ['read', 1],
  ['transcribe', 1],
  ['store', 1],
  ['model', 1],
  ['store', 2],
  ['commit', 1],
  ['send', 1],
];

test.each(STEPS.flatMap(([step, nth]) => (['before', 'after'] as const).map((when) => ({ step, nth, when }))))(
  'killed $when $step $nth',
  async (at) => {
    const { step, nth, when } = at;
    const arrange = () => worker.stopAt({ ...at, end: 'die' });
    const isInHand =
      (step === 'transcribe' && when === 'after') || (step === 'store' && nth === 1 && when === 'before');
    expect(await outcomeOf(`${step}-${nth}-${when}`, arrange, replaceDead)).toEqual({
      ...UNDISTURBED,
      heard: isInHand ? 2 : 1,
      arrivals: step === 'send' && when === 'after' ? 2 : 1,
    });
  },
);

test('killed while somebody listens', async () => {
  const arrange = () => {
    let isKilled = false;
    stage.model.says(voice.bytes, () => {
      if (isKilled) return { text: WORDS };
      isKilled = true;
      return { text: WORDS, gate: async () => void worker.signal('SIGKILL') };
    });
  };
  expect(await outcomeOf('listening', arrange, replaceDead)).toEqual({ ...UNDISTURBED, heard: 2 });
});
