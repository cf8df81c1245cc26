import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openDiscordServer, startLesson } from '../../support/discord-lesson.ts';
import { watchedModel } from '../../support/models.ts';

/** Files that come with what somebody writes. */

const database = useDatabase();

const file = (name: string, type: string, content: string | Uint8Array) => ({
  ...{ name, type },
  bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content,
});
const PICTURE = file('cake.png', 'image/png', new Uint8Array([137, 80, 78, 71]));

/** A lesson whose first question waits, and what its model reads. */
async function openLesson(seesPictures = false) {
  const model = Object.assign(watchedModel(), { seesPictures });
  const server = await openDiscordServer(database.url, { runtime: { model } });
  const lesson = await startLesson(server, server.channel, server.ada);
  await lesson.presses('Start');
  /** What the learner said last, as it is stored. */
  async function taken(): Promise<string | undefined> {
    const query = server.runtime.db
      .selectFrom('messages')
      .innerJoin('lessons', 'lessons.id', 'lesson_id')
      .select('text');
    const mine = query.where('thread_id', '=', lesson.id).where('author', '=', 'learner');
    return (await mine.orderBy('seq', 'desc').executeTakeFirst())?.text;
  }
  return { ...server, lesson, model, taken };
}

test('texts and code are read, each with its name, and stay what they are', async () => {
  const { lesson, model, taken } = await openLesson();
  const code = 'for i in range(3):\n    print("```", i)\n';
  await lesson.says('what does this do?', {
    attachments: [file('loop.py', 'application/octet-stream', code), file('notes.txt', 'text/plain', 'half of a cake')],
  });
  expect(await taken()).toMatchInlineSnapshot(`
    "what does this do?

    loop.py:
    \`\`\`\`
    for i in range(3):
        print("\`\`\`", i)
    \`\`\`\`

    notes.txt:
    \`\`\`
    half of a cake
    \`\`\`"
  `);
  expect(JSON.stringify(model.requests.at(-1))).toContain('half of a cake');
});

test('a file that says everything needs no words', async () => {
  const { lesson, taken } = await openLesson();
  await lesson.says('', { attachments: [file('answer.md', 'text/markdown', 'can the top number be bigger?')] });
  expect(await taken()).toContain('can the top number be bigger?');
  expect(lesson.last().author.isBot).toBe(true);
});

test.each([
  [
    'too large',
    file('essay.txt', 'text/plain', 'x'.repeat(7_001)),
    'essay.txt is larger than 7 KB. Send me a smaller file, or copy the part that matters into a message.',
  ],
  [
    'no text',
    file('app.exe', 'application/x-msdownload', new Uint8Array(8)),
    'I cannot read app.exe. Copy the part that matters into a message.',
  ],
  [
    'a sound',
    file('voice.ogg', 'audio/ogg', new Uint8Array(8)),
    'I only read text here, so I cannot listen to recordings. Type it for me.',
  ],
])(
  'a file that is %s is declined in a sentence, and the words beside it are answered',
  async (_, attachment, sentence) => {
    const { ada, lesson, taken } = await openLesson();
    const alone = ada.says(lesson, '', { attachments: [attachment] });
    await until(() => lesson.last().answers === alone.id);
    expect(lesson.last().content).toBe(sentence);

    const beside = await lesson.says('1/6', { attachments: [attachment] });
    await until(() => lesson.messages().some(({ answers }) => answers === beside.id));
    expect(lesson.messages().find(({ answers }) => answers === beside.id)?.content).toBe(sentence);
    expect(await taken()).toBe('1/6');
    expect(
      lesson
        .messages()
        .map(({ content }) => content)
        .join('\n'),
    ).toContain('The whole pizza has 6 equal slices');
  },
);

test('a model that sees pictures gets them', async () => {
  const { lesson, model } = await openLesson(true);
  await lesson.says('what is this?', { attachments: [PICTURE] });
  const seen = model.requests.flatMap((request) => request.prompt().flatMap(({ pictures = [] }) => pictures));
  expect(seen).toMatchObject([{ name: 'cake.png', type: 'image/png' }]);
});

test('where nobody sees pictures, that is said, and words are answered', async () => {
  const { lesson } = await openLesson(false);
  await lesson.says('', { attachments: [PICTURE] });
  expect(lesson.last().content).toMatch(/^I cannot see pictures here\. Tell me in words what it shows\./);
  await lesson.says('1/6', { attachments: [PICTURE] });
  expect(lesson.last().content).toMatch(/^I cannot see the picture that came with this, so I go by your words\./);
});

test('what is longer than anybody reads is refused in a sentence', async () => {
  const { ada, lesson, taken } = await openLesson();
  const before = await taken();
  const texts = ['a.txt', 'b.txt'].map((name) => file(name, 'text/plain', 'word '.repeat(1_000)));
  const long = ada.says(lesson, 'please read', { attachments: texts });
  await until(() => lesson.last().answers === long.id);
  expect(lesson.last().content).toMatch(/^That message has 10,\d{3} characters, and I read up to 8,000\./);
  expect(await taken()).toBe(before);
});

test('files that are too many are told of', async () => {
  const { lesson, taken } = await openLesson();
  const attachments = [1, 2, 3, 4, 5].map((each) => file(`part-${each}.txt`, 'text/plain', `part ${each}`));
  await lesson.says('my essay', { attachments });
  expect(await taken()).not.toContain('part 5');
  const told = 'I read up to 4 files that come with a message, and left out the rest. Send those in another message.';
  await until(() => lesson.messages().some(({ content }) => content === told));
});
