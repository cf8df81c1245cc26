import type { DoorLimits } from '../../src/bots/receive.ts';
import type { LessonState } from '../../src/core/lesson.ts';
import { isSettled } from '../../src/db/lessons.ts';
import { lessonOfThread } from '../../src/db/threads.ts';
import type { Person } from '../twins/slack/people.ts';
import type { ShownMessage } from '../twins/slack/shown.ts';
import type { Used } from '../twins/slack/used.ts';
import { until } from './classroom.ts';
import type { SlackSchool } from './slack.ts';

/** People in lessons on Slack, each of whom waits until all that they have said is answered. */

/** The tutor may be in this process or in others: its database is enough. */
type AnyTutor = Pick<SlackSchool, 'twin'> & { runtime: Pick<SlackSchool['runtime'], 'db'> };

export interface SlackLesson {
  threadId: string;
  learner: Person;
  channelId: string;
  /** The ts of the message that its thread is on. */
  root: string;
  /** In its thread. */
  says(text: string, more?: Parameters<Person['says']>[2]): Promise<ShownMessage>;
  /** The newest button of that name; of a menu, an option. */
  presses(button: string, option?: string): Promise<Used>;
  /** What is in the thread, without its root. */
  messages(): ShownMessage[];
  last(): ShownMessage;
  state(): Promise<LessonState>;
}

/** `/tutor start …` in a channel, until everything is there that it brings. */
export async function startLesson(
  on: AnyTutor,
  channel: { id: string },
  learner: Person,
  topic = 'fractions',
): Promise<SlackLesson> {
  const used = learner.runs(channel.id, `/tutor start ${topic}`);
  await acknowledged(used);
  // Where it is may be said after its first words: later it would be taken for an answer to something else.
  await until(() => used.replies().some(({ text }) => text.includes('/archives/')));
  return lessonWith(on, `command-${used.triggerId}`, learner);
}

/** The lesson that has taken in a message, once everything in it is answered. */
export async function lessonWith(on: AnyTutor, messageId: string, learner: Person): Promise<SlackLesson> {
  await answered(on, messageId);
  return lessonIn(on, await threadWith(on, messageId), learner);
}

async function threadWith({ runtime }: AnyTutor, messageId: string): Promise<string> {
  const query = runtime.db.selectFrom('messages').innerJoin('lessons', 'lessons.id', 'lesson_id').select('thread_id');
  return (await query.where('platform_message_id', '=', messageId).executeTakeFirstOrThrow()).thread_id;
}

export function lessonIn(on: AnyTutor, threadId: string, learner: Person): SlackLesson {
  const { twin, runtime } = on;
  const [channelId = '', root = ''] = threadId.split(':');
  const messages = () => {
    const thread = twin.channel(channelId).thread(root);
    return thread.filter(({ ts }) => ts !== root);
  };
  return {
    ...{ threadId, learner, channelId, root, messages },
    async says(text, more) {
      const message = learner.says(channelId, text, { threadTs: root, ...more });
      await answered(on, message.ts);
      return message;
    },
    async presses(button, option) {
      const message = messages().findLast(({ blocks }) => JSON.stringify(blocks).includes(`"${button}"`));
      if (!message) throw new Error(`nobody sees "${button}" in:\n${asSeen(messages())}`);
      const used = learner.presses(message, button, option);
      await Promise.all([acknowledged(used), answered(on, pressOf(used), message.ts)]);
      return used;
    },
    last() {
      const message = messages().at(-1);
      if (!message) throw new Error('nothing was said');
      return message;
    },
    async state() {
      const query = runtime.db.selectFrom('lessons').select('state').where('thread_id', '=', threadId);
      return (await query.executeTakeFirstOrThrow()).state;
    },
  };
}

function pressOf({ payload }: Used): string {
  const [action] = payload.actions as { action_ts: string }[];
  return `press-${action?.action_ts}`;
}

/**
 * Until what came with this id is taken in, and nothing is owed in its lesson. A choice has the id of the message that it
 * was made on.
 */
export async function answered(
  { runtime }: Pick<AnyTutor, 'runtime'>,
  messageId: string,
  madeOn = messageId,
): Promise<void> {
  const { db } = runtime;
  const query = db
    .selectFrom('messages')
    .select('lesson_id')
    .where((where) =>
      where.or([
        where('platform_message_id', '=', messageId),
        where(where.fn('starts_with', ['platform_message_id', where.val(`${madeOn}/`)]), '=', true),
      ]),
    );
  await until(async () => {
    const message = await query.executeTakeFirst();
    return message !== undefined && (await isSettled(db, message.lesson_id));
  });
}

/** Until all that was said in the lesson is answered. */
export async function settled({ runtime }: Pick<AnyTutor, 'runtime'>, threadId: string): Promise<void> {
  await until(async () => {
    const lesson = await lessonOfThread(runtime.db, 'slack', threadId);
    return lesson !== null && (await isSettled(runtime.db, lesson.lessonId));
  });
}

/** Until all that has happened, or all about one message, is taken in, however often Slack has to tell of it. */
export function heardAll({ delivery }: AnyTutor['twin'], message?: { ts: string }): Promise<void> {
  return until(() => {
    const told = message ? delivery.about(message.ts) : delivery.deliveries;
    const events = Map.groupBy(told, ({ eventId }) => eventId);
    return [...events.values()].every((attempts) => attempts.some(({ acked }) => acked));
  });
}

export async function acknowledged(used: Used): Promise<void> {
  const { ok, error } = await used.acknowledged;
  if (!ok) throw new Error(`Slack shows: ${error}`);
}

/** What only the person reads, once it is there; throws when the app was too late. */
export async function answerTo(used: Used): Promise<string> {
  await acknowledged(used);
  await until(() => used.replies().length > 0);
  return used.replies().at(-1)?.text ?? '';
}

/** What only this person reads in a channel, once there is so much of it. */
export async function toldTo(person: Person, place: { id: string } | string, count = 1): Promise<string[]> {
  await until(() => person.ephemerals(place).length >= count);
  return person.ephemerals(place).map(({ text }) => text);
}

/** Messages as those who read without blocks see them. */
export function asSeen(messages: readonly ShownMessage[]): string {
  return messages.map(({ author, text }) => `${author.name}: ${text}`).join('\n\n');
}

/** As many messages as that come in; the next ones are too fast. */
export function doorOf(points: number): DoorLimits {
  let left = points;
  const nothing = async () => {};
  return {
    learner: { take: async () => (left-- > 0 ? 0 : 5_000), block: nothing },
    workspace: { take: async () => 0, block: nothing },
  };
}
