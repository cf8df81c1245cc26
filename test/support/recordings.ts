import type { Recording } from '../../src/core/messages.ts';
import type { Transcriber } from '../../src/core/transcriber.ts';
import { openAiTranscriber } from '../../src/external/openai/transcriber.ts';
import { offlineSpeech } from '../../src/external/speech/offline-speech.ts';
import { recorder } from '../../src/external/speech/recorder.ts';
import type { OpenAiTwin } from '../twins/openai.ts';

/** What people say instead of typing it, in a real voice. */

export interface Recorded {
  bytes: Buffer;
  seconds: number;
  /** Base64. */
  waveform: string;
}

const voice = offlineSpeech();

/** Ogg Opus, as phones record it. */
export async function recorded(words: string): Promise<Recorded> {
  const sentences = [{ text: words, ssml: words, pauseMs: 0 }];
  const pieces: Int16Array[] = [];
  for await (const piece of voice.speak({ sentences, language: 'en-US', voice: null })) {
    if (!piece.ok) throw new Error(`nobody speaks: ${piece.detail}`);
    pieces.push(piece.pcm);
  }
  const pcm = recorder.join(pieces);
  const waveform = Buffer.from(recorder.waveform(pcm)).toString('base64');
  return { bytes: await recorder.encode(pcm), seconds: pcm.length / 48_000, waveform };
}

/** As a bot hands it to the core. */
export function recordingOf({ bytes, seconds }: Recorded): Recording {
  return { name: 'voice-message.ogg', type: 'audio/ogg', seconds, audio: bytes.toString('base64') };
}

/** The real adapter and SDK, speaking to the twin. */
export function twinTranscriber(twin: Pick<OpenAiTwin, 'url'>, model = 'gpt-4o-mini-transcribe'): Transcriber {
  const config = {
    ...{ apiKeys: ['sk-test'], baseUrl: twin.url, api: 'chat' as const, timeoutMs: 5_000 },
    ...{ models: { small: 'gpt-4o-mini', large: 'gpt-4o' }, moderation: false, pictures: false },
  };
  return openAiTranscriber(config, model, { now: Date.now, maxRetries: 0 });
}
