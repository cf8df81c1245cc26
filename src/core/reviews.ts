import { isOver, type LessonState, masteryOf, type Step } from './lesson.ts';

/** What of a lesson wants another look, and when: pure. */

export interface Review {
  /** Of the step. */
  title: string;
  /** Counted from the day of the lesson. */
  inDays: number;
}

const SHAKY_DAYS = 1;
const SECURE_DAYS = 3;

/** What stays below wants another look: two right answers without help come to 75 %, and where one is enough, to 67 %. */
const secureAt = (step: Step) => (step.needed === 1 ? 0.66 : 0.7);

/** Of the steps that the learner has met: what is shaky soon and first, what sits later. */
export function reviewPlan(state: LessonState): Review[] {
  const met = state.steps.filter((step) => step.status !== 'pending');
  const isShaky = (step: Step) =>
    step.status === 'blocked' || step.status === 'skipped' || masteryOf(step) < secureAt(step);
  const reviews = met.map((step) => ({ title: step.title, inDays: isShaky(step) ? SHAKY_DAYS : SECURE_DAYS }));
  return reviews.sort((a, b) => a.inDays - b.inDays);
}

/** A lesson, and when it was last used. */
export interface TakenLesson {
  state: LessonState;
  lastUsedAt: Date;
}

export interface DueReview {
  topic: string;
  /** The steps to look at again, what is shaky first. */
  titles: string[];
}

/** Nobody wants to read for ever what they did not review. */
const DUE_FOR_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * What is to be reviewed by now, of lessons that are over: the longest due first. A later lesson on the same topic
 * stands for those before it. Days are UTC's, so that what was learnt in the evening is due the next morning.
 */
export function reviewsDue(lessons: readonly TakenLesson[], now: Date): DueReview[] {
  const inOrder = lessons.toSorted((a, b) => a.lastUsedAt.getTime() - b.lastUsedAt.getTime());
  const newest = new Map<string, TakenLesson>();
  for (const lesson of inOrder) {
    const topic = lesson.state.preferences.topic?.trim();
    if (!topic) continue;
    // A Map keeps its order: the newest lesson of a topic is as old as it is itself.
    newest.delete(topic.toLowerCase());
    newest.set(topic.toLowerCase(), lesson);
  }
  return [...newest.values()].flatMap((lesson) => dueOf(lesson, now));
}

function dueOf({ state, lastUsedAt }: TakenLesson, now: Date): DueReview[] {
  const days = dayOf(now) - dayOf(lastUsedAt);
  if (!isOver(state) || days > DUE_FOR_DAYS) return [];
  const titles = reviewPlan(state).flatMap(({ title, inDays }) => (inDays <= days ? [title] : []));
  return titles.length > 0 ? [{ topic: state.preferences.topic ?? '', titles }] : [];
}

const dayOf = (time: Date) => Math.floor(time.getTime() / DAY_MS);
