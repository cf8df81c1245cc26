import { forgetPayer } from '../db/billing-accounts.ts';
import { conversationOf, lessonsOf, type StoredLesson, type StoredMessage } from '../db/conversations.ts';
import type { Database } from '../db/database.ts';
import { eraseLearner, eraseLesson, eraseOpenings } from '../db/erasure.ts';
import { findLearner } from '../db/lessons.ts';
import { narrationOfLesson } from '../db/narrations.ts';
import { type StoredUtterance, spokenIn } from '../db/utterances.ts';
import type { LessonState } from './lesson.ts';
import type { PlanLine, Platform } from './messages.ts';
import { type Profile, profileIn } from './profile.ts';
import { planLines } from './replies.ts';

/** What a learner may ask of us: everything that we know of them, and that we know it no longer. */

/**
 * Erases everything of a learner in a workspace; of what they paid, that it was they who did. A turn in hand ends without a word, unless its reply was on its way
 * already. Safe to run twice, and to run again after a crash; what they write afterwards begins anew. Ids are the
 * platform's. Returns how many lessons there were.
 */
export async function forgetLearner(
  db: Database,
  platform: Platform,
  workspace: string,
  learner: string,
): Promise<{ lessons: number }> {
  await eraseOpenings(db, platform, workspace, learner);
  await forgetPayer(db, platform, workspace, learner);
  const known = await findLearner(db, platform, workspace, learner);
  let lessons = 0;
  if (!known) return { lessons };
  do {
    for (const { id } of await lessonsOf(db, known.id)) {
      if (await eraseLesson(db, id)) lessons += 1;
    }
  } while (!(await eraseLearner(db, known.id)));
  return { lessons };
}

/** As JSON; times in ISO 8601. */
export interface LearnerExport {
  /** Null: they are not known here, or are no longer. */
  name: string | null;
  profile: Profile;
  lessons: ExportedLesson[];
}

interface ExportedLesson {
  topic: string | null;
  phase: LessonState['phase'];
  startedAt: string;
  lastUsedAt: string;
  plan: PlanLine[];
  misconceptions: { name: string; quote: string; resolved: boolean }[];
  openQuestions: string[];
  /** What is said is to be heard as well. */
  voice: boolean;
  /** Where it is read out just now, or they wait for that. The channel's id is the platform's. */
  voiceChannel: { channel: string; status: 'waiting' | 'speaking'; since: string } | null;
  conversation: { at: string; author: 'learner' | 'tutor'; text: string }[];
  /** What was to be heard, and what became of it. The audio is what the conversation has in words. */
  spoken: { at: string; status: 'pending' | 'spoken' | 'failed' | 'gone' }[];
}

/**
 * Everything of a learner in a workspace that says something about them: the oldest lesson first, and in the order in
 * which it was said. No ids of ours, nothing of a model's workings, no answer to a question that waits.
 */
export async function exportLearner(
  db: Database,
  platform: Platform,
  workspace: string,
  learner: string,
): Promise<LearnerExport> {
  const known = await findLearner(db, platform, workspace, learner);
  if (!known) return { name: null, profile: profileIn({}), lessons: [] };
  const lessons: ExportedLesson[] = [];
  for (const lesson of await lessonsOf(db, known.id)) {
    const [messages, spoken, narration] = [
      await conversationOf(db, lesson.id),
      await spokenIn(db, lesson.id),
      await narrationOfLesson(db, lesson.id),
    ];
    lessons.push(exported(lesson, { messages, spoken, narration }));
  }
  return { name: known.name, profile: profileIn(known.memory), lessons };
}

interface StoredContent {
  messages: readonly StoredMessage[];
  spoken: readonly StoredUtterance[];
  narration: Awaited<ReturnType<typeof narrationOfLesson>>;
}

function exported(
  { state, startedAt, lastUsedAt }: StoredLesson,
  { messages, spoken, narration }: StoredContent,
): ExportedLesson {
  return {
    topic: state.preferences.topic,
    phase: state.phase,
    startedAt: startedAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    plan: planLines(state),
    misconceptions: state.misconceptions.map(({ name, quote, resolved }) => ({ name, quote, resolved })),
    openQuestions: state.openQuestions,
    voice: state.voice ?? false,
    voiceChannel: narration && { ...narration, since: narration.since.toISOString() },
    conversation: messages.map((message) => ({
      at: message.at.toISOString(),
      author: message.author,
      text: message.text || withoutWords(message),
    })),
    spoken: spoken.map(({ at, status }) => ({ at: at.toISOString(), status })),
  };
}

/** A message that was a button or a command. */
function withoutWords({ payload }: StoredMessage): string {
  const { start, action } = payload ?? {};
  if (start) return `[start: ${start.topic ?? 'a lesson'}]`;
  if (action?.type === 'choice') return `[choice: ${action.choiceId}]`;
  if (action?.type === 'voice') return `[voice: ${[action.on ? 'on' : 'off', action.name].filter(Boolean).join(', ')}]`;
  return action ? `[${action.type}]` : '';
}
