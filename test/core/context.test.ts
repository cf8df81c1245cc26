import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { TeacherInput } from '../../src/core/agents/teacher.ts';
import { CAPS, fitRecent } from '../../src/core/context.ts';
import type { Judgement } from '../../src/core/judgement.ts';
import { NEUTRAL } from '../../src/core/judgement.ts';
import type { Model, ModelRequest } from '../../src/core/ports.ts';
import { clip, countTokens } from '../../src/core/tokens.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import { openAiModel } from '../../src/external/openai/openai-model.ts';
import { openClassroom, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { twinTutor } from '../support/twin-tutor.ts';
import { startOpenAiTwin } from '../twins/openai.ts';

const database = useDatabase();

/** A model that talks a lot, remembers a lot, and never lets the lesson move on. */
function talkativeModel(): Model & { promptTokens(): number } {
  const rules = offlineModel();
  let last: ModelRequest<'teacher'> | undefined;
  const talk: Judgement = { ...NEUTRAL, intent: 'question' };
  return {
    teachesAnyTopic: true,
    promptTokens: () => (last?.prompt() ?? []).reduce((sum, { content }) => sum + countTokens(content), 0),
    async generate(request) {
      const result = await rules.generate(request);
      if (!result.ok || request.agent !== 'teacher') return result;
      last = request as unknown as ModelRequest<'teacher'>;
      const { reply } = last.input satisfies TeacherInput;
      if (!reply) return result;
      const message = `About "${reply.slice(0, 40)}": ${'it is a long story, and it goes on and on. '.repeat(12)}`;
      const output = { ...result.output, judgement: talk, message, note: `wants to know: ${reply.slice(0, 150)}` };
      return { ...result, output } as typeof result;
    },
  };
}

test('turn 1,000 sends as much as turn 10, and the state stays small', async () => {
  const model = talkativeModel();
  const { newLearner } = await openClassroom(database.url, { model });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const tokens: Record<number, number> = {};
  for (let turn = 2; turn <= 103; turn += 1) {
    // The long way from 102 to 1,000 is walked by the database: the same turns, over and over.
    const number = turn === 103 ? 1000 : turn;
    if (number === 1000) await repeatTurns(learner.threadId, 897);
    await learner.say(`Question number ${number}: ${'why is it so, and could it be otherwise? '.repeat(4)}`);
    if (number === 10 || number === 100 || number === 1000) tokens[number] = model.promptTokens();
  }
  const [ten = 0, hundred = 0, thousand = 0] = [tokens[10], tokens[100], tokens[1000]];
  expect(ten).toBeGreaterThan(1000);
  expect(Math.abs(hundred - ten) / ten, `${ten} and ${hundred}`).toBeLessThan(0.05);
  expect(Math.abs(thousand - ten) / ten, `${ten} and ${thousand}`).toBeLessThan(0.05);
  expect(JSON.stringify(await learner.state()).length).toBeLessThan(16_000);
});

/** Adds copies of the lesson's last turn, with its messages. */
async function repeatTurns(threadId: string, count: number): Promise<void> {
  await sql`
    with lesson as (select * from lessons where thread_id = ${threadId}),
    last as (select turns.* from turns join lesson on lesson.id = lesson_id and turns.seq = turn_count),
    copies as (
      insert into turns (lesson_id, workspace_id, learner_id, seq, status, joinable)
      select last.lesson_id, workspace_id, learner_id, last.seq + step, 'done', true from last, generate_series(1, ${count}::int) step
      returning id, lesson_id, seq
    ),
    lines as (
      insert into messages (lesson_id, seq, turn_id, author, text)
      select copies.lesson_id, message_count + (copies.seq - turn_count - 1) * 2 + row_number() over (partition by copies.id order by messages.seq),
             copies.id, messages.author, messages.text
      from copies, lesson, last join messages on messages.turn_id = last.id
      returning 1
    )
    update lessons set turn_count = turn_count + ${count}, message_count = message_count + ${count} * 2
    where thread_id = ${threadId}`.execute(database.db);
}

test('what leaves the window is folded into a summary, which reaches the prompt', async () => {
  const twin = await startOpenAiTwin();
  twin.respond(twinTutor);
  const models = { small: 'gpt-4o-mini', large: 'gpt-4o' };
  const config = {
    apiKeys: ['sk'],
    baseUrl: twin.url,
    api: 'chat' as const,
    timeoutMs: 5_000,
    moderation: false,
    pictures: false,
    models,
  };
  const { newLearner } = await openClassroom(database.url, { model: openAiModel(config, { now: Date.now }) });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  for (let turn = 0; turn < 18; turn += 1) await learner.say(`why is that, in question ${turn}?`);
  await until(async () => (await summaries()).length > 0);
  const [stored] = await summaries();
  const folded = twin.requests.filter(({ agent }) => agent === 'summarizer').map(({ user }) => user);
  expect(folded[0]).toContain('question 0');
  expect(stored?.up_to_seq).toBeGreaterThanOrEqual(10);
  await learner.say('and now?');
  expect(twin.requests.findLast(({ agent }) => agent === 'teacher')?.user).toContain('The twin has read');
  await twin.close();
});

const summaries = () => database.db.selectFrom('summaries').selectAll().execute();

test('the newest exchanges fit, whatever their length', () => {
  const long = Array.from({ length: 30 }, (_, index) => ({
    author: 'learner' as const,
    text: `${index} ${'word '.repeat(900)}`,
  }));
  const fitted = fitRecent(long, 'a summary');
  expect(countTokens(fitted)).toBeLessThanOrEqual(CAPS.window);
  expect(fitted).toContain('learner: 29 ');
  expect(fitted).not.toContain('learner: 1 ');
});

test.each(['', 'short', 'a'.repeat(20_000), '🙂'.repeat(3_000), '<|endoftext|>'.repeat(500), 'ж'.repeat(9_000)])(
  'clipping %.12s keeps the beginning and the cap',
  (text) => {
    const clipped = clip(text, 100);
    expect(countTokens(clipped)).toBeLessThanOrEqual(103);
    expect(text.startsWith(clipped.replace(/ …$/, ''))).toBe(true);
  },
);
