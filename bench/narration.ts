import { setTimeout as delay } from 'node:timers/promises';
import type { Speech, SpokenSentence } from '../src/core/ports.ts';
import { spokenSentences } from '../src/core/spoken/sentences.ts';
import { googleSpeech } from '../src/external/speech/google-speech.ts';
import { offlineSpeech } from '../src/external/speech/offline-speech.ts';
import { soundOf } from '../test/twins/discord/voice/sound.ts';
import { startGoogleTts } from '../test/twins/google-tts/twin.ts';
import { type Figure, figure, type Report, spread } from './figures.ts';
import type { Place } from './servers.ts';
import { whileOpen, withDataDir } from './temp.ts';
import { found, LANGUAGE, type Room, WAYS, type Way, withRoom } from './voice-room.ts';

/**
 * How soon a reply is heard in a voice channel: the program's own bot and worker, with Discord's own voice client, in a
 * channel of the twin that encrypts from end to end; beside what the same engine takes for the first sentence alone.
 */

export const VOICES = ['offline', 'google'] as const;
export type Voice = (typeof VOICES)[number];

/** As the service takes for a sentence. */
const GOOGLE_MS = 300;
/** Nothing is said any more. */
const QUIET_MS = 400;
/** Louder than noise, on the scale of Sound. */
const SPEECH = 0.005;

interface Sample {
  /** From when the guard lets the first sentence through to the first frame of it. */
  firstMs: number;
  /** Before that, from when the model had written it. */
  heldMs: number;
  /** How long before the end of the text. */
  aheadMs: number;
  aloneMs: number;
}

/** Without a voice on this machine there is nothing to be measured: false. */
export async function measureNarration(
  newPlace: () => Promise<Place>,
  voice: Voice,
  samples: number,
  report: Report,
): Promise<boolean> {
  const google = voice === 'google' ? await startGoogleTts() : null;
  google?.take(GOOGLE_MS);
  const engine = google ? googleSpeech({ endpoint: google.endpoint, voice: null }) : offlineSpeech();
  const clear = async () => {
    await engine.close();
    await google?.close();
  };
  return whileOpen(clear, async () => {
    if ((await engine.voiceFor(LANGUAGE, null)) === null) return false;
    await withDataDir(async (dataDir) => {
      const place = await newPlace();
      await withRoom({ place, dataDir, google }, async (room) => {
        // What is loaded and opened when it is first needed.
        for (let round = 0; round < 2; round += 1) await sample(room, engine, 'streamed', -1 - round);
        const all = new Map<Way, Sample[]>(WAYS.map((way) => [way, []]));
        for (let round = 0; round < samples; round += 1) {
          for (const [way, taken] of all) taken.push(await sample(room, engine, way, round));
        }
        const where = voice === 'google' ? `Google's twin of ${GOOGLE_MS} ms` : engine.name;
        for (const [way, taken] of all) for (const each of figuresOf(way, taken, where)) report(each);
      });
    });
    return true;
  });
}

async function sample(room: Room, engine: Speech, way: Way, round: number): Promise<Sample> {
  const { twin, ada, thread, answers } = room;
  const text = textOf(way, round);
  Object.assign(answers, { text, way, moments: Promise.withResolvers() });
  await hush(room);
  const before = await alone(engine, text);
  const asked = twin.now();
  ada.says(thread, `Why is that so, for the ${round + 3}th time?`);
  const { written, shown, end } = await answers.moments.promise;
  const first = await found('speech', () => twin.voice.frames().find(({ at, isSilence }) => !isSilence && at > asked));
  if (first.at < written) throw new Error('something else is heard than what was written');
  await found('end of the reply', () => twin.messages(thread.id).some(({ content }) => content.includes(text)));
  await delay(QUIET_MS);
  const heard = soundOf(twin.voice.heardBy(ada).frames.filter(({ at }) => at >= first.at));
  if (heard.rms < SPEECH) throw new Error('what is heard is no speech');
  await hush(room);
  // On both sides of it, for a machine that is busy now and then.
  const aloneMs = (before + (await alone(engine, text))) / 2;
  return { firstMs: first.at - shown, heldMs: shown - written, aheadMs: end - first.at, aloneMs };
}

/** Whoever begins to write is waited for: what is being said stops, and goes no further when they ask something else. */
async function hush({ twin, ada, thread }: Room): Promise<void> {
  ada.types(thread);
  const last = () => twin.voice.frames().findLast(({ isSilence }) => !isSilence)?.at ?? 0;
  await found('silence', () => twin.now() - last() > QUIET_MS);
}

/** What the engine takes for the first sentence, until all of its sound is there. */
async function alone(engine: Speech, text: string): Promise<number> {
  const [sentence] = spokenSentences(text, { language: LANGUAGE });
  const sentences: SpokenSentence[] = sentence ? [{ ...sentence, pauseMs: 0 }] : [];
  const start = performance.now();
  for await (const piece of engine.speak({ sentences, language: LANGUAGE, voice: null })) {
    if (!piece.ok) throw new Error(`the engine fails: ${piece.detail}`);
  }
  return performance.now() - start;
}

function figuresOf(way: Way, taken: readonly Sample[], voice: string): Figure[] {
  const where = `, ${way}, ${voice}`;
  const all = (name: string, of: (each: Sample) => number, unit: Figure['unit'] = 'ms') =>
    spread(`voice channel: ${name}`, taken.map(of), where, [0.5, 0.95], unit);
  const common = [
    figure(`voice channel: replies${where}`, taken.length, 'count'),
    ...all('first sentence let through to first frame', ({ firstMs }) => firstMs),
    ...all('engine alone, the first sentence', ({ aloneMs }) => aloneMs),
    ...all('first frame to engine alone', ({ firstMs, aloneMs }) => firstMs / aloneMs, 'times'),
  ];
  if (way !== 'streamed') return common;
  return [
    ...common,
    ...all('first sentence held back by the guard', ({ heldMs }) => heldMs),
    ...all('first frame ahead of the end of the text', ({ aheadMs }) => aheadMs),
  ];
}

/** Of some 500 characters, each of its own words. None of them tells what the lesson asks. */
function textOf(way: Way, round: number): string {
  const first = OPENINGS[(round + OPENINGS.length) % OPENINGS.length] ?? '';
  const name = `${way === 'streamed' ? 'case' : 'example'} ${round + 3}`;
  const sentences = [first.replace('NAME', name), ...REST];
  return (way === 'one sentence' ? sentences.slice(0, 1) : sentences).join(' ');
}

/** Short ones and long ones. */
const OPENINGS = [
  'Good that you ask about NAME.',
  'Think of NAME as two people who hold the ends of one rubber band between them.',
  'In NAME only the difference of two pulls counts, and never how strong either of them is by itself.',
  'Let us look at NAME step by step.',
  'You are on a good way with NAME, and one more look at the picture will help you on.',
];

const REST = [
  'Stand at the shore in the morning and mark how high the water comes.',
  'Come back six hours later, and your mark is far above the water or deep below it.',
  'Nothing on the beach has changed, so the cause must be somewhere else.',
  'Now imagine the same beach while the whole Earth turns under it once a day.',
  'Every place meets the same water twice before the day is over.',
  'Keep that picture in mind, and read the question once more.',
];
