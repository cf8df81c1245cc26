import { status } from '@grpc/grpc-js';
import { type ReadSsml, readSsml } from './ssml.ts';

/** What the service refuses, and in which words. */

export interface Synthesis {
  input: { text?: string; ssml?: string };
  voice: { languageCode: string; name: string };
  audioConfig: { audioEncoding: string; sampleRateHertz: number };
}

export interface Refusal {
  code: status;
  details: string;
}

export interface House {
  /** Names, each with its language in front. */
  voices: readonly string[];
  /** In characters; null: any length. */
  longestSentence: number | null;
  /** Characters that are left. */
  quota: number;
}

const MOST_BYTES = 5_000;

const invalid = (details: string): Refusal => ({ code: status.INVALID_ARGUMENT, details });

/** What is to be said, or why not. */
export function check({ input, voice, audioConfig }: Synthesis, house: House): ReadSsml | Refusal {
  const given = input.ssml ?? input.text ?? '';
  if (given === '') return invalid('One of `input.text` or `input.ssml` must be set.');
  if (Buffer.byteLength(given) > MOST_BYTES) {
    return invalid(
      'Either `input.text` or `input.ssml` is longer than the limit of 5000 bytes. This limit is different from quotas.',
    );
  }
  const wrongVoice = checkVoice(voice, house.voices);
  if (wrongVoice) return invalid(wrongVoice);
  if (audioConfig.audioEncoding !== 'LINEAR16') return invalid('The twin makes LINEAR16 only.');
  const read = input.ssml === undefined ? { text: given, pauseMs: 0 } : readSsml(input.ssml);
  if (!read) return invalid(`Invalid SSML. Newer voices like Neural2 require valid SSML. ${given}`);
  const sentences = read.text.split(/[.!?]\s/);
  if (house.longestSentence !== null && sentences.some((each) => each.length > Number(house.longestSentence))) {
    return invalid('This request contains sentences that are too long. Consider splitting up long sentences.');
  }
  house.quota -= [...given].length;
  if (house.quota < 0)
    return { code: status.RESOURCE_EXHAUSTED, details: 'Resource has been exhausted (check quota).' };
  return read;
}

function checkVoice({ languageCode, name }: Synthesis['voice'], voices: readonly string[]): string | null {
  if (!languageCode) return 'The voice needs a language code.';
  const spoken = voices.filter((voice) => voice.toLowerCase().startsWith(`${languageCode.toLowerCase()}-`));
  if (!name) return spoken.length > 0 ? null : `No voice speaks the language '${languageCode}'.`;
  if (!voices.includes(name)) return `Voice '${name}' does not exist. Is it misspelled?`;
  return spoken.includes(name) ? null : `Voice '${name}' does not speak '${languageCode}'.`;
}
