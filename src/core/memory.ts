import type { LessonState, Preferences } from './lesson.ts';

/** What is remembered of a learner from one lesson to the next. Small, readable, and theirs. */
export interface LearnerMemory {
  preferences?: Partial<Preferences>;
  /** Misconceptions that were still open at the end of a lesson. */
  misconceptions?: string[];
  lessons?: number;
}

/** A topic, a mode and a level belong to one lesson; how somebody likes to be taught stays. */
const KEPT_PREFERENCES = ['character', 'style', 'language', 'nickname'] as const;
const KEPT_MISCONCEPTIONS = 8;

/** What a new lesson may take for granted. */
export function recall(memory: LearnerMemory): { preferences: Partial<Preferences>; remembered: string[] } {
  return { preferences: memory.preferences ?? {}, remembered: memory.misconceptions ?? [] };
}

/** The memory after a lesson took its preferences in, or was over: what was put right is forgotten. */
export function remember(memory: LearnerMemory, state: LessonState, isOver: boolean): LearnerMemory {
  const given = KEPT_PREFERENCES.map((key) => [key, state.preferences[key]] as const).filter(([, value]) => value);
  const preferences = { ...memory.preferences, ...Object.fromEntries(given) };
  if (!isOver) return { ...memory, preferences };
  const seen = new Set(state.misconceptions.map(({ name }) => name));
  const open = state.misconceptions.filter(({ resolved }) => !resolved).map(({ name }) => name);
  const others = (memory.misconceptions ?? []).filter((name) => !seen.has(name));
  return {
    preferences,
    misconceptions: [...others, ...open].slice(-KEPT_MISCONCEPTIONS),
    lessons: (memory.lessons ?? 0) + 1,
  };
}
