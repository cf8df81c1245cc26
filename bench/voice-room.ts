import { setTimeout as delay } from 'node:timers/promises';
import { ChannelType } from 'discord-api-types/v10';
import type { Question } from '../src/core/curriculum.ts';
import { showable } from '../src/core/guard.ts';
import { finishedSentences } from '../src/core/spoken/growing.ts';
import { openDatabase } from '../src/db/database.ts';
import type { Person } from '../test/twins/discord/people.ts';
import { type DiscordTwin, startDiscordTwin } from '../test/twins/discord/twin.ts';
import type { GoogleTtsTwin } from '../test/twins/google-tts/twin.ts';
import { type OpenAiTwin, startOpenAiTwin, type TwinAnswer } from '../test/twins/openai.ts';
import { environmentFor, startMember } from './program.ts';
import { saidOnTheWire, TOPIC } from './script.ts';
import type { Place } from './servers.ts';
import { whileOpen } from './temp.ts';

/** The program's own bot and worker in a voice channel of the twin, and a model that answers at a provider's pace. */

export const LANGUAGE = 'en-US';
/** As a provider streams: so many tokens a second, of some four characters. */
const TOKENS_PER_SECOND = 40;
const CHARACTERS_PER_TOKEN = 4;
/** Until its first token. */
const THINKING_MS = 500;
const PATIENCE_MS = 60_000;
/** In the form of Discord's: three parts. */
const TOKEN = 'bm9ib2R5LWlzLWF0LXRoaXM.Ym90LQ.b2YtYS10d2luLW9mLURpc2NvcmQ';

/** How the model answers: token by token; in one piece; and in one piece that is a single sentence. */
export const WAYS = ['streamed', 'at once', 'one sentence'] as const;
export type Way = (typeof WAYS)[number];

/** When what happened to a reply, by the twins' clock. */
interface Moments {
  /** The stream holds its first sentence, and what shows that it is over. */
  written: number;
  /** The guard lets that through. */
  shown: number;
  /** The stream's text is at its end. */
  end: number;
}

export interface Room {
  twin: DiscordTwin;
  ada: Person;
  thread: { id: string };
  /** What the next question is answered with, and when what of it was written. */
  answers: { text: string; way: Way; waiting: Question | null; moments: PromiseWithResolvers<Moments> };
}

export async function withRoom(
  { place, dataDir, google }: { place: Place; dataDir: string; google: GoogleTtsTwin | null },
  work: (room: Room) => Promise<void>,
): Promise<void> {
  const closing: (() => Promise<unknown>)[] = [];
  const clear = async () => {
    for (const close of closing.toReversed()) await close();
  };
  await whileOpen(clear, async () => {
    const twin = await startDiscordTwin({ token: TOKEN });
    closing.push(twin.close);
    const model = await startOpenAiTwin();
    closing.push(model.close);
    const answers: Room['answers'] = { text: '', way: 'streamed', waiting: null, moments: Promise.withResolvers() };
    answerIn(model, answers, twin);
    const environment = environmentFor(place, {
      ...{ DATA_DIR: dataDir, OPENAI_BASE_URL: model.url, DISCORD_TOKEN: TOKEN, DISCORD_API_URL: twin.url },
      ...{ NODE_EXTRA_CA_CERTS: twin.voice.certificateFile(), SPEECH_ENGINE: google ? 'google' : 'offline' },
      ...(google && { GOOGLE_TTS_ENDPOINT: `${google.endpoint.host}:${google.endpoint.port}` }),
    });
    for (const role of ['bot', 'worker'] as const) closing.push((await startMember(role, environment)).close);
    const room = await enter(twin, answers, place);
    await work(room);
    if (twin.violations.length > 0) throw new Error(`on Discord: ${twin.violations.slice(0, 3).join('; ')}`);
  });
}

/** A lesson at its first question, whose learner has the tutor in a voice channel. */
async function enter(twin: DiscordTwin, answers: Room['answers'], place: Place): Promise<Room> {
  await found('commands', () => twin.commands()[0]);
  const guild = twin.addGuild({ name: 'School' });
  const ada = guild.addMember({ name: 'Ada' });
  const used = ada.runs({ id: guild.addChannel({ name: 'tutoring' }).id }, 'tutor start', { topic: TOPIC });
  const id = await found('lesson', () => /<#(\d+)>/.exec(used.replies()[0]?.content ?? '')?.[1]);
  const withButtons = () => twin.messages(id).filter(({ author, components }) => author.isBot && components.length > 0);
  const plan = await found('plan', () => withButtons().at(-1));
  ada.presses(plan, 'Start');
  answers.waiting = await questionIn(place, id);
  const channel = guild.addChannel({ name: 'Room', type: ChannelType.GuildVoice });
  ada.joinsVoice(channel);
  const joined = ada.runs({ id }, 'tutor voice', { speak: 'join' });
  const answer = await found('answer', () => joined.replies().at(-1)?.content);
  if (!answer.startsWith('I am with you')) throw new Error(`the tutor does not come: ${answer}`);
  return { twin, ada, thread: { id }, answers };
}

/** The question that waits for the learner: the guard holds back what could give its answer away. */
async function questionIn({ databaseUrl }: Place, threadId: string): Promise<Question> {
  const { db, close } = openDatabase(databaseUrl, () => {});
  try {
    return await found('question', async () => {
      const lesson = await db
        .selectFrom('lessons')
        .select('state')
        .where('thread_id', '=', threadId)
        .executeTakeFirst();
      return lesson?.state.pending?.question;
    });
  } finally {
    await close();
  }
}

/** The script, but for questions: they are answered with the words and in the way that the sample wants. */
function answerIn(model: OpenAiTwin, answers: Room['answers'], { now }: DiscordTwin): void {
  model.respond(async ({ agent, user }): Promise<TwinAnswer> => {
    const { text, way, waiting, moments } = answers;
    const json = saidOnTheWire(agent, user, text);
    if (!('message' in json) || json.message !== text) return { json, chunkSize: 40 };
    await delay(THINKING_MS);
    const isStreamed = way === 'streamed';
    const said: Partial<Moments> = {};
    return {
      json,
      chunkSize: isStreamed ? CHARACTERS_PER_TOKEN : JSON.stringify(json).length,
      async gate(sent) {
        note(said, /"message":"([^"]*)/.exec(sent)?.[1] ?? '', { text, waiting }, now());
        const { written, shown, end } = said;
        if (written && shown && end) moments.resolve({ written, shown, end });
        if (isStreamed) await delay(1_000 / TOKENS_PER_SECOND);
      },
    };
  });
}

/** What of the message is there now for the first time. */
function note(
  said: Partial<Moments>,
  message: string,
  { text, waiting }: Pick<Room['answers'], 'text' | 'waiting'>,
  at: number,
): void {
  const isWhole = message === text;
  if (isWhole) said.end ??= at;
  if (isWhole || hasSentence(message)) said.written ??= at;
  if (isWhole || hasSentence((waiting ? showable(waiting, message) : message) ?? '')) said.shown ??= at;
}

function hasSentence(message: string): boolean {
  return finishedSentences(message, { language: LANGUAGE }).length > 0;
}

/** What `look` finds, as soon as it does. */
export async function found<Found>(what: string, look: () => Found | Promise<Found>): Promise<NonNullable<Found>> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const it = await look();
    if (it) return it;
    if (performance.now() > deadline) throw new Error(`waited in vain for the ${what}`);
    await delay(5);
  }
}
