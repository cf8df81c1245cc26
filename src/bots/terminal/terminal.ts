import { randomUUID } from 'node:crypto';
import { createInterface, type Interface } from 'node:readline';
import type { InboundMessage, StartOptions } from '../../core/messages.ts';
import { recap } from '../../core/replies.ts';
import { normalise } from '../../core/text.ts';
import { lastReply } from '../../db/deliveries.ts';
import { isSettled, type OpenLesson, unfinishedLessons } from '../../db/lessons.ts';
import { isSpoken } from '../../db/utterances.ts';
import { UserError } from '../../errors.ts';
import { type ReceiveDeps, receive } from '../receive.ts';
import { type TerminalSurface, terminalSurface } from './outbound.ts';
import { renderReply, type Screen } from './render.ts';

/** A lesson in a terminal or through a pipe. Each line is one message; end of input, or "quit", leaves the lesson as it is. */

export interface TerminalOptions {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream & { columns?: number };
  isTty: boolean;
  learner: { id: string; name: string };
  workspace: { id: string; name: string };
  queue: string;
  /** Where files with what is spoken are kept; null: nothing is spoken. */
  speechDir: string | null;
  start: StartOptions;
  /** Open a new lesson even where an unfinished one waits. */
  fresh: boolean;
  /** How long somebody who leaves, or the next line of a pipe, waits for an answer that does not come. */
  patienceMs?: number;
  /** Leaves the lesson when it aborts; Ctrl-C aborts it. */
  stopping: AbortController;
}

export interface Terminal {
  surface: TerminalSurface;
  /** Runs until the end of input. The worker must be running. */
  run(deps: ReceiveDeps): Promise<void>;
}

const POLL_MS = 25;
const PATIENCE_MS = { person: 2_000, pipe: 30_000 };
/** How long what is still to be spoken is waited for at the end. */
const SPEECH_PATIENCE_MS = { person: 2_000, pipe: 120_000 };
const KEPT = 'Your lesson is kept. Run me again and we go on from here.';
const MAX_WIDTH = 92;

export function createTerminal(options: TerminalOptions): Terminal {
  const lines = createInterface({
    input: options.input,
    ...(options.isTty && { output: options.output }),
    terminal: options.isTty,
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  lines.setPrompt('> ');
  // A paused interface would lose lines: keep them until somebody asks.
  const inbox = queueLines(lines);
  const screen = (): Screen => ({
    width: Math.min(options.output.columns ?? MAX_WIDTH, MAX_WIDTH),
    colour: options.isTty,
  });
  let isOpen = true;
  lines.on('close', () => {
    isOpen = false;
  });
  const refresh = () => {
    if (options.isTty && isOpen) lines.prompt(true);
  };
  const surface = terminalSurface(options.output, screen, { ...options, refresh });
  options.stopping.signal.addEventListener('abort', () => lines.close());
  lines.on('SIGINT', () => options.stopping.abort());
  return {
    surface,
    async run(deps) {
      const session = openSession(deps, options, surface, screen);
      await session.begin();
      for await (const line of inbox) {
        if (options.stopping.signal.aborted || /^\s*\/?(quit|exit|bye)\s*$/i.test(line)) break;
        await session.read(line);
      }
      const isAnswered = await session.settle();
      if (isAnswered) await session.hear();
      surface.say([isAnswered ? KEPT : `I could not answer your last message yet. It is safe. ${KEPT}`]);
      lines.close();
    },
  };
}

/** One person at one terminal: which lesson they are in, and what a line of theirs does. */
function openSession(deps: ReceiveDeps, options: TerminalOptions, surface: TerminalSurface, screen: () => Screen) {
  const sessionId = randomUUID();
  let threadId = `terminal-${sessionId}`;
  let lessonId: string | null = null;
  let count = 0;

  const send = async (text: string, start?: StartOptions) => {
    count += 1;
    const message: InboundMessage = {
      platform: 'terminal',
      workspace: options.workspace,
      learner: options.learner,
      threadId,
      messageId: `${sessionId}-${count}`,
      text,
      queue: options.queue,
      ...(start && { start }),
    };
    lessonId = (await receive(deps, message)).lessonId;
  };
  /** Waits for what was written to be answered, but not for ever; true when it is. A person need not wait at all. */
  const waitFor = async (isDone: (db: ReceiveDeps['db'], lessonId: string) => Promise<boolean>, patience: number) => {
    const giveUp = performance.now() + patience;
    while (lessonId && !options.stopping.signal.aborted && !(await isDone(deps.db, lessonId))) {
      if (performance.now() > giveUp) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return true;
  };
  const who = options.isTty ? 'person' : 'pipe';
  const settle = () => waitFor(isSettled, options.patienceMs ?? PATIENCE_MS[who]);
  const hear = async () => {
    if (options.speechDir)
      await waitFor(async (db, id) => (await isSpoken(db, id)) && isSettled(db, id), SPEECH_PATIENCE_MS[who]);
  };
  const settleForPipe = async () => {
    if (!options.isTty) await settle();
  };
  const open = async (start: StartOptions) => {
    threadId = `terminal-${randomUUID()}`;
    await send('', start);
    await settleForPipe();
  };
  return {
    settle,
    hear,
    async begin() {
      const waiting = options.fresh ? null : await lessonToResume(deps, options);
      if (!waiting) return open(options.start);
      threadId = waiting.threadId;
      lessonId = waiting.id;
      if (await isSettled(deps.db, waiting.id)) {
        const last = await lastReply(deps.db, waiting.id);
        surface.say(['', ...renderReply(recap(waiting.state, last), screen()), '']);
      } else {
        surface.say(['', 'Welcome back. I am still answering what you wrote last.']);
      }
      await settleForPipe();
    },
    async read(line: string) {
      const topic = /^\s*\/?new(?:\s+(.*))?$/i.exec(line);
      try {
        if (topic) await open(topic[1]?.trim() ? { topic: topic[1].trim() } : {});
        else await send(line);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        surface.say([error.message]);
      }
      await settleForPipe();
    },
  };
}

/** The unfinished lesson to go on with: the last one, or the one on the topic that was asked for. */
async function lessonToResume(deps: ReceiveDeps, options: TerminalOptions): Promise<OpenLesson | null> {
  const lessons = await unfinishedLessons(deps.db, 'terminal', options.workspace.id, options.learner.id);
  const { topic } = options.start;
  if (!topic) return lessons[0] ?? null;
  const wanted = normalise(topic);
  return lessons.find(({ state }) => ` ${normalise(state.preferences.topic ?? '')} `.includes(` ${wanted} `)) ?? null;
}

/** The lines of an interface as they come, without losing any between two reads. */
function queueLines(lines: Interface): AsyncIterable<string> {
  const waiting: string[] = [];
  let isClosed = false;
  let wake = () => {};
  lines.on('line', (line) => {
    waiting.push(line);
    wake();
  });
  lines.on('close', () => {
    isClosed = true;
    wake();
  });
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else if (isClosed) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}
