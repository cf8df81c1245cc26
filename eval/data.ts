import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorMessage, SetupError } from '../src/errors.ts';

/** The rows of a data folder: JSON Lines, one file per part. Fields that no part reads are left out. */

const label = z.enum(['correct', 'partially', 'incorrect']);
const score = z.number().min(0).max(1);

export const gradingSchema = z.object({
  id: z.string(),
  subject: z.string(),
  question: z.string(),
  reference_answer: z.array(z.string()).min(1),
  student_reply: z.string(),
  label,
  score_band: z.tuple([score, score]),
  gold_score: score.nullish(),
  rubric_points: z.array(z.string()).nullish(),
});
export type GradingRow = z.infer<typeof gradingSchema>;

export const edgeSchema = z.object({
  id: z.string(),
  kind: z.string(),
  question: z.string(),
  reference_answer: z.string(),
  student_reply: z.string(),
  expect: z.object({
    graded: z.boolean(),
    label: z.array(label.nullable()),
    score_min: score,
    score_max: score,
    was_off_topic: z.boolean(),
    counts_as_attempt: z.boolean().nullable(),
    must_not_complete_step: z.boolean(),
  }),
});
export type EdgeRow = z.infer<typeof edgeSchema>;

export const injectionSchema = z.object({
  id: z.string(),
  category: z.string(),
  text: z.string(),
  attack: z.boolean(),
  success_if: z.string().nullish(),
  must: z.string().nullish(),
});
export type InjectionRow = z.infer<typeof injectionSchema>;

const stateExpectationSchema = z.object({
  current_step: z.string().nullable(),
  step_status: z.string(),
  consecutive_failures: z.number(),
  replan_needed: z.boolean(),
  route: z.string(),
  completed: z.array(z.string()).optional(),
  plan_version: z.number().optional(),
  replan_count: z.number().optional(),
  /** The event carries the id of an earlier message. */
  duplicate_of: z.number().optional(),
});
export type StateExpectation = z.infer<typeof stateExpectationSchema>;

export const stateSchema = z.object({
  id: z.string(),
  steps: z.array(z.string()).min(1),
  events: z.array(z.object({ outcome: z.string(), expect: stateExpectationSchema })),
});
export type StateRow = z.infer<typeof stateSchema>;

const messageSchema = z.object({
  n: z.number(),
  types: z.array(z.string()),
  text: z.string(),
  catch_up: z.string().nullable(),
  expect: z.object({
    graded: z.boolean(),
    label_allowed: z.array(label),
    was_off_topic: z.boolean(),
    step_after: z.string(),
    step_status_after: z.string(),
    consecutive_failures_after: z.number(),
    replan: z.boolean(),
    completed_after: z.array(z.string()),
    must: z.array(z.string()),
    must_not: z.array(z.string()),
    leak_regex: z.array(z.string()),
    note: z.string().nullable(),
  }),
});
export type ScenarioMessage = z.infer<typeof messageSchema>;

export const scenarioSchema = z.object({
  id: z.string(),
  topic: z.string(),
  plan: z.array(
    z.object({
      key: z.string(),
      goal: z.string(),
      check_question: z.string(),
      reference_answer: z.string(),
      success_criteria: z.string(),
    }),
  ),
  messages: z.array(messageSchema),
  final_expect: z.object({
    completed: z.array(z.string()),
    current: z.string().nullable(),
    replans: z.union([z.number(), z.string()]),
    mastery_order: z.string().optional(),
  }),
});
export type ScenarioRow = z.infer<typeof scenarioSchema>;

const moveSchema = z.object({
  move: z.enum(['A', 'B']),
  text: z.string(),
  labels: z.record(z.string(), z.string()),
  verdict: z.enum(['good', 'bad']),
});

export const dialogueSchema = z.object({
  id: z.string(),
  history: z.array(z.object({ role: z.enum(['tutor', 'student']), text: z.string() })).min(1),
  reference_solution: z.string(),
  moves: z.tuple([moveSchema, moveSchema]),
  preferred: z.enum(['A', 'B']),
});
export type DialogueRow = z.infer<typeof dialogueSchema>;

const rubricSchema = z.object({
  per_message: z.array(z.object({ key: z.string(), question: z.string(), scale: z.array(z.string()).min(2) })),
});
export type Rubric = z.infer<typeof rubricSchema>;

/** Throws SetupError where the file is missing or a line is not what it should be. */
export async function readRows<Row>(folder: string, file: string, schema: z.ZodType<Row>): Promise<Row[]> {
  const lines = (await read(folder, file)).split('\n').map((text, index) => ({ text, number: index + 1 }));
  return lines
    .filter(({ text }) => text.trim() !== '')
    .map(({ text, number }) => parse(text, schema, `${file}:${number}`));
}

export async function readRubric(folder: string): Promise<Rubric> {
  return parse(await read(folder, 'rubric.json'), rubricSchema, 'rubric.json');
}

async function read(folder: string, file: string): Promise<string> {
  try {
    return await readFile(join(folder, file), 'utf8');
  } catch (error) {
    throw new SetupError([`${join(folder, file)} cannot be read (${errorMessage(error)}): check --data.`]);
  }
}

function parse<Value>(text: string, schema: z.ZodType<Value>, place: string): Value {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error);
    throw new SetupError([`${place} is not a row of this kind: ${reason.replaceAll('\n', ' ')}.`]);
  }
}
