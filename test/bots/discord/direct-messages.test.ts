import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { stateOf } from '../../support/discord.ts';
import { answered, answerTo, asSeen, lessonIn, openDiscordServer, startLesson } from '../../support/discord-lesson.ts';
import { gate, watchedModel } from '../../support/models.ts';

/** Lessons in direct messages: one after the other, all in one channel. */

const database = useDatabase();

type Server = Awaited<ReturnType<typeof openDiscordServer>>;

/** All of somebody's direct lessons, the first one first. */
async function lessonsOf({ runtime }: Server, learner: { id: string }) {
  const query = runtime.db.selectFrom('lessons').innerJoin('learners', 'learners.id', 'learner_id');
  const mine = query.where('learners.external_id', '=', learner.id).where('thread_id', 'like', '%/%');
  return mine.select(['thread_id', 'phase', 'state']).orderBy('lessons.created_at').execute();
}

test('whoever writes to the tutor has a lesson', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, twin } = server;
  const lesson = lessonIn(server, ada.dm().id, ada);
  await lesson.says('hello');
  await lesson.says('fractions');
  await lesson.says('just start');
  await lesson.presses('Start');
  await lesson.presses('C · 1/6');
  expect(await lessonsOf(server, ada)).toMatchObject([
    { phase: 'teaching', state: { steps: [{ right: 1 }, {}, {}, {}] } },
  ]);
  await until(() => asSeen(twin, lesson.id).includes('*Under way*'));
  const seen = asSeen(twin, lesson.id).split('\n\n');
  expect(seen.slice(0, 3)).toMatchInlineSnapshot(`
    [
      "Ada:
        hello",
      "Threadtutor:
        | # Fractions for beginners
        | ▱▱▱▱ 0/4
        | ▶️ **1. What a fraction means**
        | ▫️ **2. Which fraction is bigger?**
        | ▫️ **3. Equivalent fractions**
        | ▫️ **4. Adding and taking away**
        | *Under way* · Step 1 of 4
        [Progress] [Stop]",
      "Threadtutor:
        Hello! I'm your tutor. I make a short plan with you, teach it step by step, check what stuck, and keep to it however often we wander off.
        Pick one, or name it in your own words.
        **What would you like to learn?**
        **A)** Fractions for beginners
        **B)** The French Revolution: from bread to Bonaparte
        **C)** Photosynthesis: how plants make their food
        **D)** Probability: how likely is it?
        **E)** Python basics: first programs
        **F)** Spanish for travellers
        [A] [B] [C] [D] [E]
        [F]",
    ]
  `);
  // Nothing in direct messages can be hidden from the tutor, so that nothing has to be written in forms.
  expect(asSeen(twin, lesson.id)).not.toContain('Write to the tutor…');
});

test('/tutor start opens one there as well, and after its end comes the next', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, twin } = server;
  const lesson = await startLesson(server, ada.dm(), ada);
  expect(lesson.id).toBe(ada.dm().id);
  await lesson.presses('Start');
  await lesson.runs('tutor end');
  await lesson.says('probability');
  const [first, second] = await lessonsOf(server, ada);
  expect([first?.phase, second?.phase]).toEqual(['ended', 'intake']);
  expect(first?.thread_id.split('/')[0]).toBe(second?.thread_id.split('/')[0]);
  const ended = () => twin.messages(lesson.id).filter(({ embeds }) => embeds[0]?.description?.includes('*Ended*'));
  await until(() => ended().length === 1);
});

test('what is written goes to the newest lesson, and the buttons of an older one to that', async () => {
  const server = await openDiscordServer(database.url);
  const { ada } = server;
  const lesson = await startLesson(server, ada.dm(), ada);
  await lesson.presses('Start');
  const question = lesson.last();
  await startLesson(server, ada.dm(), ada, { topic: 'probability' });
  await lesson.says('ok');
  expect(await lessonsOf(server, ada)).toMatchObject([
    { state: { packId: 'fractions', steps: [{ right: 0 }, {}, {}, {}] } },
    { phase: 'teaching', state: { packId: 'probability' } },
  ]);
  const pressed = ada.presses(question, 'C · 1/6');
  await Promise.all([pressed.acknowledged, answered(server.runtime, pressed.id, question.id)]);
  expect(await lessonsOf(server, ada)).toMatchObject([{ state: { steps: [{ right: 1 }, {}, {}, {}] } }, {}]);
});

test('each person is for themselves there, also of the same server', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, guild, twin } = server;
  const ben = guild.addMember({ name: 'Ben' });
  const [hers, his] = [lessonIn(server, ada.dm().id, ada), lessonIn(server, ben.dm().id, ben)];
  await Promise.all([hers.says('fractions'), his.says('probability')]);
  expect(hers.id).not.toBe(his.id);
  expect(asSeen(twin, hers.id)).not.toContain('probability\n');
  expect(await lessonsOf(server, ben)).toHaveLength(1);
  // The lessons of the server are not those of the direct messages.
  expect(await answerTo(ada.runs(server.channel, 'tutor hint'))).toContain('There is no lesson here.');
});

test('what is decided there holds there: wishes, export, forgetting', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, runtime } = server;
  const open = await startLesson(server, channel, ada);
  const direct = await startLesson(server, ada.dm(), ada, { topic: 'probability' });
  const form = ada.runs(direct, 'tutor settings');
  await form.acknowledged;
  const saved = form.submits({ nickname: 'Addie' });
  expect(await answerTo(saved)).toContain('Saved.');
  await answered(runtime, saved.id);
  const exported = ada.runs(direct, 'tutor export');
  await answerTo(exported);
  const file = await (await fetch(exported.replies()[0]?.attachments[0]?.url ?? '')).text();
  expect(JSON.parse(file)).toMatchObject({
    profile: { wishes: { nickname: 'Addie' } },
    lessons: [{ phase: 'approving' }],
  });

  const asked = ada.runs(direct, 'tutor forget');
  await answerTo(asked);
  ada.presses(asked.replies()[0] ?? direct, 'Forget me');
  await until(() => asked.replies()[0]?.content.startsWith('Done.') === true);
  expect(await lessonsOf(server, ada)).toEqual([]);
  expect((await stateOf(runtime, open.id)).preferences.nickname).toBeNull();
  // Whoever writes again begins anew.
  await direct.says('hello');
  expect(await lessonsOf(server, ada)).toMatchObject([{ phase: 'intake' }]);
});

test('an edited message is answered anew in the same place; a deleted one is not answered', async () => {
  const model = watchedModel();
  const server = await openDiscordServer(database.url, { runtime: { model } });
  const { ada, runtime, twin } = server;
  const lesson = await startLesson(server, ada.dm(), ada);
  await lesson.presses('Start');
  const written = await lesson.says('can the bottom number be zero?');
  const before = lesson.messages().map(({ id }) => id);
  const first = lesson.last().content;
  ada.edits(written, 'can the top number be bigger than the bottom one?');
  await until(() => lesson.last().content !== first && lesson.last().content.includes('may be bigger'));
  expect(lesson.messages().map(({ id }) => id)).toEqual(before);

  // While one message is being answered, another is deleted before anybody has read it.
  const { opened, open } = gate();
  const waiting = watchedModel(async () => {
    await opened;
    return undefined;
  });
  Object.assign(model, { generate: waiting.generate });
  const slow = ada.says(lesson, 'why is that?');
  await until(() => waiting.calls.length > 0);
  const regretted = ada.says(lesson, 'my secret word is Rumpelstilt');
  const known = (id: string) =>
    runtime.db.selectFrom('messages').select('text').where('platform_message_id', '=', id).execute();
  await until(async () => (await known(regretted.id)).length === 1);
  ada.deletes(regretted);
  await until(async () => (await known(regretted.id)).length === 0);
  open();
  await answered(runtime, slow.id);
  expect(JSON.stringify(waiting.requests)).not.toContain('Rumpelstilt');
  expect(twin.messages(lesson.id).at(-2)?.id).toBe(slow.id);
});
