import { type ScenarioMessage, type ScenarioRow, scenarioSchema } from './data.ts';
import { labelOf } from './grading.ts';
import type { Judge } from './judge.ts';
import { approvedLesson, type Lesson } from './lessons.ts';
import { type Meter, sum } from './meter.ts';
import { detection } from './metrics.ts';
import {
  countOf,
  type Entry,
  type Figure,
  type Part,
  type Played,
  playerFor,
  type Score,
  type Stage,
  scoreOf,
  shareOf,
} from './part.ts';
import { open, say, type Turn } from './player.ts';
import {
  differences,
  finalDifferences,
  leaksIn,
  masteryIn,
  type Observed,
  observe,
  returnsToPlan,
} from './scenario-checks.ts';
import { judgementOf } from './tutors.ts';

/** Whole lessons: an injected plan, scripted messages, and what must be true after every one of them. */

interface MessageResult {
  n: number;
  outcome: string | null;
  observed: Observed;
  /** Of the state, against what the data expects. */
  mismatches: string[];
  /** Whether the message was taken for what it is. */
  isReadRight: boolean;
  leaks: string[];
  /** After a message that is no answer: whether the same question waits and is shown. Null for any other. */
  returned: boolean | null;
  /** `due` is null where both are fine. */
  replan: { due: boolean | null; told: boolean };
  /** What was wrong with the model's answer, where the lesson went on without it. */
  complaint: string | null;
  reply: string;
  musts: { kept: number; of: number } | null;
}

export interface Scenario {
  messages: MessageResult[];
  final: string[];
}

export const scenarios: Part<ScenarioRow, Scenario> = {
  name: 'scenarios',
  file: 'scenarios.jsonl',
  schema: scenarioSchema,
  needsJudge: false,
  play,
  score,
};

interface Course {
  lesson: Lesson;
  results: MessageResult[];
  /** By how many failures the lesson may differ, since an earlier answer could be graded in two ways. */
  leeway: number;
  used: Meter[];
}

async function play(stage: Stage, row: ScenarioRow): Promise<Played<Scenario>> {
  const steps = row.plan.map((step) => ({
    key: step.key,
    goal: step.goal,
    question: step.check_question,
    references: [step.reference_answer],
    criteria: step.success_criteria,
  }));
  const opened = await open(playerFor(stage, judgementOf('onwards')), approvedLesson(row.topic, steps, 1));
  let course: Course = { lesson: opened.lesson, results: [], leeway: 0, used: [opened.used] };
  for (const message of row.messages) course = await playMessage(stage, row, message, course);
  const final = finalDifferences(row, course.lesson, course.results);
  return { result: { messages: course.results, final }, used: sum(course.used) };
}

async function playMessage(stage: Stage, row: ScenarioRow, message: ScenarioMessage, course: Course): Promise<Course> {
  const { expect } = message;
  const done = course.lesson.state.steps.filter((step) => step.status === 'completed').length;
  const wanted = { ...wantedOf(message), alsoNext: expect.completed_after.length > done + 1 };
  const turn = await say(playerFor(stage, wanted), course.lesson, message.text);
  const isThere = expect.step_after.split('|').includes(observe(row, turn).step);
  const extra =
    message.catch_up !== null && !isThere
      ? await say(playerFor(stage, judgementOf('correct', 1)), turn.lesson, message.catch_up)
      : null;
  const last = extra ?? turn;
  const observed = observe(row, last);
  const { mismatches, leeway } = differences(message, turn, observed, course.leeway);
  const replanned = last.lesson.state.replans > course.lesson.state.replans;
  const due = /replan true or false/i.test(expect.note ?? '') ? null : expect.replan;
  const result: MessageResult = {
    n: message.n,
    outcome: turn.outcome,
    observed: { ...observed, mastery: masteryIn(last.lesson) },
    mismatches: due !== null && due !== replanned ? [...mismatches, replanned ? 'replanned' : 'no replan'] : mismatches,
    isReadRight: isReadRight(message, turn),
    leaks: leaksIn(message, [turn, extra]),
    returned: returnsToPlan(message, turn),
    replan: { due, told: replanned },
    complaint: turn.complaint ?? extra?.complaint ?? null,
    reply: turn.text,
    musts: stage.judge ? await judgeMusts(stage.judge, message, turn) : null,
  };
  return {
    lesson: last.lesson,
    results: [...course.results, result],
    leeway,
    used: [...course.used, turn.used, ...(extra ? [extra.used] : [])],
  };
}

/** What a message is, as the data says it: by its labels, else by its type. */
function wantedOf({ types, text, expect }: ScenarioMessage) {
  const [label] = expect.label_allowed;
  if (expect.graded && label) return judgementOf(label, { correct: 1, partially: 0.5, incorrect: 0.1 }[label]);
  const is = (...names: string[]) => types.some((type) => names.includes(type));
  if (expect.was_off_topic) return judgementOf('off_topic');
  if (is('injection')) return judgementOf('manipulation');
  if (is('just_tell_me')) return judgementOf('wants_answer');
  if (is('side_question', 'change_topic', 'skip_request')) return judgementOf('question');
  if (is('abuse')) return { ...judgementOf('no_answer'), safety: 'abuse' as const };
  return judgementOf(/\b(?:idk|don'?t know)\b/i.test(text) ? 'lost' : 'no_answer');
}

function isReadRight({ expect }: ScenarioMessage, { outcome }: Turn): boolean {
  const label = labelOf(outcome);
  const isLabelled = expect.graded ? label !== 'none' && expect.label_allowed.includes(label) : label === 'none';
  return isLabelled && expect.was_off_topic === (outcome === 'off_topic');
}

async function judgeMusts(judge: Judge, { expect }: ScenarioMessage, turn: Turn): Promise<MessageResult['musts']> {
  const dialogue = turn.lesson.transcript.slice(0, -1);
  const wanted = [...expect.must.map(() => true), ...expect.must_not.map(() => false)];
  const statements = [...expect.must, ...expect.must_not].map((what) => `The message does this: ${what}.`);
  const truths = await judge.confirm(dialogue, turn.text, statements);
  return { kept: truths.filter((truth, index) => truth === wanted[index]).length, of: wanted.length };
}

function score(entries: readonly Entry<ScenarioRow, Scenario>[]): Score {
  const messages = entries.flatMap(({ result }) => result.messages);
  const matching = messages.filter(({ mismatches }) => mismatches.length === 0);
  const whole = entries.filter(({ result }) => result.messages.every(({ mismatches }) => mismatches.length === 0));
  const returning = messages.filter(({ returned }) => returned !== null);
  const replans = messages.flatMap(({ replan: { due, told } }) => (due === null ? [] : [{ due, told }]));
  const { precision, recall } = detection(replans);
  return {
    figures: [
      shareOf('state as expected', matching.length, messages.length),
      countOf('lessons without a mismatch', whole.length, entries.length),
      countOf(
        'lessons that end as expected',
        entries.filter(({ result }) => result.final.length === 0).length,
        entries.length,
      ),
      shareOf('messages read right', messages.filter(({ isReadRight }) => isReadRight).length, messages.length),
      shareOf('returns to the plan', returning.filter(({ returned }) => returned).length, returning.length),
      countOf('answer leaks', messages.filter(({ leaks }) => leaks.length > 0).length, messages.length),
      scoreOf('replan precision', precision),
      scoreOf('replan recall', recall),
      countOf('unusable model answers', messages.filter(({ complaint }) => complaint !== null).length, messages.length),
      ...mustFigures(messages),
    ],
    findings: entries.flatMap(({ row, result }) => findingsOf(row.id, result)),
  };
}

function mustFigures(messages: readonly MessageResult[]): Figure[] {
  const musts = messages.flatMap(({ musts }) => musts ?? []);
  const total = (pick: (one: { kept: number; of: number }) => number) => musts.reduce((all, one) => all + pick(one), 0);
  return musts.length === 0
    ? []
    : [
        shareOf(
          'musts and must-nots kept (judge)',
          total(({ kept }) => kept),
          total(({ of }) => of),
        ),
      ];
}

function findingsOf(id: string, { messages, final }: Scenario): string[] {
  return [
    ...messages.flatMap(({ n, outcome, mismatches, leaks, returned }) => {
      const complaints = [
        ...mismatches,
        ...leaks.map((leak) => `leaks /${leak}/`),
        ...(returned === false ? ['does not return to the plan'] : []),
      ];
      return complaints.length > 0 ? [`${id} message ${n} (${outcome ?? 'command'}): ${complaints.join(', ')}`] : [];
    }),
    ...(final.length > 0 ? [`${id} at the end: ${final.join(', ')}`] : []),
  ];
}
