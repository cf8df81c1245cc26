import { setTimeout as delay } from 'node:timers/promises';
import { receive } from '../src/bots/receive.ts';
import { languageTag } from '../src/core/languages.ts';
import type { Reply } from '../src/core/messages.ts';
import type { Model, Speech, SpokenSentence, Surface } from '../src/core/ports.ts';
import { type AudioPart, audioParts } from '../src/core/speech-audio.ts';
import { offlineSpeech } from '../src/external/speech/offline-speech.ts';
import { oggOpus } from '../src/external/speech/ogg-opus.ts';
import { recorder } from '../src/external/speech/recorder.ts';
import { createLogger } from '../src/log.ts';
import { type Runtime, startRuntime } from '../src/runtime.ts';
import { type Figure, figure, median, type Report, spread } from './figures.ts';
import { scriptedModel, TOPIC } from './script.ts';
import type { Place } from './servers.ts';

/**
 * How soon a reply is there as voice messages, on the real pipeline with the voice that needs no key, beside what the
 * engine itself takes. A voice message is attached when all of its part is made, up to a minute of speech: that its first
 * sentence took less is no use to whoever waits. Where it is, in a voice channel, is measured by narration.ts.
 */

const QUEUE = 'bench-speech';
const PATIENCE_MS = 60_000;
const LENGTHS = { short: 2, long: 40 } as const;
type Length = keyof typeof LENGTHS;

/** One reply that was sent, and heard. */
interface Heard {
  reply: Reply;
  /** From the moment when its text was shown. */
  firstMs: number;
  allMs: number;
  parts: number;
}

/** What the engine takes for the same words, alone. */
interface Alone {
  firstSentenceMs: number;
  firstPartMs: number;
  /** Of sound, in the first part. */
  seconds: number;
  encodingMs: number;
}

/** Without a voice on this machine there is nothing to be measured: false. */
export async function measureSpeech(place: Place, where: string, samples: number, report: Report): Promise<boolean> {
  const speech = offlineSpeech();
  const voice = await speech.voiceFor('en-US', null);
  if (voice === null) return false;
  const stage = await openStage(place, speech);
  try {
    await stage.say('voice on');
    const alone: Alone[] = [];
    for (const length of ['short', 'long'] satisfies Length[]) {
      const pairs: { heard: Heard; alone: Alone }[] = [];
      for (let sample = 0; sample < samples; sample += 1) {
        stage.speakNext(length, `${length}-${sample}`);
        const heard = await stage.say('Why is that so?');
        pairs.push({ heard, alone: await engineAlone(speech, partsOf(heard.reply, speech, voice)) });
      }
      alone.push(...pairs.map((pair) => pair.alone));
      for (const each of figuresOf(pairs, `a ${length} reply, ${where}`)) report(each);
    }
    for (const each of engineFigures(alone, where)) report(each);
    for (const each of await keptFigures(stage, samples, where)) report(each);
  } finally {
    await stage.close();
    await speech.close();
  }
  return true;
}

function partsOf(reply: Reply, { name: engine }: Speech, voice: string): AudioPart[] {
  return audioParts(reply, { engine, voice, language: languageTag(null, null) ?? '' });
}

async function engineAlone(speech: Speech, [first]: readonly AudioPart[]): Promise<Alone> {
  const sentences = first?.sentences ?? [];
  const one = await synthesis(speech, sentences.slice(0, 1));
  const all = await synthesis(speech, sentences);
  const start = performance.now();
  await oggOpus(recorder.join(all.pieces));
  return {
    firstSentenceMs: one.ms,
    firstPartMs: all.ms,
    seconds: all.seconds,
    encodingMs: performance.now() - start,
  };
}

async function synthesis(speech: Speech, sentences: readonly SpokenSentence[]) {
  const pieces: Int16Array[] = [];
  let seconds = 0;
  const start = performance.now();
  for await (const piece of speech.speak({ sentences, language: 'en-US', voice: null })) {
    if (!piece.ok) throw new Error(`the engine fails: ${piece.detail}`);
    pieces.push(piece.pcm);
    seconds += piece.usage.seconds;
  }
  return { ms: performance.now() - start, pieces, seconds };
}

function figuresOf(pairs: readonly { heard: Heard; alone: Alone }[], where: string): Figure[] {
  const heard = pairs.map((pair) => pair.heard);
  const ratio = (of: (alone: Alone) => number) => median(pairs.map(({ heard, alone }) => heard.firstMs / of(alone)));
  return [
    figure(`voice message: parts of ${where}`, median(heard.map(({ parts }) => parts)), 'count'),
    ...spread(
      'voice message: text sent to first part attached',
      heard.map(({ firstMs }) => firstMs),
      `, ${where}`,
    ),
    ...spread(
      'voice message: text sent to last part attached',
      heard.map(({ allMs }) => allMs),
      `, ${where}`,
    ),
    ...spread(
      'voice message: engine alone, all of the first part',
      pairs.map(({ alone }) => alone.firstPartMs),
      `, ${where}`,
      [0.5],
    ),
    figure(
      `voice message: first part attached to engine alone, all of that part, ${where}`,
      ratio(({ firstPartMs }) => firstPartMs),
      'times',
    ),
    figure(
      `voice message: first part attached to engine alone, its first sentence only, ${where}`,
      ratio((each) => each.firstSentenceMs),
      'times',
    ),
  ];
}

function engineFigures(alone: readonly Alone[], where: string): Figure[] {
  return [
    ...spread(
      'engine alone, the first sentence',
      alone.map(({ firstSentenceMs }) => firstSentenceMs),
      `, ${where}`,
    ),
    figure(
      `synthesis for a second of sound, ${where}`,
      median(alone.map((each) => each.firstPartMs / each.seconds)),
      'ms',
    ),
    figure(
      `encoding for a second of sound, ${where}`,
      median(alone.map((each) => each.encodingMs / each.seconds)),
      'ms',
    ),
  ];
}

/** The same words once more: nothing of them is made again. */
async function keptFigures(stage: Stage, samples: number, where: string): Promise<Figure[]> {
  const before = stage.made();
  const again: Heard[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    stage.speakNext('long', `long-${sample}`);
    again.push(await stage.say('Why is that so?'));
  }
  const parts = again.reduce((sum, each) => sum + each.parts, 0);
  return [
    ...spread(
      'voice message: text sent to first part attached',
      again.map(({ firstMs }) => firstMs),
      `, kept from before, ${where}`,
    ),
    figure(`voice message: parts kept from before, ${where}`, parts - (stage.made() - before), 'count'),
    figure(`voice message: of so many, ${where}`, parts, 'count'),
  ];
}

interface Stage {
  /** The next replies have this length, and these words of their own. */
  speakNext(length: Length, word: string): void;
  /** Resolves when the answer was heard to its end. */
  say(text: string): Promise<Heard>;
  /** Parts that were synthesised so far. */
  made(): number;
  close(): Promise<void>;
}

async function openStage(place: Place, engine: Speech): Promise<Stage> {
  let made = 0;
  const speech: Speech = {
    ...engine,
    speak(request) {
      made += 1;
      return engine.speak(request);
    },
  };
  const words = { text: 'Let us begin.' };
  const ears = listening();
  const runtime = await startRuntime({
    ...place,
    ...{ model: talking(words), speech, surfaces: () => [ears.surface], queue: QUEUE, log: createLogger('error') },
    isAlone: async () => true,
  });
  const write = writer(runtime);
  await write('', { topic: TOPIC, autostart: true });
  await ears.sent();
  return {
    speakNext(length, word) {
      words.text = textOf(length, word);
    },
    async say(text) {
      const heard = ears.next();
      await write(text);
      return heard;
    },
    made: () => made,
    close: () => runtime.close(),
  };
}

function textOf(length: Length, word: string): string {
  const sentences = Array.from(
    { length: LENGTHS[length] },
    (_, index) => `Sentence ${index + 1} of ${word} says that only the difference of two pulls raises a tide.`,
  );
  return sentences.join(' ');
}

/** The script's, with other words in its answers. */
function talking(words: { text: string }): Model {
  const script = scriptedModel();
  return {
    ...script,
    async generate(request) {
      const result = await script.generate(request);
      if (!result.ok || request.agent !== 'teacher') return result;
      return { ...result, output: { ...result.output, message: words.text } };
    },
  };
}

function writer(runtime: Runtime) {
  let written = 0;
  return async (text: string, start?: { topic: string; autostart: boolean }) => {
    written += 1;
    await receive(runtime, {
      ...{ platform: 'terminal', workspace: { id: 'bench', name: 'Bench' }, learner: { id: 'ear', name: 'Ada' } },
      ...{ threadId: 'ear', messageId: `ear-${written}`, text, queue: QUEUE },
      ...(start && { start }),
    });
  };
}

/** A surface on which one reply is sent, and then heard, at a time. */
function listening() {
  let sent: { reply: Reply; at: number } | null = null;
  let first = 0;
  let done: (heard: Heard) => void = () => {};
  const surface: Surface = {
    platform: 'terminal',
    typing() {},
    preview() {},
    async send({ id, reply }) {
      sent = { reply, at: performance.now() };
      return { ok: true, platformMessageIds: [id] };
    },
    async speak({ key, part, of }) {
      const now = performance.now();
      if (!sent) throw new Error('something is heard that was not sent');
      if (part === 0) first = now - sent.at;
      if (part === of - 1) done({ reply: sent.reply, firstMs: first, allMs: now - sent.at, parts: of });
      return { ok: true, platformMessageIds: [key] };
    },
  };
  return {
    surface,
    async sent() {
      while (!sent) await delay(1);
    },
    next() {
      const { promise, resolve, reject } = Promise.withResolvers<Heard>();
      const timer = setTimeout(() => reject(new Error('nothing is heard')), PATIENCE_MS);
      done = resolve;
      return promise.finally(() => clearTimeout(timer));
    },
  };
}
