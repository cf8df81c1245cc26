import { sql } from 'kysely';
import type { Database } from '../../src/db/database.ts';
import { isSettled } from '../../src/db/lessons.ts';
import { lessonOfThread } from '../../src/db/threads.ts';
import type { Person } from '../twins/discord/people.ts';
import type { ShownMessage } from '../twins/discord/shown.ts';
import type { ChannelHandle, DiscordTwin, GuildHandle } from '../twins/discord/twin.ts';
import { until } from './classroom.ts';
import { asksForLesson } from './discord-lesson.ts';
import type { Program } from './program.ts';

/** A learner of a server in the lesson that they have started. */
export interface BegunLesson {
  guild: GuildHandle;
  channel: ChannelHandle;
  thread: ChannelHandle;
  ada: Person;
  /** What the tutor has said in the thread, oldest first, but for a word to whoever waits where a machine is slow. */
  replies(): ShownMessage[];
  /** Resolves when all that was written is answered, and every answer sent or given up. */
  settle(): Promise<void>;
}

/** Resolves when the bot hears what happens on the twin, and its commands are there; and all of these have started. */
export async function botListens(twin: DiscordTwin, programs: readonly Program[] = []): Promise<void> {
  await until(() => twin.commands().length > 0 && twin.gateway.sessions().some(({ connected }) => connected));
  await until(() => programs.every((program) => program.stdout().includes('"started"')));
}

const WAITING = '-# I need a moment';

/** Starts a lesson and approves its plan. Resolves at the first question. */
export async function beginLesson(
  { twin, db }: { twin: DiscordTwin; db: Database },
  { isPrivate = false }: { isPrivate?: boolean } = {},
): Promise<BegunLesson> {
  await botListens(twin);
  const guild = twin.addGuild({ name: 'School' });
  const channel = guild.addChannel({ name: 'maths' });
  const ada = guild.addMember({ name: 'Ada' });
  const { answer } = await asksForLesson(ada, channel, { topic: 'fractions', private: isPrivate });
  const [thread] = twin.threads(channel.id);
  if (!thread) throw new Error(`no thread, but: ${answer}`);
  const isReply = ({ id, author, content }: ShownMessage) =>
    author.isBot && !content.startsWith(WAITING) && !(isPrivate && id === firstOf(twin, thread));
  const replies = () => twin.messages(thread.id).filter(isReply);
  await until(() => replies().length === 1);
  const [plan] = replies();
  if (plan) ada.presses(plan, 'Start');
  await until(() => replies().length === 2);
  const settle = () => allSettled(db, thread.id);
  await settle();
  return { guild, channel, thread, ada, replies, settle };
}

/** In a private thread, the card is the first message. */
function firstOf(twin: DiscordTwin, thread: ChannelHandle): string | undefined {
  return twin.messages(thread.id)[0]?.id;
}

export async function allSettled(db: Database, threadId: string): Promise<void> {
  await until(async () => {
    const lesson = await lessonOfThread(db, 'discord', threadId);
    return lesson !== null && (await isSettled(db, lesson.lessonId));
  });
}

/** What waits to be sent again waits no longer. */
export async function retryNow(db: Database): Promise<void> {
  const later = db.updateTable('deliveries').where('status', '=', 'pending').where('attempts', '>', 0);
  await later.set({ retry_at: sql`now()` }).execute();
}

/** Every delivery of a thread's lesson, in order. */
export function deliveriesOf(db: Database, threadId: string) {
  return db
    .selectFrom('deliveries')
    .innerJoin('turns', 'turns.id', 'deliveries.turn_id')
    .innerJoin('lessons', 'lessons.id', 'deliveries.lesson_id')
    .select(['deliveries.status', 'deliveries.attempts', 'deliveries.failure', 'deliveries.reply'])
    .where('thread_id', '=', threadId)
    .orderBy('turns.seq')
    .orderBy('deliveries.seq')
    .execute();
}
