import type { Exchange } from '../src/core/agents/teacher.ts';
import type { Curriculum, Pack, PackStep, Question } from '../src/core/curriculum.ts';
import { applyEvents, currentStep, type LessonEvent, type LessonState, newLesson } from '../src/core/lesson.ts';
import { pickQuestion } from '../src/core/policy.ts';

/** Lessons made for a row of data: a course of one's own whose check questions and answers are the row's. */

export interface Lesson {
  state: LessonState;
  curriculum: Curriculum;
  transcript: readonly Exchange[];
  /** Turns so far. */
  turns: number;
  /** Right answers that complete a step, also of a new plan. */
  needed: number;
}

export interface LessonStep {
  /** As the data names it. */
  key: string;
  goal: string;
  question: string;
  /** Any one of them is a full answer. */
  references: readonly string[];
  /** What a full answer says, where the data lists it. */
  points?: readonly string[];
  criteria?: string;
}

/** A plan that has just been approved; nothing is explained or asked yet. */
export function approvedLesson(topic: string, steps: readonly LessonStep[], needed: number): Lesson {
  const pack = packOf(topic, steps);
  const state = applyEvents(newLesson(), [
    { type: 'preferences_given', preferences: { topic, mode: 'course' }, packId: pack.id },
    { type: 'intake_finished' },
    {
      type: 'planned',
      steps: pack.steps.map(({ id, title, objective, approach, criteria }) => ({
        ...{ id, title, objective, approach, criteria },
        source: id,
        needed,
      })),
    },
    { type: 'plan_approved' },
  ]);
  return { state, curriculum: { packs: [pack] }, transcript: [], turns: 0, needed };
}

/** The same lesson with its current step explained and its check question waiting, without a model's help. */
export function withQuestionAsked(lesson: Lesson): Lesson {
  const step = currentStep(lesson.state);
  const part = lesson.curriculum.packs[0]?.steps.find(({ id }) => id === step?.source);
  const question = step && part && pickQuestion(step, part.questions, null);
  if (!question) throw new Error('the lesson has no question to ask');
  const events: LessonEvent[] = [{ type: 'step_explained' }, { type: 'question_asked', question }];
  return {
    ...lesson,
    state: applyEvents(lesson.state, events),
    transcript: [...lesson.transcript, { author: 'tutor', text: question.prompt }],
    turns: lesson.turns + 1,
  };
}

/** The same lesson with its current step completed by right answers. */
export function withStepCompleted(lesson: Lesson): Lesson {
  const answered: LessonEvent = { type: 'answered', label: 'correct', misconception: null, quote: '' };
  let taught = lesson;
  for (let rights = 0; rights < lesson.needed; rights += 1) {
    const asked = withQuestionAsked(taught);
    taught = { ...asked, state: applyEvents(asked.state, [answered]) };
  }
  return taught;
}

/** Ids are words joined by hyphens, as the planner's output is tidied. */
export function stepId(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

const PACK_ID = 'eval';

function packOf(topic: string, steps: readonly LessonStep[]): Pack {
  return {
    id: PACK_ID,
    title: topic,
    subject: topic,
    audience: 'anyone',
    level: 'beginner',
    summary: steps.map(({ goal }) => goal).join('. '),
    aliases: [topic],
    steps: steps.map(packStep),
    guideline: 'Teach in the order given, from something concrete to the rule, with one question at a time.',
  };
}

/** What the offline tutor says of the step never tells more than its goal does: the data has no explanations. */
function packStep(step: LessonStep): PackStep {
  const { key, goal } = step;
  const id = stepId(key);
  const words = {
    objective: goal,
    approach: '',
    criteria: step.criteria ?? 'one correct answer to the check question',
    explanations: [`Here we look at this: ${goal}.`, `Once more, from the beginning: ${goal}.`],
    examples: ['Take a case that you know well, and go through it step by step.'],
  };
  return {
    id,
    title: goal,
    ...words,
    questions: [checkQuestion(step, `${id}-check`, ''), checkQuestion(step, `${id}-again`, 'Once more: ')],
    misconceptions: [],
    faq: [],
    refresher: {
      id: `${id}-refresher`,
      title: `A smaller step towards: ${goal}`,
      ...words,
      questions: [checkQuestion(step, `${id}-first`, 'In your own words, as simply as you like: ')],
    },
  };
}

function checkQuestion({ goal, question, references, points }: LessonStep, id: string, opening: string): Question {
  const isAgain = opening !== '';
  const named = points ?? [references.join(' | or: ')];
  return {
    kind: 'open',
    id,
    prompt: `${opening}${question}`,
    difficulty: isAgain ? 'medium' : 'easy',
    hints: [
      `It is about this: ${goal}.`,
      'Read the question again, and say first what you are sure of.',
      'Take it apart: answer one half of the question, then the other.',
    ],
    explanation: `That was the point of it: ${goal}.`,
    reference: references[0] ?? '',
    points: named.map((point) => ({ point, any: points ? [point] : [...references] })),
    wrong: [],
  };
}
