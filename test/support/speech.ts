import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Speech, Utterance } from '../../src/core/ports.ts';
import { isSpoken } from '../../src/db/utterances.ts';
import { googleSpeech } from '../../src/external/speech/google-speech.ts';
import type { RuntimeOptions } from '../../src/runtime.ts';
import { type GoogleTtsTwin, startGoogleTts } from '../twins/google-tts/twin.ts';
import { type Classroom, openClassroom, type ScriptedLearner, until } from './classroom.ts';
import type { useDatabase } from './database.ts';

/** Classrooms in which one can listen: Google's client speaks, to a twin of its service. */

export interface SpeechStage {
  readonly twin: GoogleTtsTwin;
  /** Google's, as every classroom has it. */
  engine(voice?: string): Speech;
  open(more?: Partial<RuntimeOptions> & { voice?: string }): Promise<SpeakingClassroom>;
  lessonOf(learner: Pick<ScriptedLearner, 'threadId'>): Promise<string>;
  /** Waits until all is sent and spoken, or given up. */
  quiet(learner: ScriptedLearner): Promise<void>;
  /** The delivery of what was said last. */
  lastDelivery(learner: Pick<ScriptedLearner, 'threadId'>): Promise<string>;
}

interface SpeakingClassroom extends Classroom {
  heardBy(learner: Pick<ScriptedLearner, 'threadId'>): Utterance[];
}

export function useSpeech(database: ReturnType<typeof useDatabase>): SpeechStage {
  let twin: GoogleTtsTwin;
  beforeAll(async () => {
    twin = await startGoogleTts();
  });
  afterEach(() => {
    twin.house.quota = Number.POSITIVE_INFINITY;
  });
  afterAll(() => twin.close());
  const engines: { close(): Promise<void> }[] = [];
  afterAll(() => Promise.all(engines.map((engine) => engine.close())));
  const engine: SpeechStage['engine'] = (voice) => {
    const speech = googleSpeech({ endpoint: twin.endpoint, voice: voice ?? null });
    engines.push(speech);
    return speech;
  };
  const lessonOf: SpeechStage['lessonOf'] = async ({ threadId }) => {
    const query = database.db.selectFrom('lessons').select('id').where('thread_id', '=', threadId);
    return (await query.executeTakeFirstOrThrow()).id;
  };
  return {
    get twin() {
      return twin;
    },
    lessonOf,
    engine,
    async open({ voice, ...more } = {}) {
      const speech = engine(voice);
      const classroom = await openClassroom(database.url, { speech, speechRetryDelaysMs: [5, 5], ...more });
      return {
        ...classroom,
        heardBy: ({ threadId }) => classroom.surface.spoken.filter((each) => each.threadId === threadId),
      };
    },
    async quiet(learner) {
      const lesson = await lessonOf(learner);
      await until(() => isSpoken(database.db, lesson));
      await learner.settle();
    },
    async lastDelivery(learner) {
      const query = database.db
        .selectFrom('deliveries')
        .select('id')
        .where('lesson_id', '=', await lessonOf(learner));
      return (await query.orderBy('seq', 'desc').limit(1).executeTakeFirstOrThrow()).id;
    },
  };
}
