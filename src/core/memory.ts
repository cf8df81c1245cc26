import { isOver, type LessonState, type Preferences } from './lesson.ts';
import { WISHES, type Wishes, type WishName } from './messages.ts';
import { cleanStart } from './text.ts';

/** What is remembered of a learner from one lesson to the next. Small, readable, and theirs. */
export interface LearnerMemory {
  preferences?: Partial<Preferences>;
  /** Misconceptions that were still open at the end of a lesson. */
  misconceptions?: string[];
  lessons?: number;
  /** Lessons begin with the voice on. */
  voice?: boolean;
}

const KEPT_MISCONCEPTIONS = 8;
/** In characters: what intake takes from a message as well. */
const LONGEST_WISH: Record<WishName, number> = { character: 200, style: 120, language: 40, nickname: 40, voice: 60 };

/** What a new lesson may take for granted. */
export function recall(memory: LearnerMemory): {
  preferences: Partial<Preferences>;
  remembered: string[];
  voice: boolean;
} {
  return {
    preferences: memory.preferences ?? {},
    remembered: memory.misconceptions ?? [],
    voice: memory.voice ?? false,
  };
}

/**
 * What a turn changes in what is remembered: wishes are kept as soon as they are known, the rest when the lesson is
 * over. Null: nothing.
 */
export function memoryChange(
  before: LessonState,
  after: LessonState,
  { wishes = {}, voice }: { wishes?: Wishes; voice?: boolean },
): ((memory: LearnerMemory) => LearnerMemory) | null {
  const isTakenIn = before.phase === 'intake' && after.phase !== 'intake';
  const isOverNow = isOver(after) && !isOver(before);
  if (!isTakenIn && !isOverNow && voice === undefined && Object.keys(wishes).length === 0) {
    return null;
  }
  return (memory) => {
    const taught = isTakenIn ? rememberWishes(memory, after) : memory;
    const wished = { ...withWishes(taught, wishes), ...(voice !== undefined && { voice }) };
    return isOverNow ? rememberLesson(wished, after) : wished;
  };
}

/** What the lesson only has from the place is not the learner's. */
function rememberWishes(memory: LearnerMemory, { preferences, lent }: LessonState): LearnerMemory {
  const given = WISHES.filter((name) => preferences[name] && !lent.includes(name));
  const wishes = Object.fromEntries(given.map((name) => [name, preferences[name]]));
  return { ...memory, preferences: { ...memory.preferences, ...wishes } };
}

/** What was put right is forgotten. */
function rememberLesson(memory: LearnerMemory, state: LessonState): LearnerMemory {
  const seen = new Set(state.misconceptions.map(({ name }) => name));
  const open = state.misconceptions.filter(({ resolved }) => !resolved).map(({ name }) => name);
  const others = (memory.misconceptions ?? []).filter((name) => !seen.has(name));
  return {
    ...memory,
    misconceptions: [...others, ...open].slice(-KEPT_MISCONCEPTIONS),
    lessons: (memory.lessons ?? 0) + 1,
  };
}

/** The memory with these wishes in it; '' takes one back. */
export function withWishes(memory: LearnerMemory, wishes: Wishes): LearnerMemory {
  const all = Object.entries({ ...memory.preferences, ...wishes });
  return { ...memory, preferences: Object.fromEntries(all.filter(([, value]) => value !== '')) };
}

/** The wishes of a memory, and nothing that may stand beside them. */
export function wishesIn({ preferences = {} }: LearnerMemory): Wishes {
  return Object.fromEntries(WISHES.flatMap((name) => (preferences[name] ? [[name, preferences[name]]] : [])));
}

/** Wishes as they can be kept: known ones, readable, of a length that a prompt can bear. */
export function cleanWishes<Given extends Wishes>(wishes: Given): Given {
  const given = WISHES.flatMap((name) => {
    const wish = wishes[name];
    return wish === undefined ? [] : [[name, cleanStart(wish, LONGEST_WISH[name])]];
  });
  return Object.fromEntries(given) as Given;
}
