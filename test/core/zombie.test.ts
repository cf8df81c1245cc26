import { sql } from 'kysely';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { chatMessage } from '../support/chat.ts';
import { until } from '../support/classroom.ts';
import { gate } from '../support/models.ts';
import { type Mortal, useMortals } from '../support/mortals.ts';
import { twinTutor } from '../support/twin-tutor.ts';
import type { TwinAnswer } from '../twins/openai.ts';

/**
 * A tutor that is stopped for longer than its lease, while another one takes its lesson over, and then goes on where
 * it was: it writes nothing, says nothing, and shows nothing of what it was writing.
 */

const stage = useMortals();
const HINT = 'just tell me the answer';

let worker: Mortal;
let zombie: Mortal | null = null;
beforeAll(async () => {
  worker = await stage.start();
});
afterEach(() => {
  stage.model.respond(twinTutor);
  zombie?.signal('SIGKILL');
});

/**
 * Everything that a zombie could change, except what its calls cost: that was spent. The version tells nothing: a nudge
 * that was made before the lesson was taken over, and is looked at afterwards, finds nothing to do and raises it.
 */
async function everything(lessonId: string): Promise<unknown> {
  const { rows } = await sql`
    select to_jsonb(lessons) - 'lease_owner' - 'lease_until' - 'version' as lesson,
      (select jsonb_agg(to_jsonb(turns) order by seq) from turns where lesson_id = lessons.id) as turns,
      (select jsonb_agg(to_jsonb(messages) order by seq) from messages where lesson_id = lessons.id) as messages,
      (select jsonb_agg(to_jsonb(deliveries) - 'sent_at' order by seq) from deliveries where lesson_id = lessons.id) as deliveries,
      (select jsonb_agg(to_jsonb(turn_steps) order by name) from turn_steps where turn_id in (
        select id from turns where lesson_id = lessons.id)) as steps
    from lessons where id = ${lessonId}`.execute(stage.database.db);
  return rows[0];
}

const arrivedIn = (learner: string) => stage.chat.arrivals(`thread-${learner}`).map(({ post }) => post);
const repliesTo = (learner: string) => arrivedIn(learner).filter(({ type }) => type === 'reply');

/** The worker is stopped once `stopped` resolves; another one answers; the first one goes on until it knows better. */
async function overtake(learner: string, lessonId: string, stopped: Promise<unknown>, goOn: () => void) {
  const { length: before } = repliesTo(learner);
  const posting = stage.chat.post(chatMessage(learner, HINT));
  await stopped;
  const stoppedOne = worker;
  zombie = stoppedOne;
  zombie.signal('SIGSTOP');
  worker = await stage.start();
  await posting;
  await stage.chat.waitForShown(`thread-${learner}`, 2);
  await until(() => isGivenBack(lessonId));
  const left = await everything(lessonId);
  const { length: shown } = repliesTo(learner);
  const { length: arrived } = arrivedIn(learner);
  goOn();
  stoppedOne.signal('SIGCONT');
  await until(() => stoppedOne.noted.includes('lease_lost'));
  return { left, before, shown, arrived };
}

async function isGivenBack(lessonId: string): Promise<boolean> {
  const query = stage.database.db.selectFrom('lessons').select('lease_until').where('id', '=', lessonId);
  return (await query.executeTakeFirstOrThrow()).lease_until === null;
}

test('stopped while the model speaks: the rest of it is not shown', async () => {
  const learner = 'speaking';
  const lessonId = await stage.begin(learner);
  const [heard, door] = [gate(), gate()];
  let isFirst = true;
  stage.model.respond((request): TwinAnswer => {
    const answer = twinTutor(request);
    if (request.agent !== 'teacher' || !isFirst) return answer;
    isFirst = false;
    const wait = (sent: string) => {
      if (!sent.includes('here, and')) return Promise.resolve();
      heard.open();
      return door.opened;
    };
    return { ...answer, gate: wait };
  });
  const { left, shown, arrived } = await overtake(learner, lessonId, heard.opened, door.open);
  expect(repliesTo(learner).slice(shown)).toEqual([]);
  // What it had heard before may have been under way.
  expect(JSON.stringify(arrivedIn(learner).slice(arrived))).not.toContain('enough to stream');
  expect(await everything(lessonId)).toEqual(left);
  expect(stage.chat.shown(`thread-${learner}`)).toHaveLength(2);
});

test.each(['store', 'commit', 'send'] as const)('stopped before it would %s', async (step) => {
  const learner = `before-${step}`;
  const lessonId = await stage.begin(learner);
  const first = worker;
  await first.stopAt({ step, nth: 1, when: 'before', end: 'wait' });
  const { left, shown } = await overtake(learner, lessonId, first.waits, () => first.go());
  expect(repliesTo(learner).slice(shown)).toEqual([]);
  expect(await everything(lessonId)).toEqual(left);
  expect(stage.chat.shown(`thread-${learner}`)).toHaveLength(2);
});

test('stopped after sending: what it sent comes again, is shown once, and recorded as it was', async () => {
  const learner = 'after-send';
  const lessonId = await stage.begin(learner);
  const first = worker;
  await first.stopAt({ step: 'record', nth: 1, when: 'before', end: 'wait' });
  const { left, before, shown } = await overtake(learner, lessonId, first.waits, () => first.go());
  expect(repliesTo(learner).slice(shown)).toEqual([]);
  expect(await everything(lessonId)).toEqual(left);
  expect(repliesTo(learner).slice(before)).toHaveLength(2);
  expect(stage.chat.shown(`thread-${learner}`)).toHaveLength(2);
});
