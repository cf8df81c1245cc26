import { expect, onTestFinished } from 'vitest';
import { SHARED_QUEUE } from '../../src/bots/queue.ts';
import { openAccess } from '../../src/bots/slack/connection/access.ts';
import { connectSlack } from '../../src/bots/slack/connection/connect.ts';
import { askWho } from '../../src/bots/slack/connection/identity.ts';
import { openBot } from '../../src/bots/slack/connection/open-bot.ts';
import { slackSurface } from '../../src/bots/slack/replies/outbound.ts';
import { openWords } from '../../src/bots/words.ts';
import type { LessonState } from '../../src/core/lesson.ts';
import { isSettled } from '../../src/db/lessons.ts';
import { lessonOfThread } from '../../src/db/threads.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import type { Logger } from '../../src/log.ts';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../src/runtime.ts';
import { plainClient } from '../twins/slack/client.ts';
import type { Person } from '../twins/slack/people.ts';
import type { ShownMessage } from '../twins/slack/shown.ts';
import type { ChannelHandle, TeamHandle } from '../twins/slack/teams.ts';
import { type SlackTwin, type SlackTwinOptions, startSlackTwin } from '../twins/slack/twin.ts';
import type { Used } from '../twins/slack/used.ts';
import { until } from './classroom.ts';

/** A workspace in Slack with people who use the tutor: its commands, buttons, forms and its home. */

export interface SlackSchool {
  twin: SlackTwin;
  team: TeamHandle;
  /** "maths", with Ada in it. */
  channel: ChannelHandle;
  ada: Person;
  runtime: Runtime;
}

export interface SlackSchoolOptions {
  twin?: SlackTwinOptions;
  runtime?: Partial<RuntimeOptions>;
}

/** The test fails when Slack's rules were broken, or when something went wrong that nobody expects. */
export async function openSlackSchool(databaseUrl: string, options: SlackSchoolOptions = {}): Promise<SlackSchool> {
  const errors: unknown[] = [];
  const log = logOfErrors(errors);
  const twin = await startSlackTwin(options.twin);
  onTestFinished(() => twin.close());
  onTestFinished(() => expect({ errors, violations: twin.violations }).toEqual({ errors: [], violations: [] }));
  const team = twin.addTeam({ name: 'School' });
  const channel = team.addChannel({ name: 'maths' });
  const ada = team.addMember({ name: 'Ada' });
  channel.invite(ada);
  const identity = await askWho(plainClient(twin, team.botToken()), team.botToken());
  const [botToken, apiUrl, words, stopping] = [team.botToken(), twin.url, openWords(), new AbortController()];
  const config = { botToken, apiUrl, oauth: null, appToken: twin.appToken, signingSecret: null };
  const accessBy = (db: Runtime['db']) => openAccess(db, { config, only: () => identity, log, now: twin.now });
  const runtime = await startRuntime({
    ...{ databaseUrl, model: offlineModel(), queue: SHARED_QUEUE, log },
    surfaces: (db) => {
      const { clients, people } = accessBy(db);
      const recipientOf = async (threadId: string) => {
        const lesson = await lessonOfThread(db, 'slack', threadId);
        if (!lesson) return null;
        return { ...lesson, team: (await people.of(lesson.workspace, lesson.learner)).team };
      };
      return [slackSurface({ clients, recipientOf, words, log, pause: async () => {} })];
    },
    ...{ retryDelaysMs: [5, 5, 5], sweepMs: 200, patienceMs: 60_000 },
    ...options.runtime,
  });
  onTestFinished(() => runtime.close());
  const { curriculum } = runtime;
  const opened = openBot(runtime, {
    ...accessBy(runtime.db),
    ...{ only: () => identity, words, curriculum, now: twin.now },
  });
  const connection = await connectSlack(opened, {
    ...{ socket: { appToken: twin.appToken, apiUrl }, stopping: stopping.signal },
    onFatal: (error) => {
      throw error;
    },
  });
  onTestFinished(async () => {
    await opened.settle(2_000);
    await connection.close();
    stopping.abort();
  });
  return { twin, team, channel, ada, runtime };
}

function logOfErrors(errors: unknown[]): Logger {
  const quiet = () => {};
  const error = (...said: unknown[]) => void errors.push(said);
  const log: Logger = { debug: quiet, info: quiet, warn: quiet, error, child: () => log };
  return log;
}

/** What only the person reads, once it is there; throws when the app was too late. */
export async function answerTo(used: Used): Promise<string> {
  await acknowledged(used);
  await until(() => used.replies().length > 0);
  return used.replies().at(-1)?.text ?? '';
}

export async function acknowledged(used: Used): Promise<void> {
  const { ok, error } = await used.acknowledged;
  if (!ok) throw new Error(`Slack shows: ${error}`);
}

/** By what the core knows what was done: a command, a form, a press, or a message. */
function idsOf({ payload }: Used): { id: string; madeOn: string } {
  const {
    type,
    trigger_id: trigger,
    view,
    message,
    actions,
  } = payload as {
    type?: string;
    trigger_id: string;
    view?: { id: string };
    message?: { ts: string };
    actions?: { action_ts: string }[];
  };
  if (type === 'view_submission' && view) return { id: `view-${view.id}`, madeOn: '-' };
  if (type === 'block_actions') return { id: `press-${actions?.[0]?.action_ts}`, madeOn: message?.ts ?? '-' };
  return { id: `command-${trigger}`, madeOn: '-' };
}

/** Until what was done is taken in, and nothing is owed in its lesson; the lesson's thread. `part`: of what was begun with it. */
export async function answered({ runtime }: Pick<SlackSchool, 'runtime'>, used: Used, part = ''): Promise<string> {
  const { id, madeOn } = idsOf(used);
  return answeredId(runtime.db, id + part, madeOn);
}

async function answeredId(db: Runtime['db'], id: string, madeOn = '-'): Promise<string> {
  const query = db
    .selectFrom('messages')
    .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
    .select(['lesson_id', 'thread_id'])
    .where((where) =>
      where.or([
        where('platform_message_id', '=', id),
        where(where.fn('starts_with', ['platform_message_id', where.val(`${madeOn}/`)]), '=', true),
      ]),
    );
  let threadId = '';
  await until(async () => {
    const message = await query.executeTakeFirst();
    threadId = message?.thread_id ?? '';
    return message !== undefined && (await isSettled(db, message.lesson_id));
  });
  return threadId;
}

export interface SlackLesson {
  threadId: string;
  /** What is in the thread, below its root. */
  messages(): ShownMessage[];
  last(): ShownMessage;
  /** The newest button of that name. */
  presses(button: string): Promise<Used>;
  says(text: string): Promise<void>;
  state(): Promise<LessonState>;
}

/** `/tutor start …`, until everything is there that it brings. Throws when no lesson was opened. */
export async function startLesson(
  school: SlackSchool,
  what = 'fractions',
  channel: { id: string } = school.channel,
): Promise<SlackLesson> {
  const used = school.ada.runs(channel.id, `/tutor start ${what}`);
  const place = await answerTo(used);
  if (!place.startsWith('Your lesson is here: ')) throw new Error(`no lesson, but: ${place}`);
  return lessonIn(school, await answered(school, used));
}

/** Of the workspace, the last begun first. */
export function lessonsOf({ runtime, team }: Pick<SlackSchool, 'runtime' | 'team'>) {
  return runtime.db
    .selectFrom('lessons')
    .innerJoin('workspaces', 'workspaces.id', 'lessons.workspace_id')
    .select(['thread_id as threadId', 'phase'])
    .where('external_id', '=', team.id)
    .orderBy('lessons.created_at', 'desc')
    .execute();
}

export function lessonIn(school: SlackSchool, threadId: string): SlackLesson {
  const { twin, ada, runtime } = school;
  const [channelId = '', root = ''] = threadId.split(':');
  const messages = () =>
    twin
      .channel(channelId)
      .thread(root)
      .filter(({ ts }) => ts !== root);
  const last = () => {
    const message = messages().at(-1);
    if (!message) throw new Error('nothing is in the thread');
    return message;
  };
  return {
    ...{ threadId, messages, last },
    async presses(button) {
      const used = ada.presses(withButton(messages(), button), button);
      await acknowledged(used);
      await answered(school, used);
      return used;
    },
    async says(text) {
      const { ts } = ada.says(channelId, text, { threadTs: root });
      await answeredId(runtime.db, ts);
    },
    async state() {
      const query = runtime.db.selectFrom('lessons').select('state').where('thread_id', '=', threadId);
      return (await query.executeTakeFirstOrThrow()).state;
    },
  };
}

/** The newest one that has it. */
export function withButton(messages: readonly ShownMessage[], button: string): ShownMessage {
  const found = messages.findLast(({ blocks }) => JSON.stringify(blocks).includes(JSON.stringify(button)));
  if (!found) throw new Error(`nobody sees "${button}" in:\n${messages.map(shownLines).join('\n\n')}`);
  return found;
}

/** A message as people see it: words, and buttons in brackets. */
export function shownLines({ text, blocks }: { text: string; blocks: readonly unknown[] }): string {
  const shown = blocks.length > 0 ? blocks.map(linesOf).filter(Boolean).join('\n') : text;
  return shown
    .split('\n')
    .filter(Boolean)
    .map((line) => `    ${line}`)
    .join('\n');
}

interface Part {
  type?: string;
  text?: string | Part;
  elements?: Part[];
  accessory?: Part;
}

function linesOf(part: unknown): string {
  const { type, text, elements = [], accessory } = part as Part;
  if (type === 'context_actions') return '';
  const words = typeof text === 'string' ? text : (text && linesOf(text)) || '';
  if (type === 'button') return `[${words}]`;
  if (type === 'rich_text_quote') return `> ${elements.map(linesOf).join('').replaceAll('\n', '\n> ')}`;
  const inside = [accessory, ...elements].filter((each) => each !== undefined).map(linesOf);
  return [words, inside.join(' ')].filter(Boolean).join('\n');
}
