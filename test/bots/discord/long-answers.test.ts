import { expect, test } from 'vitest';
import type { AgentIO, AgentName } from '../../../src/core/agents/agents.ts';
import type { Model, ModelRequest, ModelResult } from '../../../src/core/ports.ts';
import { offlineModel } from '../../../src/external/offline/offline-model.ts';
import { useDatabase } from '../../support/database.ts';
import { openDiscordServer, startLesson } from '../../support/discord-lesson.ts';

/** Answers that are longer than a message of Discord, and that would call people if they could. */

const database = useDatabase();
const PARAGRAPHS = Array.from({ length: 40 }, (_, index) => `${index}. @everyone, look at <@1>: ${'half '.repeat(20)}`);
const CODE = `\`\`\`python\n${'print("half")\n'.repeat(100)}\`\`\``;

/** The offline tutor, but for what it says of questions. */
function talkative(): Model {
  const rules = offlineModel();
  return {
    teachesAnyTopic: false,
    async generate<Name extends AgentName>(request: ModelRequest<Name>): Promise<ModelResult<AgentIO[Name]['output']>> {
      const result = await rules.generate(request);
      if (!result.ok || request.agent !== 'teacher') return result;
      return { ...result, output: { ...result.output, message: [...PARAGRAPHS, CODE].join('\n\n') } };
    },
  };
}

test('a long answer is split where it reads well; the question and the buttons come last', async () => {
  const server = await openDiscordServer(database.url, { runtime: { model: talkative() } });
  const lesson = await startLesson(server, server.channel, server.ada);
  await lesson.presses('Start');
  const before = lesson.messages().length;
  await lesson.says('what is a numerator?');
  const [, ...parts] = lesson.messages().slice(before);
  expect(parts.length).toBeGreaterThan(3);
  for (const { content } of parts) {
    expect(content.length).toBeLessThanOrEqual(2_000);
    // Whatever is begun in a message, such as code, is ended in it.
    expect((content.match(/```/g) ?? []).length % 2).toBe(0);
  }
  const text = parts.map(({ content }) => content).join('\n');
  for (const index of PARAGRAPHS.keys()) expect(text).toContain(`${index}. `);
  expect(text.match(/print\("half"\)/g)).toHaveLength(100);
  expect(parts.map(({ components }) => components.length)).toEqual([...parts.slice(1).map(() => 0), 2]);
  expect(parts.at(-1)?.content).toContain('What fraction of the pizza does Mia eat?');
});

test('the words of a learner that would call people do not, wherever they are shown', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, twin } = server;
  const loud = '@everyone <@1> *fractions*';
  const lesson = await startLesson(server, channel, ada, { topic: loud });
  await lesson.runs('tutor ask', { question: loud });
  expect(lesson.messages().some(({ content }) => content === `> ${loud}`)).toBe(true);
  // Every message that calls nobody says so: the twin complains of any other.
  expect(twin.violations).toEqual([]);
});
