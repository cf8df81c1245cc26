import { sql } from 'kysely';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { StepName } from '../../src/core/step-names.ts';
import { isSettled } from '../../src/db/lessons.ts';
import { chatMessage } from '../support/chat.ts';
import { until, wrongAnswer } from '../support/classroom.ts';
import type { Stop } from '../support/kill-worker.ts';
import { type Mortal, useMortals } from '../support/mortals.ts';
import { twinTutor } from '../support/twin-tutor.ts';

/**
 * A tutor killed with -9 at, and between, all named steps of a message's way, by itself or in the middle of one; and
 * another one that goes on. Each time the learner reads one reply, and a stored model call is not made again.
 */

const stage = useMortals();
const HINT = 'just tell me the answer';

/** A turn of two model calls, both stored, in the order of its steps. */
const WAY: [step: StepName, nth: number][] = [
  ['accept', 1],
  ['nudge', 1],
  ['claim', 1],
  ['turn', 1],
  ['read', 1],
  ['model', 1],
  ['store', 1],
  ['model', 2],
  ['store', 2],
  ['commit', 1],
  ['send', 1],
  ['record', 1],
];

/** What a message comes to, for whoever looks from outside. */
interface Outcome {
  state: unknown;
  shown: string[];
  calls: string[];
  /** Of the reply, how often it arrived. */
  arrivals: number;
  steps: string[];
  paid: string[];
  messages: string[];
}

let worker: Mortal;
let undisturbed: Outcome;
let undisturbedReplan: Outcome;

interface Story {
  learner: string;
  /** Left out: an answer that is wrong. */
  text?: string;
  /** Ahead of the message. */
  arrange?(lessonId: string): Promise<void> | void;
  /** While it is on its way. */
  meanwhile?(lessonId: string): Promise<void>;
}

beforeAll(async () => {
  worker = await stage.start();
  undisturbed = await outcomeOf({ learner: 'undisturbed', text: HINT });
  undisturbedReplan = await outcomeOf({ learner: 'undisturbed-replan', arrange: failTwice });
});
afterEach(() => {
  stage.model.respond(twinTutor);
  stage.chat.misbehave(() => null);
});

/** The next wrong answer will be the third. */
async function failTwice(lessonId: string): Promise<void> {
  const { thread_id } = await lessonOf(lessonId);
  const learner = thread_id.replace('thread-', '');
  for (let failures = 0; failures < 2; failures += 1) {
    await stage.say(chatMessage(learner, await wrongAnswerIn(lessonId)));
  }
}

async function wrongAnswerIn(lessonId: string): Promise<string> {
  const { pending } = (await lessonOf(lessonId)).state;
  if (!pending) throw new Error('no question is waiting');
  return wrongAnswer(pending.question);
}

function lessonOf(lessonId: string) {
  return stage.database.db.selectFrom('lessons').selectAll().where('id', '=', lessonId).executeTakeFirstOrThrow();
}

/** Lets a learner write, and looks at what came of it once nothing is left to do. */
async function outcomeOf({ learner, text, arrange, meanwhile }: Story): Promise<Outcome> {
  const { chat, model, database } = stage;
  const lessonId = await stage.begin(learner);
  await arrange?.(lessonId);
  const { length: arrived } = repliesTo(learner);
  const { length: shown } = chat.shown(`thread-${learner}`);
  const { length: called } = model.requests;
  const posting = chat.post(chatMessage(learner, text ?? (await wrongAnswerIn(lessonId))));
  await meanwhile?.(lessonId);
  await posting;
  await until(async () => (await isSettled(database.db, lessonId)) && (await isFree(lessonId)));
  const replies = chat.shown(`thread-${learner}`).slice(shown);
  return {
    ...(await storedOutcome(lessonId)),
    shown: replies.map(({ reply }) => reply.text),
    calls: model.requests.slice(called).map(({ agent }) => agent),
    arrivals: repliesTo(learner).length - arrived,
  };
}

const repliesTo = (learner: string) =>
  stage.chat.arrivals(`thread-${learner}`).filter(({ post }) => post.type === 'reply');

async function isFree(lessonId: string): Promise<boolean> {
  const { lease_until } = await lessonOf(lessonId);
  return lease_until === null || lease_until < new Date();
}

async function storedOutcome(lessonId: string): Promise<Pick<Outcome, 'state' | 'steps' | 'paid' | 'messages'>> {
  const { rows } = await sql<Pick<Outcome, 'state' | 'steps' | 'paid' | 'messages'>>`
    with last as (select id from turns where lesson_id = ${lessonId} order by seq desc limit 1)
    select state,
      (select jsonb_agg(name order by created_at) from turn_steps, last where turn_id = last.id) as steps,
      (select jsonb_agg(step order by usage.id) from usage, last where turn_id = last.id) as paid,
      (select jsonb_agg(author order by seq) from messages where lesson_id = lessons.id) as messages
    from lessons where id = ${lessonId}`.execute(stage.database.db);
  const [row] = rows;
  if (!row) throw new Error('no such lesson');
  return row;
}

/** Somebody else takes the dead worker's place, unlike it in nothing. */
async function replaceDead(options: Parameters<typeof stage.start>[0] = {}): Promise<void> {
  await worker.dead;
  worker = await stage.start(options);
}

/** The worker dies there, and another one goes on. */
function outcomeOfDeath(at: Omit<Stop, 'end'>, { arrange, ...story }: Story): Promise<Outcome> {
  return outcomeOf({
    ...story,
    async arrange(lessonId) {
      await arrange?.(lessonId);
      await worker.stopAt({ ...at, end: 'die' });
    },
    meanwhile: () => replaceDead(),
  });
}

/** A call is made again when the worker died with its answer in hand. */
function callsAfter({ step, nth, when }: Omit<Stop, 'end'>, calls: readonly string[]): string[] {
  const isInHand = (step === 'model' && when === 'after') || (step === 'store' && when === 'before');
  return calls.flatMap((agent, index) => (isInHand && index === nth - 1 ? [agent, agent] : [agent]));
}

test('a turn that nothing disturbs: two calls, one reply, and the lesson has moved', () => {
  expect(undisturbed).toMatchObject({
    calls: ['evaluator', 'teacher'],
    steps: ['evaluate', 'teach'],
    paid: ['evaluate', 'teach'],
    messages: ['learner', 'tutor', 'learner', 'tutor'],
    state: { pending: { hintsUsed: 1 } },
    arrivals: 1,
  });
  expect(undisturbedReplan).toMatchObject({
    calls: ['planner', 'teacher'],
    shown: [expect.stringContaining('We take a smaller step first.')],
    state: { replans: 1 },
  });
});

const deaths = WAY.flatMap(([step, nth]) => (['before', 'after'] as const).map((when) => ({ step, nth, when })));

test.each(deaths)('killed $when $step $nth', async (at) => {
  const { step, when } = at;
  const outcome = await outcomeOfDeath(at, { learner: `${step}-${at.nth}-${when}`, text: HINT });
  const isUnrecorded = (step === 'send' && when === 'after') || (step === 'record' && when === 'before');
  expect(outcome).toEqual({
    ...undisturbed,
    calls: callsAfter(at, undisturbed.calls),
    arrivals: isUnrecorded ? 2 : 1,
  });
});

test.each([
  { step: 'store', nth: 1, when: 'before' },
  { step: 'store', nth: 1, when: 'after' },
  { step: 'store', nth: 2, when: 'after' },
] as const)('killed $when $step $nth of a turn that makes a new plan', async (at) => {
  const outcome = await outcomeOfDeath(at, { learner: `replan-${at.nth}-${at.when}`, arrange: failTwice });
  expect(outcome).toEqual({ ...undisturbedReplan, calls: callsAfter(at, undisturbedReplan.calls) });
});

test.each([
  { step: 'take', nth: 1, when: 'before' },
  { step: 'take', nth: 1, when: 'after' },
  { step: 'release', nth: 1, when: 'before' },
  { step: 'release', nth: 1, when: 'after' },
] as const)('killed $when $step of a turn whose reply the chat did not take at first', async (at) => {
  const arrange = () => {
    let isRefused = false;
    stage.chat.misbehave(({ post }) => {
      if (post.type !== 'reply' || isRefused) return null;
      isRefused = true;
      return { kind: 'status', status: 500 };
    });
  };
  const outcome = await outcomeOfDeath(at, { learner: `refused-${at.step}-${at.when}`, text: HINT, arrange });
  expect(outcome).toEqual({ ...undisturbed, arrivals: 2 });
});

describe('in the middle of a step', () => {
  test.each(['evaluator', 'teacher'])('killed while the %s is being heard', async (name) => {
    const arrange = () => {
      let isKilled = false;
      stage.model.respond((request) => {
        if (request.agent !== name || isKilled) return twinTutor(request);
        isKilled = true;
        return { ...twinTutor(request), gate: async () => void worker.signal('SIGKILL') };
      });
    };
    const outcome = await outcomeOf({ learner: `heard-${name}`, text: HINT, arrange, meanwhile: () => replaceDead() });
    const calls = undisturbed.calls.flatMap((agent) => (agent === name ? [agent, agent] : [agent]));
    expect(outcome).toEqual({ ...undisturbed, calls });
  });

  test.each(['lose', 'drop'] as const)('killed while the reply is under way (%s)', async (kind) => {
    const arrange = () => {
      let isKilled = false;
      stage.chat.misbehave(({ post }) => {
        if (post.type !== 'reply' || isKilled) return null;
        isKilled = true;
        worker.signal('SIGKILL');
        return { kind };
      });
    };
    const outcome = await outcomeOf({ learner: `sent-${kind}`, text: HINT, arrange, meanwhile: () => replaceDead() });
    expect(outcome).toEqual({ ...undisturbed, arrivals: 2 });
  });

  // What the database has begun it finishes, whether or not anybody is there to hear of it.
  test.each([
    { step: 'accept', nth: 1, table: 'lessons', statement: '%for update%' },
    { step: 'claim', nth: 1, table: 'lessons', statement: '%lease_until < now()%' },
    { step: 'store', nth: 1, table: 'lessons', statement: '%insert into turn_steps%' },
    { step: 'store', nth: 2, table: 'lessons', statement: '%insert into turn_steps%' },
    { step: 'commit', nth: 1, table: 'lessons', statement: '%insert into deliveries%' },
    { step: 'record', nth: 1, table: 'deliveries', statement: '%platform_message_ids%' },
    { step: 'record', nth: 1, table: 'lessons', statement: '%platform_message_ids%' },
  ] as const)('killed while the database is at $step $nth ($table)', async ({ step, nth, table, statement }) => {
    const outcome = await outcomeOf({
      learner: `database-${step}-${nth}-${table}`,
      text: HINT,
      arrange: () => worker.stopAt({ step, nth, when: 'before', end: 'wait' }),
      async meanwhile(lessonId) {
        await worker.waits;
        await whileLocked(table, lessonId, async () => {
          worker.go();
          await until(() => isBlocked(statement));
          worker.signal('SIGKILL');
          await worker.dead;
        });
        await replaceDead();
      },
    });
    expect(outcome).toEqual({ ...undisturbed, arrivals: step === 'record' ? expect.any(Number) : 1 });
  });
});

/** Nobody else gets at the lesson's rows in the table until the work is done. */
async function whileLocked(table: string, lessonId: string, work: () => Promise<void>): Promise<void> {
  await stage.database.db.transaction().execute(async (tx) => {
    const key = sql.ref(table === 'lessons' ? 'id' : 'lesson_id');
    await sql`select from ${sql.table(table)} where ${key} = ${lessonId} for update`.execute(tx);
    await work();
  });
}

async function isBlocked(statement: string): Promise<boolean> {
  const { rows } = await sql`select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like ${statement}`.execute(
    stage.database.db,
  );
  return rows.length > 0;
}

test.each([
  { step: 'claim', nth: 1, when: 'after' },
  { step: 'store', nth: 1, when: 'after' },
  { step: 'commit', nth: 1, when: 'after' },
] as const)('killed $when $step: who starts alone does not wait for the leases of the dead', async (at) => {
  const leaseMs = 600_000;
  worker.signal('SIGKILL');
  await replaceDead({ leaseMs, isAlone: true });
  const outcome = await outcomeOf({
    learner: `alone-${at.step}`,
    text: HINT,
    arrange: () => worker.stopAt({ ...at, end: 'die' }),
    meanwhile: () => replaceDead({ leaseMs, isAlone: true }),
  });
  expect(outcome).toEqual(undisturbed);
});
