import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { isSettled } from '../../src/db/lessons.ts';
import { type ChatMessage, type ChatTwin, startChatTwin } from '../twins/chat.ts';
import { type OpenAiTwin, startOpenAiTwin } from '../twins/openai.ts';
import { CHAT_SECRET, chatMessage } from './chat.ts';
import { until } from './classroom.ts';
import { useDatabase } from './database.ts';
import type { FromWorker, Stop, ToWorker } from './kill-worker.ts';
import { twinTutor } from './twin-tutor.ts';

/** Tutors in processes of their own, to be killed and stopped, between a chat and a model that outlive them. */

export interface Mortal {
  url: string;
  /** Resolves when it is sure to end, or wait, there. */
  stopAt(stop: Stop): Promise<void>;
  /** Resolves when it waits where `stopAt` said. */
  waits: Promise<unknown>;
  /** Ends the wait; a stopped process hears of it when it is continued. */
  go(): void;
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Resolves when it is dead. */
  dead: Promise<unknown>;
  /** What its telemetry was told of. */
  noted: string[];
}

export interface Stage {
  chat: ChatTwin;
  model: OpenAiTwin;
  database: ReturnType<typeof useDatabase>;
  /** A new process, to which the chat now posts. */
  start(options?: { leaseMs?: number; isAlone?: boolean }): Promise<Mortal>;
  /** Posts, and waits until all is answered. Returns the lesson's id. */
  say(message: ChatMessage): Promise<string>;
  /** Brings a new learner's lesson to its first question. Returns its id. */
  begin(learner: string): Promise<string>;
}

/** A database, a chat and a model for a test file, and the processes that it starts. */
export function useMortals(): Stage {
  const database = useDatabase();
  const processes: ChildProcess[] = [];
  const cache = mkdtempSync(join(tmpdir(), 'threadtutor-compiled-'));
  let spare: ChildProcess | null = null;
  const spawn = () => {
    const child = fork(join(import.meta.dirname, 'kill-worker.ts'), [], {
      execArgv: [],
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: cache },
    });
    processes.push(child);
    return child;
  };
  const stage = { database } as Stage;
  beforeAll(async () => {
    stage.chat = await startChatTwin({ secret: CHAT_SECRET });
    stage.model = await startOpenAiTwin();
    stage.model.respond(twinTutor);
  });
  afterAll(async () => {
    for (const each of processes) each.kill('SIGKILL');
    await Promise.all([stage.chat.close(), stage.model.close()]);
    rmSync(cache, { recursive: true, force: true });
  });
  stage.start = async ({ leaseMs = 1_500, isAlone = false } = {}) => {
    const child = spare ?? spawn();
    const options = { databaseUrl: database.url, chatUrl: stage.chat.url, modelUrl: stage.model.url };
    const mortal = await mortalOf(child, { ...options, chatSecret: CHAT_SECRET, leaseMs, isAlone });
    // The next one loads its code while this one works.
    spare = spawn();
    stage.chat.connect(mortal.url);
    return mortal;
  };
  stage.say = async (message) => {
    const lessonId = String((await stage.chat.post(message)).answer.lesson);
    await until(() => isSettled(database.db, lessonId));
    return lessonId;
  };
  stage.begin = (learner) => stage.say(chatMessage(learner, '', { start: { topic: 'fractions', autostart: true } }));
  return stage;
}

async function mortalOf(child: ChildProcess, options: (ToWorker & { type: 'start' })['options']): Promise<Mortal> {
  const said = new EventEmitter();
  const noted: string[] = [];
  const tell = (message: ToWorker) => child.send(message);
  child.on('message', (message: FromWorker) => {
    if (message.type === 'noted') noted.push(message.happening);
    said.emit(message.type, message);
  });
  const dead = once(child, 'exit');
  const started = once(said, 'started') as Promise<[FromWorker & { type: 'started' }]>;
  tell({ type: 'start', options });
  const [{ url }] = await started;
  return {
    url,
    noted,
    dead,
    waits: once(said, 'waits'),
    go: () => tell({ type: 'go' }),
    signal: (name) => child.kill(name),
    async stopAt(at) {
      const armed = once(said, 'armed');
      tell({ type: 'stop', at });
      await armed;
    },
  };
}
