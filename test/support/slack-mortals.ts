import { expect, onTestFinished } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { isSettled } from '../../src/db/lessons.ts';
import { lessonOfThread } from '../../src/db/threads.ts';
import { type OpenAiTwin, startOpenAiTwin } from '../twins/openai.ts';
import type { Person } from '../twins/slack/people.ts';
import type { ShownMessage } from '../twins/slack/shown.ts';
import type { ChannelHandle, TeamHandle } from '../twins/slack/teams.ts';
import { type SlackTwin, type SlackTwinOptions, startSlackTwin } from '../twins/slack/twin.ts';
import { until } from './classroom.ts';
import { type Program, startProgram } from './program.ts';
import { twinTutor } from './twin-tutor.ts';

/** The program itself, to be killed and stopped, between a Slack and a model that outlive it. */

interface Stage {
  twin: SlackTwin;
  team: TeamHandle;
  model: OpenAiTwin;
  /** The one that runs now. */
  program: Program;
  /** Another one, when this one has ended. Resolves when it hears what happens. */
  restart(): Promise<void>;
  startAnother(): Program;
}

interface StageOptions {
  twin?: SlackTwinOptions;
  env?: Record<string, string>;
  prepare?(twin: SlackTwin): void;
}

/** Until the test is finished, which fails where Slack's rules were broken. */
export async function openStage(databaseUrl: string, options: StageOptions = {}): Promise<Stage> {
  const twin = await startSlackTwin(options.twin);
  const model = await startOpenAiTwin();
  model.respond(twinTutor);
  const team = twin.addTeam({ name: 'School' });
  options.prepare?.(twin);
  const start = () =>
    startProgram(['all'], {
      ...{ DATABASE_URL: databaseUrl, OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sk-test', OPENAI_API: 'responses' },
      ...{ SLACK_BOT_TOKEN: team.botToken(), SLACK_APP_TOKEN: twin.appToken, SLACK_API_URL: twin.url },
      ...{ MODEL_LARGE: 'gpt-4o', LOG_LEVEL: 'warn', ...options.env },
    });
  const stage: Stage = {
    ...{ twin, team, model, program: start(), startAnother: start },
    async restart() {
      await stage.program.exit;
      stage.program = start();
      await botListens(twin);
    },
  };
  await botListens(twin);
  onTestFinished(async () => {
    stage.program.signal('SIGKILL');
    await stage.program.exit;
    await Promise.all([twin.close(), model.close()]);
    expect(twin.violations).toEqual([]);
  });
  return stage;
}

type Hook = NonNullable<Parameters<SlackTwin['faults']['onRequest']>[0]>;
export type Arrival = Parameters<Hook>[0];
export type Fits = (arrival: Arrival) => boolean;

/** Kills the program at the first request that fits; nothing comes of it where it has only arrived. */
export function killAt({ twin, program }: Stage, fits: Fits): void {
  twin.faults.onRequest((arrival) => {
    if (!fits(arrival)) return null;
    twin.faults.onRequest(null);
    program.signal('SIGKILL');
    return 'reset';
  });
}

/** Resolves when a bot hears what happens on the twin. */
async function botListens(twin: SlackTwin): Promise<void> {
  await until(() => twin.delivery.sockets.connections().length > 0);
}

/** Slack's next attempts at what has not been acknowledged: after a minute, and after five. */
export async function retried(twin: SlackTwin): Promise<void> {
  await botListens(twin);
  await twin.delivery.retryNow();
}

/** A learner in the lesson that they have started. */
interface BegunLesson {
  channel: ChannelHandle;
  ada: Person;
  threadId: string;
  /** The ts of the card. */
  root: string;
  /** Writes in the thread. */
  says(text: string): ShownMessage;
  /** What the tutor has said in the thread, oldest first. */
  replies(): ShownMessage[];
  /** Resolves when all that was written is answered, and every answer sent or given up. */
  settle(): Promise<void>;
}

/** Starts a lesson and approves its plan. Resolves at the first question. */
export async function beginLesson({ team }: Pick<Stage, 'team'>, db: Database): Promise<BegunLesson> {
  const channel = team.addChannel({ name: 'maths' });
  const ada = team.addMember({ name: 'Ada' });
  channel.invite(ada);
  ada.runs(channel, '/tutor start fractions');
  // A slow tutor may first have said that it is late.
  await until(() => channel.messages().length > 0);
  const card = channel.messages()[0] ?? expect.fail('no lesson');
  const { ts: root } = card;
  const threadId = `${channel.id}:${root}`;
  const replies = () => channel.thread(root).filter(({ ts, author }) => ts !== root && author.isBot);
  const settle = () => allSettled(db, threadId);
  // Beside it there may be a word about waiting, where a machine is slow.
  const plan = () => replies().find(({ blocks }) => JSON.stringify(blocks).includes('"Start"'));
  await until(() => plan() !== undefined);
  await settle();
  const { length } = replies();
  ada.presses(plan() ?? card, 'Start');
  await until(() => replies().length > length);
  await settle();
  const says = (text: string) => ada.says(channel, text, { threadTs: root });
  return { channel, ada, threadId, root, says, replies, settle };
}

export async function allSettled(db: Database, threadId: string): Promise<void> {
  await until(async () => {
    const lesson = await lessonOfThread(db, 'slack', threadId);
    return lesson !== null && (await isSettled(db, lesson.lessonId));
  });
}

/** What the learner typed, as it was taken in, in order. */
export async function takenIn(db: Database, threadId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('messages')
    .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
    .select('text')
    .where('thread_id', '=', threadId)
    .where('author', '=', 'learner')
    .where('payload', 'is', null)
    .where('text', '!=', '')
    .orderBy('seq')
    .execute();
  return rows.map(({ text }) => text);
}
