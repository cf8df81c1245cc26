import { randomUUID } from 'node:crypto';
import { afterEach } from 'vitest';
import { receive } from '../../src/bots/receive.ts';
import type { Question } from '../../src/core/curriculum.ts';
import { answerText } from '../../src/core/grading.ts';
import type { LessonState } from '../../src/core/lesson.ts';
import type { InboundMessage, Platform, Reply, StartOptions } from '../../src/core/messages.ts';
import type { Model, OutboundDelivery, SendResult, SpeakResult, Surface, Utterance } from '../../src/core/ports.ts';
import { isSettled } from '../../src/db/lessons.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import { createLogger } from '../../src/log.ts';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../src/runtime.ts';

/** A runtime with real queues and a surface that remembers what was shown, for scripted learners. */

export const silentLog = createLogger('silent');

interface RecordingSurface extends Surface {
  sent: Pick<OutboundDelivery, 'threadId' | 'id' | 'reply' | 'draft'>[];
  previews: { threadId: string; text: string }[];
  /** What could be heard, oldest first. */
  spoken: Utterance[];
  /** Set to make speaking fail. */
  interceptSpeech: ((utterance: Utterance) => SpeakResult | null | Promise<SpeakResult | null>) | null;
  /** Set to make sending fail or crash. */
  intercept: ((delivery: OutboundDelivery) => SendResult | null) | null;
}

function recordingSurface(platform: Platform): RecordingSurface {
  const surface: RecordingSurface = {
    platform,
    sent: [],
    previews: [],
    spoken: [],
    interceptSpeech: null,
    intercept: null,
    typing() {},
    preview(threadId, text) {
      surface.previews.push({ threadId, text });
    },
    async send(delivery) {
      const other = surface.intercept?.(delivery);
      if (other) return other;
      const { threadId, id, reply, draft } = delivery;
      surface.sent.push({ threadId, id, reply, draft: draft && { key: draft.key, id: draft.id } });
      return { ok: true, platformMessageIds: [delivery.id] };
    },
    async speak(utterance) {
      const other = await surface.interceptSpeech?.(utterance);
      if (other) return other;
      surface.spoken.push(utterance);
      return { ok: true, platformMessageIds: [utterance.key] };
    },
  };
  return surface;
}

export interface Classroom {
  runtime: Runtime;
  surface: RecordingSurface;
  queue: string;
  newLearner(start?: StartOptions): Promise<ScriptedLearner>;
}

export interface ScriptedLearner {
  threadId: string;
  /** Everything that was said to this learner, oldest first. */
  replies(): Reply[];
  /** Writes and waits until all is answered; the last reply. */
  say(text: string, more?: Partial<InboundMessage>): Promise<Reply>;
  /** Writes without waiting. */
  send(text: string, more?: Partial<InboundMessage>): Promise<void>;
  settle(): Promise<void>;
  state(): Promise<LessonState>;
  /** The waiting question with its key. */
  pending(): Promise<Question>;
  answerRight(): Promise<Reply>;
  answerWrong(): Promise<Reply>;
}

const running: Runtime[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((runtime) => runtime.close()));
});

/** For a suite that runs once more on something else than the default. */
export const classroomDefaults: Partial<RuntimeOptions> = {};

/** Closed after each test. */
export async function openClassroom(
  databaseUrl: string,
  { platform = 'terminal', ...more }: Partial<RuntimeOptions> & { model?: Model; platform?: Platform } = {},
): Promise<Classroom> {
  const surface = recordingSurface(platform);
  const queue = more.queue ?? `test-${randomUUID()}`;
  const runtime = await startRuntime({
    databaseUrl,
    model: offlineModel(),
    surfaces: () => [surface],
    queue,
    log: silentLog,
    retryDelaysMs: [5, 5, 5],
    sweepMs: 200,
    // Nobody is told that they wait, however slow the machine is.
    patienceMs: 60_000,
    ...classroomDefaults,
    ...more,
  });
  running.push(runtime);
  return {
    runtime,
    surface,
    queue,
    async newLearner(start) {
      const learner = scriptedLearner(runtime, surface, queue);
      if (start) await learner.say('', { start });
      return learner;
    },
  };
}

function scriptedLearner(runtime: Runtime, surface: RecordingSurface, queue: string): ScriptedLearner {
  const threadId = `thread-${randomUUID()}`;
  let lessonId = '';
  const learner: ScriptedLearner = {
    threadId,
    replies: () => surface.sent.filter((sent) => sent.threadId === threadId).map((sent) => sent.reply),
    async send(text, more = {}) {
      const accepted = await receive(runtime, {
        platform: surface.platform,
        workspace: { id: 'school', name: 'School' },
        learner: { id: threadId, name: 'Ada' },
        threadId,
        messageId: randomUUID(),
        text,
        queue,
        ...more,
      });
      lessonId = accepted.lessonId;
    },
    async say(text, more) {
      await learner.send(text, more);
      await learner.settle();
      const last = learner.replies().at(-1);
      if (!last) throw new Error(`no reply to "${text}"`);
      return last;
    },
    settle: () => until(() => isSettled(runtime.db, lessonId)),
    async state() {
      const query = runtime.db.selectFrom('lessons').select('state').where('id', '=', lessonId);
      return (await query.executeTakeFirstOrThrow()).state;
    },
    async pending() {
      const { pending } = await learner.state();
      if (!pending) throw new Error('no question is waiting');
      return pending.question;
    },
    answerRight: async () => learner.say(rightAnswer(await learner.pending())),
    answerWrong: async () => learner.say(wrongAnswer(await learner.pending())),
  };
  return learner;
}

/** Polls a condition; gives up after 20 seconds, saying so. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 10) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('waited 20 seconds in vain');
}

function rightAnswer(question: Question): string {
  return question.kind === 'choice' ? question.answer : answerText(question);
}

export function wrongAnswer(question: Question): string {
  switch (question.kind) {
    case 'choice':
      return question.choices.find((choice) => choice.id !== question.answer)?.id ?? '';
    case 'numeric':
      return '987654';
    case 'short':
      return question.wrong[0]?.answer ?? 'zzzz';
    case 'open':
      return question.wrong[0]?.any[0] ?? 'nothing of the kind happens there';
    default:
      return question satisfies never;
  }
}
