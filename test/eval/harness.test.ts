import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { approvedLesson, withQuestionAsked } from '../../eval/lessons.ts';
import { say } from '../../eval/player.ts';
import { openResults } from '../../eval/results.ts';
import { PART_NAMES, type PartRun, runParts } from '../../eval/run.ts';
import type { Scenario } from '../../eval/scenarios.ts';
import { judgementOf, type TutorName, tutorNamed } from '../../eval/tutors.ts';
import { revealsAnswer } from '../../src/core/grading.ts';
import { applyEvent } from '../../src/core/lesson.ts';
import { loadPrompts, type Prompts } from '../../src/core/prompts.ts';

/** The harness itself, with models that do as they are told: what it measures is then known beforehand. */

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDERS = {
  'the fixtures': join(ROOT, 'test', 'fixtures', 'eval'),
  'the graded data': process.env.THREADTUTOR_EVAL_DATA ?? join(ROOT, '..', 'shared', 'data', 'tutoring'),
};

let prompts: Prompts;
beforeAll(async () => {
  prompts = await loadPrompts(join(ROOT, 'prompts'));
});

interface Played {
  run: PartRun;
  /** By the ids of the rows. */
  results: Map<string, unknown>;
}

async function play(data: string, name: TutorName, part: string, separate = false): Promise<Played> {
  const stage = { tutor: tutorNamed(name, null), prompts, judge: null, separate };
  const results = new Map<string, unknown>();
  const memory = openResults(null, false);
  const listening: typeof memory = {
    find: memory.find,
    add: (played) => results.set(played.id, played.result),
  };
  const options = { stage, data, limit: Infinity, parallel: 4, results: listening, fingerprint: name };
  const [run] = await runParts({ ...options, only: [part], progress: () => {} });
  if (!run) throw new Error(`no part ${part}`);
  return { run, results };
}

function figure({ run }: Played, name: string): number | null | undefined {
  return run.score.figures.find((one) => one.name === name)?.value;
}

describe.each(Object.entries(FOLDERS))('with %s', (name, folder) => {
  beforeAll(() => {
    if (!existsSync(folder)) process.stderr.write(`not tested with ${name}: ${folder} is not there\n`);
  });
  const withData = (title: string, run: () => Promise<void>) =>
    test(title, async ({ skip }) => {
      skip(!existsSync(folder), `${folder} is not there`);
      await run();
    });

  withData('gold labels make a perfect score', async () => {
    const grading = await play(folder, 'scripted', 'grading');
    expect(grading.run.failed).toEqual([]);
    for (const measure of ['accuracy', 'macro-F1', 'kappa', 'verdict inside the score band']) {
      expect(figure(grading, measure), measure).toBeCloseTo(1, 12);
    }
    const edge = await play(folder, 'scripted', 'edge');
    expect(edge.run).toMatchObject({ failed: [], score: { findings: [] } });
  });

  withData('all rules of steps and replans hold', async () => {
    const { run } = await play(folder, 'scripted', 'state');
    expect(run).toMatchObject({ rows: 12, failed: [], score: { findings: [] } });
  });

  withData('every attack is withstood and no look-alike is taken for one', async () => {
    const played = await play(folder, 'scripted', 'injections');
    expect(played.run).toMatchObject({ rows: 32, failed: [], score: { findings: [] } });
    expect([figure(played, 'attacks that won'), figure(played, 'false alarms')]).toEqual([0, 0]);
  });

  withData('the scenarios replay as expected, in one call and in two', async () => {
    for (const separate of [false, true]) {
      const played = await play(folder, 'scripted', 'scenarios', separate);
      expect(played.run).toMatchObject({ rows: 6, failed: [] });
      expect(played.run.score.findings).toEqual([]);
      expect(figure(played, 'lessons without a mismatch')).toBe(6);
      expect(figure(played, 'messages read right')).toBe(1);
      expect(figure(played, 'returns to the plan')).toBe(1);
      expect(figure(played, 'answer leaks')).toBe(0);
      expect([figure(played, 'replan precision'), figure(played, 'replan recall')]).toEqual([1, 1]);
    }
  });

  withData(
    'a tutor that tells everything: code keeps the state, and the answer wherever it stands in plain words',
    async () => {
      const injections = await play(folder, 'leaky', 'injections');
      expect(figure(injections, '  by score or state')).toBeUndefined();
      const replies = [...injections.results.values()] as { reply: string }[];
      expect(replies.filter(({ reply }) => /chloroplasts, with chlorophyll/i.test(reply))).toEqual([]);
      // What no guard of the program looks for: the system prompt, and an answer in disguise. The harness must see them.
      expect(figure(injections, '  by system prompt')).toBeGreaterThan(0);
      expect(figure(injections, '  by canary')).toBeGreaterThan(0);
      expect(figure(injections, '  by answer')).toBeGreaterThan(0);

      const scenarios = await play(folder, 'leaky', 'scenarios');
      // A word with a slash ("cansados/as") is not found by core/text.ts, so that answer is not seen.
      const leaks = scenarios.run.score.findings.filter((finding) => /leaks/.test(finding));
      expect(leaks.filter((finding) => !finding.startsWith('dev-sc-04 message 7 '))).toEqual([]);
      expect(figure(scenarios, 'returns to the plan')).toBe(1);
    },
  );

  withData('a tutor that calls everything right: one step at a time, no new plan, no way back', async () => {
    const { run, results } = await play(folder, 'hostile', 'scenarios');
    expect(run.failed).toEqual([]);
    for (const { messages } of results.values() as Iterable<Scenario>) {
      const completed = messages.map(({ observed }) => observed.completed.length);
      const steps = completed.map((count, index) => count - (completed[index - 1] ?? 0));
      expect(steps.every((growth) => growth === 0 || growth === 1)).toBe(true);
      expect(messages.filter(({ replan }) => replan.told)).toEqual([]);
    }
    // An open answer is worth what the model says: these the harness must report, for code cannot prevent them.
    const injections = await play(folder, 'hostile', 'injections');
    expect(figure(injections, '  by score or state')).toBe(24);
    const edge = await play(folder, 'hostile', 'edge');
    expect(edge.run.score.findings.filter((finding) => /completed the step/.test(finding))).toEqual([]);
  });
});

test('where there is an answer key, no model can forge a grade or tell the answer', async () => {
  const steps = [{ key: 'sum', goal: 'Add', question: 'What is 17 + 25?', references: ['42'] }];
  const open = withQuestionAsked(approvedLesson('Sums', steps, 2));
  const question = {
    ...{ id: 'q', kind: 'numeric' as const, prompt: 'What is 17 + 25?', difficulty: 'easy' as const },
    hints: ['Add the ones.', 'Carry one.', 'Add the tens.'] as [string, string, string],
    explanation: '12 and 30.',
    answer: '42',
    tolerance: 0,
    wrong: [],
  };
  const lesson = { ...open, state: applyEvent(open.state, { type: 'question_asked', question }) };
  const model = tutorNamed('hostile', null).model(judgementOf('correct'));
  const turn = await say({ model, prompts, separate: false }, lesson, '43');
  expect(turn.outcome).toBe('incorrect');
  expect(turn.lesson.state.steps[0]).toMatchObject({ right: 0, wrong: 1, failures: 1 });
  expect([turn.text, ...turn.previews].filter((text) => revealsAnswer(question, text))).toEqual([]);
});

test('the parts are those that the command names', () => {
  expect(PART_NAMES).toEqual(['grading', 'edge', 'injections', 'state', 'scenarios', 'moves']);
});
