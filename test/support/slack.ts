import { expect, onTestFinished } from 'vitest';
import { SHARED_QUEUE } from '../../src/bots/queue.ts';
import { type Access, openAccess } from '../../src/bots/slack/connection/access.ts';
import { connectSlack } from '../../src/bots/slack/connection/connect.ts';
import { eventRoutes } from '../../src/bots/slack/connection/http.ts';
import { askWho } from '../../src/bots/slack/connection/identity.ts';
import { openBot } from '../../src/bots/slack/connection/open-bot.ts';
import { slackSurface } from '../../src/bots/slack/replies/outbound.ts';
import { openWords } from '../../src/bots/words.ts';
import type { Surface } from '../../src/core/ports.ts';
import type { Database } from '../../src/db/database.ts';
import { lessonOfThread } from '../../src/db/threads.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import type { Logger } from '../../src/log.ts';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../src/runtime.ts';
import { plainClient } from '../twins/slack/client.ts';
import type { Person } from '../twins/slack/people.ts';
import type { ChannelHandle, TeamHandle } from '../twins/slack/teams.ts';
import { type SlackTwin, type SlackTwinOptions, startSlackTwin } from '../twins/slack/twin.ts';
import { listen } from './chat.ts';

export interface SlackSchool {
  twin: SlackTwin;
  team: TeamHandle;
  /** "maths", with Ada in it. */
  channel: ChannelHandle;
  ada: Person;
  runtime: Runtime;
  /** From now on nobody here hears what happens. */
  disconnect(): Promise<void>;
  /** As a process does that comes next. */
  connect(): Promise<void>;
}

export interface SchoolOptions {
  twin?: SlackTwinOptions;
  runtime?: Partial<RuntimeOptions>;
  via?: 'socket' | 'http';
}

/**
 * A twin of Slack, and a tutor for one workspace of it in this process, until the test is finished. It fails when
 * Slack's rules were broken, or when something went wrong that nobody expects.
 */
export async function openSlackSchool(databaseUrl: string, options: SchoolOptions = {}): Promise<SlackSchool> {
  const errors: unknown[] = [];
  const twin = await startSlackTwin(options.twin);
  onTestFinished(() => twin.close());
  onTestFinished(() => expect({ errors, violations: twin.violations }).toEqual({ errors: [], violations: [] }));
  const team = twin.addTeam({ name: 'School' });
  const channel = team.addChannel({ name: 'maths' });
  const ada = team.addMember({ name: 'Ada' });
  channel.invite(ada);
  const { via = 'socket', runtime: more } = options;
  const tutor = await openTutor(databaseUrl, { twin, team, via, more, log: logOfErrors(errors) });
  let disconnect = await tutor.connect();
  onTestFinished(() => disconnect());
  return {
    ...{ twin, team, channel, ada, runtime: tutor.runtime },
    async disconnect() {
      await disconnect();
      disconnect = async () => {};
    },
    async connect() {
      disconnect = await tutor.connect();
    },
  };
}

interface TutorOptions {
  twin: SlackTwin;
  team: TeamHandle;
  via: 'socket' | 'http';
  log: Logger;
  more: Partial<RuntimeOptions> | undefined;
}

async function openTutor(databaseUrl: string, { twin, team, via, log, more }: TutorOptions) {
  const [botToken, apiUrl, words] = [team.botToken(), twin.url, openWords()];
  const identity = await askWho(plainClient(twin, botToken), botToken);
  const config = { botToken, apiUrl, oauth: null, appToken: twin.appToken, signingSecret: twin.signingSecret };
  const only = () => identity;
  const canSpeak = Boolean(more?.speech);
  const accessBy = (db: Database) => openAccess(db, { config, only, log, now: twin.now });
  const runtime = await startRuntime({
    ...{ databaseUrl, model: offlineModel(), queue: SHARED_QUEUE, log },
    surfaces: (db) => [surfaceOf(db, accessBy(db), log, canSpeak)],
    ...{ retryDelaysMs: [5, 5, 5], sweepMs: 200, patienceMs: 60_000 },
    ...more,
  });
  onTestFinished(() => runtime.close());
  return {
    runtime,
    async connect() {
      const { curriculum } = runtime;
      const opened = openBot(runtime, { ...accessBy(runtime.db), only, words, curriculum, canSpeak, now: twin.now });
      const stopping = new AbortController();
      if (via === 'http') {
        const url = await listen(eventRoutes(opened.take, twin.signingSecret, log));
        if (!(await twin.delivery.setRequestUrl(`${url}/slack/events`))) throw new Error('the URL was not taken');
      }
      const connection = await connectSlack(opened, {
        socket: via === 'socket' ? { appToken: twin.appToken, apiUrl } : null,
        stopping: stopping.signal,
        onFatal(error) {
          throw error;
        },
      });
      return async () => {
        await opened.settle(2_000);
        await connection.close(2_000);
        stopping.abort();
      };
    },
  };
}

function surfaceOf(db: Database, access: Access, log: Logger, canSpeak: boolean): Surface {
  const { people } = access;
  const recipientOf = async (threadId: string) => {
    const lesson = await lessonOfThread(db, 'slack', threadId);
    if (!lesson) return null;
    return { ...lesson, team: (await people.of(lesson.workspace, lesson.learner)).team };
  };
  return slackSurface({ ...access, recipientOf, words: openWords(), log, canSpeak, pause: async () => {} });
}

function logOfErrors(errors: unknown[]): Logger {
  const quiet = () => {};
  const error = (...said: unknown[]) => void errors.push(said);
  const log: Logger = { debug: quiet, info: quiet, warn: quiet, error, child: () => log };
  return log;
}
