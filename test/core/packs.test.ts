import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadCurriculum, misconceptionsOf, type Question } from '../../src/core/curriculum.ts';
import { answerText, grade, revealsAnswer } from '../../src/core/grading.ts';

const directory = new URL('../../curriculum', import.meta.url).pathname;
const folders = readdirSync(directory, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const load = async (folder: string) => {
  const pack = (await loadCurriculum(directory)).packs.find((candidate) => candidate.id === folder);
  if (!pack) throw new Error(`no pack ${folder}`);
  return pack;
};

test.each(folders)('%s: every answer key grades its own answers', async (folder) => {
  const pack = await load(folder);
  const complaints = pack.steps
    .flatMap((step) => [...step.questions, ...step.refresher.questions])
    .flatMap((question) => [...keyComplaints(question), ...hintComplaints(question)]);
  expect(complaints).toEqual([]);
});

test.each(folders)('%s: a remedy does not answer the question it is said for', async (folder) => {
  const pack = await load(folder);
  const complaints = pack.steps.flatMap((step) =>
    [...step.questions, ...step.refresher.questions].flatMap((question) =>
      step.misconceptions
        .filter(({ id, remedy }) => misconceptionsOf(question).includes(id) && revealsAnswer(question, remedy))
        .map(({ id }) => `${question.id}: the remedy of "${id}" gives its answer away`),
    ),
  );
  expect(complaints).toEqual([]);
});

test.each(folders)('%s: the guideline has 500 to 2,000 words', async (folder) => {
  const words = (await load(folder)).guideline.split(/\s+/).length;
  expect(words).toBeGreaterThanOrEqual(500);
  expect(words).toBeLessThanOrEqual(2000);
});

function* keyComplaints(question: Question): Generator<string> {
  const right = question.kind === 'short' ? question.accept : [answerText(question)];
  for (const answer of right) {
    const label = grade(question, answer)?.label;
    if (label !== 'correct') yield `${question.id}: its own answer "${answer}" is graded ${label}`;
  }
  if (question.kind === 'choice') return;
  for (const entry of question.wrong) {
    const answers = 'answer' in entry ? [entry.answer] : entry.any;
    for (const answer of answers) {
      const result = grade(question, answer);
      if (result?.label !== 'incorrect') yield `${question.id}: "${answer}" is graded ${result?.label}`;
      else if (result.misconception !== entry.misconception) {
        yield `${question.id}: "${answer}" reveals ${result.misconception}, not ${entry.misconception}`;
      }
    }
  }
}

function* hintComplaints(question: Question): Generator<string> {
  for (const [index, hint] of question.hints.entries()) {
    if (revealsAnswer(question, hint)) yield `${question.id}: hint ${index + 1} gives the answer away: ${hint}`;
  }
}
