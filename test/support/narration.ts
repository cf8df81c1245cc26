import { ChannelType } from 'discord-api-types/v10';
import { onTestFinished } from 'vitest';
import type { Timing } from '../../src/bots/discord/voice/sessions.ts';
import { NO_BUDGETS } from '../../src/core/budget.ts';
import { NEUTRAL } from '../../src/core/judgement.ts';
import { NEWS_CHANNEL } from '../../src/db/narrations.ts';
import { hearNews } from '../../src/db/news.ts';
import { recorder } from '../../src/external/speech/recorder.ts';
import type { Person } from '../twins/discord/people.ts';
import type { ChannelHandle } from '../twins/discord/twin.ts';
import type { RecordedRequest } from '../twins/openai.ts';
import { type OpenAiTwin, startOpenAiTwin, type TwinAnswer } from '../twins/openai.ts';
import { until } from './classroom.ts';
import type { SchoolOptions } from './discord.ts';
import { answerTo, type DiscordLesson, type DiscordServer, openDiscordServer, startLesson } from './discord-lesson.ts';
import { type Tones, toneSpeech } from './tones.ts';
import { twinModel } from './twin-model.ts';
import { twinTutor } from './twin-tutor.ts';

/** Lessons that are narrated in voice channels of the twin, by a voice that sings. */

export const QUICK: Partial<Timing> = {
  ...{ typingMs: 600, retryMs: 20, emptyMs: 60, lookMs: 300, leaseMs: 5_000, firstMs: 6_000, againMs: 30_000 },
};

export interface NarratedServer extends DiscordServer {
  tones: Tones;
  model: OpenAiTwin;
  /** What the tutor answers to a question, and what each part of its stream waits for. */
  answers: { message: string; gate?: TwinAnswer['gate'] };
  room: ChannelHandle;
  /** Sentences that somebody heard, in order. */
  heardBy(person: Person): string[];
  /** Nothing has been said for half a second. */
  isQuiet(): boolean;
  /** Until somebody has heard a sentence to its end. */
  hears(person: Person, text: string): Promise<void>;
}

export async function openNarratedServer(
  databaseUrl: string,
  { timing, ...options }: SchoolOptions & { timing?: Partial<Timing> } = {},
): Promise<NarratedServer> {
  const tones = toneSpeech();
  const model = await startOpenAiTwin();
  onTestFinished(() => model.close());
  const answers: NarratedServer['answers'] = { message: 'This is so. Yes.' };
  model.respond((request) => answerOf(request, answers));
  const server = await openDiscordServer(databaseUrl, {
    ...options,
    // A test may hold an answer for as long as it takes until something is heard.
    runtime: { speech: tones, model: twinModel(model, { timeoutMs: 20_000 }), ...options.runtime },
    connect: {
      narration: {
        ...{ speech: tones, budgets: NO_BUDGETS, loadRecorder: async () => recorder, timing: { ...QUICK, ...timing } },
        hear: (onNews) => hearNews(databaseUrl, NEWS_CHANNEL, onNews),
      },
      ...options.connect,
    },
  });
  server.twin.voice.trust();
  const room = server.guild.addChannel({ name: 'Room', type: ChannelType.GuildVoice });
  const listened = listening(({ id }) => tones.heardIn(server.twin.voice.heardBy({ id }).frames));
  return {
    ...{ ...server, tones, model, answers, room },
    heardBy: (person) => listened(person).map(({ text }) => text),
    isQuiet() {
      const last = server.twin.voice.frames().findLast(({ isSilence }) => !isSilence);
      return server.twin.now() - (last?.at ?? 0) > 500;
    },
    hears: (person, text) =>
      until(() => {
        return listened(person).some((each) => each.text === text && each.seconds >= tones.seconds * 0.85);
      }).catch(() => {
        const heard = listened(person).map((each) => `${each.text} (${each.seconds})`);
        throw new Error(`${text} was not heard, but: ${heard.join(' | ')}`);
      }),
  };
}

/** To listen takes some time: not more than a few times a second. */
export function listening<Heard>(listen: (person: { id: string }) => Heard): (person: { id: string }) => Heard {
  const last = new Map<string, { at: number; heard: Heard }>();
  return ({ id }) => {
    const known = last.get(id);
    if (known && performance.now() - known.at < 150) return known.heard;
    const heard = listen({ id });
    last.set(id, { at: performance.now(), heard });
    return heard;
  };
}

/** Questions are answered in the test's words, everything else by rule. */
function answerOf(request: RecordedRequest, { message, gate }: NarratedServer['answers']): TwinAnswer {
  const isQuestion = /<learner_reply>\nwhy/.test(request.user);
  if (!isQuestion || (request.agent !== 'teacher' && request.agent !== undefined)) return twinTutor(request);
  return {
    json: {
      judgement: { ...NEUTRAL, intent: 'question', label: null, verdict: null, criteriaMet: false },
      ...{ message, question: null, unanswered: false, note: '' },
    },
    chunkSize: 8,
    ...(gate && { gate }),
  };
}

/** A lesson at its first question, whose learner is in the voice channel and has the tutor there. */
export async function joinedLesson(
  server: NarratedServer,
  learner = server.ada,
  room = server.room,
): Promise<DiscordLesson> {
  const lesson = await begunLesson(server, learner);
  learner.joinsVoice(room);
  const used = learner.runs(lesson, 'tutor voice', { speak: 'join' });
  const answer = await answerTo(used);
  if (!answer.startsWith('I am with you')) throw new Error(answer);
  return lesson;
}

export async function begunLesson(server: NarratedServer, learner = server.ada): Promise<DiscordLesson> {
  const lesson = await startLesson(server, server.channel, learner);
  await lesson.presses('Start');
  return lesson;
}
