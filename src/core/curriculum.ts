import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorMessage, SetupError } from '../errors.ts';
import type { PlannedStep } from './lesson.ts';
import { normalise } from './text.ts';

/**
 * A curriculum is a folder of lesson packs. A pack is `curriculum/<id>/pack.yaml` (what can be taught
 * and graded by rule) and `curriculum/<id>/guideline.md` (how to teach it, read by the planner's model).
 */

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'use lower-case words joined by hyphens');
const text = z.string().trim().min(1);

/** An answer that shows which misconception the learner holds. */
const wrongAnswer = z.strictObject({ answer: text, misconception: id });

const questionBase = {
  id,
  prompt: text,
  difficulty: z.enum(['easy', 'medium', 'hard']),
  hints: z.tuple([text, text, text]),
  /** Said after a right answer, or when the answer is shown. */
  explanation: text,
};

const choiceQuestion = z.strictObject({
  ...questionBase,
  kind: z.literal('choice'),
  choices: z
    .array(z.strictObject({ id: z.string().regex(/^[a-f]$/), text, misconception: id.optional() }))
    .min(2)
    .max(5),
  answer: z.string().regex(/^[a-f]$/),
});

const numericQuestion = z.strictObject({
  ...questionBase,
  kind: z.literal('numeric'),
  /** A number, a fraction ("3/4"), a mixed number ("1 1/2") or a percentage ("75%"). */
  answer: z.union([z.number(), text]).transform(String),
  /** Absolute; 0 when it is left out. */
  tolerance: z.number().nonnegative().default(0),
  unit: text.optional(),
  wrong: z.array(wrongAnswer).default([]),
});

const shortQuestion = z.strictObject({
  ...questionBase,
  kind: z.literal('short'),
  /** Every form that counts; compared without case, accents and punctuation. The first one is shown. */
  accept: z.array(text).min(1),
  /** True where spelling is the point: no typing slip is forgiven. */
  strict: z.boolean().default(false),
  wrong: z.array(wrongAnswer).default([]),
});

const openQuestion = z.strictObject({
  ...questionBase,
  kind: z.literal('open'),
  /** A full answer, for the model and for showing. */
  reference: text,
  /** What a full answer says; `any` are words (or beginnings of words) that show it. */
  points: z.array(z.strictObject({ point: text, any: z.array(text).min(1) })).min(1),
  wrong: z.array(z.strictObject({ any: z.array(text).min(1), misconception: id })).default([]),
});

export const questionSchema = z.discriminatedUnion('kind', [
  choiceQuestion,
  numericQuestion,
  shortQuestion,
  openQuestion,
]);
export type Question = z.infer<typeof questionSchema>;

const lessonParts = {
  id,
  title: text,
  objective: text,
  approach: text,
  criteria: text,
  /** The same idea explained in different ways: the first is said first, the next after a wrong answer. */
  explanations: z.array(text).min(2),
  examples: z.array(text).min(1),
};

const misconceptionSchema = z.strictObject({ id, name: text, remedy: text });

const packStepSchema = z.strictObject({
  ...lessonParts,
  questions: z.array(questionSchema).min(4),
  misconceptions: z.array(misconceptionSchema).min(1),
  /** Side questions that the offline tutor can answer; every group of `ask` must be met by one of its words. */
  faq: z.array(z.strictObject({ ask: z.array(z.array(text).min(1)).min(1), answer: text })).min(1),
  /** The smaller step that a replan puts before this one. */
  refresher: z.strictObject({ ...lessonParts, questions: z.array(questionSchema).min(2) }),
});
export type PackStep = z.infer<typeof packStepSchema>;
export type Refresher = PackStep['refresher'];

const packSchema = z
  .strictObject({
    id,
    title: text,
    subject: text,
    /** For example "ages 7 to 9" or "adults, no prior knowledge". */
    audience: text,
    level: z.enum(['beginner', 'intermediate', 'advanced']),
    summary: text,
    /** Words and phrases that a learner may use for this topic. */
    aliases: z.array(text).min(3),
    steps: z.array(packStepSchema).min(3).max(5),
  })
  .superRefine((pack, ctx) => {
    for (const complaint of inconsistencies(pack)) ctx.addIssue({ code: 'custom', message: complaint });
  });
export type Pack = z.infer<typeof packSchema> & { guideline: string };

export interface Curriculum {
  readonly packs: readonly Pack[];
}

/** Reads and validates every pack. Throws SetupError with one line per mistake. */
export async function loadCurriculum(directory: string): Promise<Curriculum> {
  const entries = await readdir(directory, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  // One after the other: what parsing leaves behind is a hundred times its text, and need not be there all at once.
  const loaded: (Pack | string[])[] = [];
  for (const folder of folders.sort()) loaded.push(await loadPack(join(directory, folder), folder));
  const complaints = loaded.flatMap((pack) => (Array.isArray(pack) ? pack : []));
  if (complaints.length > 0) throw new SetupError(complaints);
  return { packs: loaded.flatMap((pack) => (Array.isArray(pack) ? [] : pack)) };
}

/** The pack, or what is wrong with it. */
async function loadPack(directory: string, folder: string): Promise<Pack | string[]> {
  const files = ['pack.yaml', 'guideline.md'].map((name) => readFile(join(directory, name), 'utf8'));
  try {
    const [source = '', guideline = ''] = await Promise.all(files);
    const parsed = packSchema.safeParse(parse(source));
    if (parsed.success && parsed.data.id === folder) return { ...parsed.data, guideline };
    const issues = parsed.error?.issues ?? [{ path: [], message: `its id is "${parsed.data?.id}"` }];
    return issues.map((issue) =>
      [`curriculum/${folder}`, issue.path.join('.'), issue.message].filter(Boolean).join(': '),
    );
  } catch (error) {
    const reason = errorMessage(error).split('\n', 1)[0];
    return [`curriculum/${folder} needs a sound pack.yaml and a guideline.md (${reason}).`];
  }
}

/** The plan that a pack's own steps make. */
export function authoredPlan(pack: Pack, needed = 2): PlannedStep[] {
  return pack.steps.map((step) => plannedPart(step, needed));
}

/** A step or a refresher as a planner names it; `needed` right answers complete it. */
export function plannedPart(part: PackStep | Refresher, needed: number): PlannedStep {
  const { id, title, objective, approach, criteria } = part;
  return { id, title, objective, approach, criteria, source: id, needed };
}

export function findPack(curriculum: Curriculum, packId: string | null): Pack | null {
  return curriculum.packs.find((pack) => pack.id === packId) ?? null;
}

/** A pack step's full question list, by the step's id or by `<step id>-refresher`. */
export function packQuestions(pack: Pack, stepId: string): readonly Question[] {
  return packPart(pack, stepId)?.questions ?? [];
}

export function packPart(pack: Pack, stepId: string): PackStep | Refresher | null {
  for (const step of pack.steps) {
    if (step.id === stepId) return step;
    if (step.refresher.id === stepId) return step.refresher;
  }
  return null;
}

/** The pack step whose misconceptions and side questions apply to a step or to its refresher. */
export function packStepOf(pack: Pack, stepId: string): PackStep | null {
  return pack.steps.find((step) => step.id === stepId || step.refresher.id === stepId) ?? null;
}

export interface TopicMatch {
  pack: Pack;
  /** 1: the topic is named; below 0.5: only near. */
  score: number;
}

/** Packs for what a learner typed, best first; empty when nothing is near. */
export function matchTopic(curriculum: Curriculum, wanted: string): TopicMatch[] {
  const words = contentWords(wanted);
  if (words.length === 0) return [];
  return curriculum.packs
    .map((pack) => ({ pack, score: topicScore(pack, wanted, words) }))
    .filter((match) => match.score > 0.3)
    .sort((a, b) => b.score - a.score);
}

function topicScore(pack: Pack, wanted: string, words: readonly string[]): number {
  const padded = ` ${normalise(wanted)} `;
  const names = [pack.id.replaceAll('-', ' '), pack.title, ...pack.aliases].map(normalise);
  if (names.some((name) => padded.includes(` ${name} `))) return 1;
  const known = new Set(names.filter((name) => !name.includes(' ')));
  // A word of a longer name is only half a hit: "french" alone is not the French Revolution.
  const near = new Set(
    [...names, pack.subject, pack.summary, ...pack.steps.map((step) => step.title)].flatMap(contentWords),
  );
  const total = words.reduce((sum, word) => {
    if (known.has(word)) return sum + 1;
    if ([...known].some((other) => isNearWord(word, other))) return sum + 0.8;
    return near.has(word) ? sum + 0.5 : sum;
  }, 0);
  // A longer name with a typing slip in it, or with its words in another order.
  const named = names
    .map(contentWords)
    .filter(
      (name) => name.length > 1 && name.every((part) => words.some((word) => word === part || isNearWord(word, part))),
    )
    .map((name) => Math.min(name.length, words.length) / words.length);
  return Math.min(0.9, Math.max(total / words.length, ...named));
}

const STOP_WORDS = new Set(
  'a an and the of for in on to with about i want learn teach me please how what is are do my some basics basic introduction intro lesson course know would like can you work works beginner beginners'.split(
    ' ',
  ),
);

function contentWords(source: string): string[] {
  return normalise(source)
    .split(' ')
    .filter((word) => word.length > 1 && !STOP_WORDS.has(word));
}

/**
 * True for another ending ("fractional"), or for a letter too few, too many or swapped with its neighbour.
 * A letter in place of another makes other words of all but the long ones: "friction" is not "fraction".
 */
function isNearWord(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length < 5 || long.length - short.length > 2) return false;
  return long.startsWith(short.slice(0, -1)) || (short[0] === long[0] && isOneSlipApart(short, long));
}

function isOneSlipApart(short: string, long: string): boolean {
  let at = 0;
  while (at < short.length && short[at] === long[at]) at++;
  if (long.length === short.length + 1) return short.slice(at) === long.slice(at + 1);
  if (short.length >= 10 && short.slice(at + 1) === long.slice(at + 1)) return true;
  const swapped = `${short[at + 1] ?? ''}${short[at] ?? ''}${short.slice(at + 2)}`;
  return long.length === short.length && swapped === long.slice(at);
}

function* inconsistencies(pack: z.input<typeof packSchema> & { steps: PackStep[] }): Generator<string> {
  const seen = new Set<string>();
  for (const step of pack.steps) {
    const named = new Set(step.misconceptions.map((misconception) => misconception.id));
    if (named.size < step.misconceptions.length) yield `step "${step.id}": two misconceptions share an id`;
    for (const part of [step, step.refresher]) {
      if (seen.has(part.id)) yield `the id "${part.id}" is used twice`;
      seen.add(part.id);
      yield* questionComplaints(part.questions, named, seen);
    }
    if (new Set(step.questions.map((question) => question.kind)).size < 3) {
      yield `step "${step.id}" needs questions of at least three kinds`;
    }
  }
}

function* questionComplaints(questions: Question[], named: Set<string>, seen: Set<string>): Generator<string> {
  for (const question of questions) {
    if (seen.has(question.id)) yield `the id "${question.id}" is used twice`;
    seen.add(question.id);
    for (const used of misconceptionsOf(question)) {
      if (!named.has(used)) yield `question "${question.id}" names an unknown misconception "${used}"`;
    }
    if (question.kind === 'choice') {
      const ids = question.choices.map((choice) => choice.id);
      if (!ids.includes(question.answer)) yield `question "${question.id}": its answer is not one of its choices`;
      if (new Set(ids).size < ids.length) yield `question "${question.id}": two choices share an id`;
    }
  }
}

/** Ids of the misconceptions that wrong answers to a question reveal. */
export function misconceptionsOf(question: Question): string[] {
  if (question.kind === 'choice') return question.choices.flatMap((choice) => choice.misconception ?? []);
  return question.wrong.map((wrong) => wrong.misconception);
}
