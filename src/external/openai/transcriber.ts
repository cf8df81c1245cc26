import { toFile } from 'openai';
import type { Transcription, TranscriptionCreateParamsNonStreaming } from 'openai/resources/audio/transcriptions';
import type { OpenAiConfig } from '../../config.ts';
import type { ModelFailure } from '../../core/ports.ts';
import type { Transcriber, TranscriptRequest, TranscriptUsage } from '../../core/transcriber.ts';
import { errorMessage } from '../../errors.ts';
import { failureOf, refusesSound } from './failures.ts';
import { type KeyRing, keyRing } from './keys.ts';
import { hearingCost, mostHearingCost } from './prices.ts';

interface TranscriberOptions {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Retries of one call, by the SDK. */
  maxRetries?: number;
}

interface Adapter {
  config: OpenAiConfig;
  model: string;
  keys: KeyRing;
  now(): number;
}

/** Of a recording of which nobody says how long it is; longer ones are declined where it is known. */
const UNKNOWN_SECONDS = 300;

/** OpenAI, or a server that speaks its language, as a Transcriber. */
export function openAiTranscriber(config: OpenAiConfig, model: string, options: TranscriberOptions): Transcriber {
  const { now, maxRetries = 2 } = options;
  const adapter: Adapter = { config, model, now, keys: keyRing(config, { maxRetries, now }) };
  return {
    estimate: ({ seconds }) => mostHearingCost(model, seconds ?? UNKNOWN_SECONDS),
    async transcribe(request) {
      try {
        return await transcribe(adapter, request);
      } catch (error) {
        return { ok: false, reason: 'unavailable', detail: `the call could not be made: ${errorMessage(error)}` };
      }
    },
  };
}

/** Under one deadline, which an answer that stalls in the middle cannot outlive. */
async function transcribe(adapter: Adapter, request: TranscriptRequest): Promise<Transcribed> {
  const { config, model, now } = adapter;
  const { apiKeys, timeoutMs } = config;
  const startedAt = now();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    const params = await paramsOf(model, request);
    const said = await adapter.keys.call((client) =>
      client.audio.transcriptions.create(params, { signal: deadline.signal }),
    );
    if (typeof said?.text !== 'string') return failed('invalid_output', 'the server answers without a text');
    return { ok: true, text: said.text, usage: usageOf(model, said, request, now() - startedAt) };
  } catch (error) {
    const late = deadline.signal.aborted;
    const call = { model, setBy: 'MODEL_TRANSCRIBE', timeoutMs, late, secrets: apiKeys, now };
    const failure = failureOf(error, call);
    return !late && refusesSound(error) ? { ...failure, reason: 'refused' } : failure;
  } finally {
    clearTimeout(timer);
  }
}

type Transcribed = { ok: true; text: string; usage: TranscriptUsage } | ModelFailure;

/** The server goes by the ending of the name, and takes no other than these. */
const ENDINGS: readonly [type: RegExp, ending: string][] = [
  [/webm/, 'webm'],
  [/ogg|opus/, 'ogg'],
  [/wav|wave/, 'wav'],
  [/flac/, 'flac'],
  [/mpeg|mp3/, 'mp3'],
];

async function paramsOf(
  model: string,
  { audio, type, language }: TranscriptRequest,
): Promise<TranscriptionCreateParamsNonStreaming<'json'>> {
  const ending = ENDINGS.find(([pattern]) => pattern.test(type))?.[1] ?? 'm4a';
  // Bytes, so that a retry can send them again.
  const file = await toFile(audio, `recording.${ending}`, { type });
  return { file, model, response_format: 'json', ...(language && { language }) };
}

function usageOf(
  model: string,
  { usage }: Transcription,
  { seconds: known }: TranscriptRequest,
  latencyMs: number,
): TranscriptUsage {
  const seconds = usage?.type === 'duration' ? usage.seconds : (known ?? 0);
  const counted = usage?.type === 'tokens' ? usage : null;
  const input = counted?.input_tokens ?? 0;
  const text = counted?.input_token_details?.text_tokens ?? 0;
  const output = counted?.output_tokens ?? 0;
  const tokens = counted && { audio: input - text, text, output };
  const cost = hearingCost(model, seconds, tokens);
  return { model, seconds, inputTokens: input, cachedTokens: 0, outputTokens: output, cost, latencyMs };
}

function failed(reason: ModelFailure['reason'], detail: string): ModelFailure {
  return { ok: false, reason, detail };
}
