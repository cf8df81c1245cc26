/** A twin of Google Cloud Text-to-Speech for the real client: gRPC on loopback, with the messages of its own package. */
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { protos } from '@google-cloud/text-to-speech';
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  type status,
} from '@grpc/grpc-js';
import { check, type House, type Refusal, type Synthesis } from './checks.ts';
import { wavOf } from './sound.ts';

const { SynthesizeSpeechRequest, SynthesizeSpeechResponse, ListVoicesRequest, ListVoicesResponse } =
  protos.google.cloud.texttospeech.v1;

export interface GoogleTtsTwin {
  /** As GOOGLE_TTS_ENDPOINT has it. */
  endpoint: { host: string; port: number; plain: true };
  house: House;
  /** What was asked for, in order: also what was refused. */
  requests: Synthesis[];
  /** How many calls the client has taken back. */
  cancelled(): number;
  /** The next calls fail, one with each. */
  failNext(...failures: Refusal[]): void;
  /** Each piece takes so long from now on. */
  take(ms: number): void;
  /** Nothing is answered any more until the function is called that this returns. */
  hold(): () => void;
  close(): Promise<void>;
}

const VOICES = [
  ...['en-US-Wavenet-F', 'en-US-Neural2-C', 'en-US-Studio-O', 'en-GB-Wavenet-A', 'de-DE-Wavenet-G'],
  ...['de-DE-Standard-A', 'es-ES-Wavenet-F', 'fr-FR-Wavenet-F', 'it-IT-Standard-A', 'ja-JP-Wavenet-A'],
];

type Unary<Request, Response> = handleUnaryCall<Request, Response>;

interface Twin extends Pick<GoogleTtsTwin, 'house' | 'requests'> {
  failures: Refusal[];
  gate: Promise<void>;
  pieceMs: number;
  cancelled: number;
}

export async function startGoogleTts(): Promise<GoogleTtsTwin> {
  const twin: Twin = {
    house: { voices: VOICES, longestSentence: null, quota: Number.POSITIVE_INFINITY },
    requests: [],
    failures: [],
    gate: Promise.resolve(),
    pieceMs: 0,
    cancelled: 0,
  };
  const server = new Server({ 'grpc.max_send_message_length': -1 });
  server.addService(DEFINITION, { synthesizeSpeech: synthesizing(twin), listVoices: listing(twin) });
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
  return {
    endpoint: { host: '127.0.0.1', port, plain: true },
    house: twin.house,
    requests: twin.requests,
    cancelled: () => twin.cancelled,
    take(ms) {
      twin.pieceMs = ms;
    },
    failNext(...failures) {
      twin.failures.push(...failures);
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      twin.gate = promise;
      return resolve;
    },
    async close() {
      server.forceShutdown();
    },
  };
}

type SpeechResponse = protos.google.cloud.texttospeech.v1.ISynthesizeSpeechResponse;
type SpeechWire = protos.google.cloud.texttospeech.v1.SynthesizeSpeechRequest;

function synthesizing(twin: Twin): Unary<SpeechWire, SpeechResponse> {
  return async (call, answer) => {
    const all = SynthesizeSpeechRequest.toObject(call.request, { enums: String, defaults: true }) as Synthesis;
    // Of the input only what was set: the rest would look like an empty text.
    const request: Synthesis = { ...all, input: SynthesizeSpeechRequest.toObject(call.request).input };
    twin.requests.push(request);
    let isOpen = true;
    // The server says so of every call that is over.
    call.on('cancelled', () => {
      if (isOpen) twin.cancelled += 1;
    });
    await twin.gate;
    if (twin.pieceMs > 0) await delay(twin.pieceMs);
    isOpen = false;
    const failure = twin.failures.shift();
    if (failure) return answer(errorOf(failure));
    const checked = check(request, twin.house);
    if ('code' in checked) return answer(errorOf(checked));
    const rate = request.audioConfig.sampleRateHertz || 24_000;
    return answer(null, { audioContent: wavOf(checked.text, checked.pauseMs, rate) });
  };
}

type VoicesWire = protos.google.cloud.texttospeech.v1.ListVoicesRequest;
type VoicesResponse = protos.google.cloud.texttospeech.v1.IListVoicesResponse;

function listing({ house, failures }: Twin): Unary<VoicesWire, VoicesResponse> {
  return ({ request }, answer) => {
    const failure = failures.shift();
    if (failure) return answer(errorOf(failure));
    const wanted = request.languageCode.toLowerCase();
    const named = house.voices.filter((voice) => voice.toLowerCase().startsWith(wanted));
    return answer(null, {
      voices: named.map((name) => ({ name, languageCodes: [name.split('-').slice(0, 2).join('-')] })),
    });
  };
}

function errorOf({ code, details }: { code: status; details: string }): Partial<ServiceError> {
  return { code, details };
}

const SERVICE = '/google.cloud.texttospeech.v1.TextToSpeech';

const DEFINITION: ServiceDefinition = {
  synthesizeSpeech: {
    ...{ path: `${SERVICE}/SynthesizeSpeech`, requestStream: false, responseStream: false },
    requestSerialize: (message: SpeechWire) => Buffer.from(SynthesizeSpeechRequest.encode(message).finish()),
    requestDeserialize: (bytes: Buffer) => SynthesizeSpeechRequest.decode(bytes),
    responseSerialize: (message: SpeechResponse) => Buffer.from(SynthesizeSpeechResponse.encode(message).finish()),
    responseDeserialize: (bytes: Buffer) => SynthesizeSpeechResponse.decode(bytes),
  },
  listVoices: {
    ...{ path: `${SERVICE}/ListVoices`, requestStream: false, responseStream: false },
    requestSerialize: (message: VoicesWire) => Buffer.from(ListVoicesRequest.encode(message).finish()),
    requestDeserialize: (bytes: Buffer) => ListVoicesRequest.decode(bytes),
    responseSerialize: (message: VoicesResponse) => Buffer.from(ListVoicesResponse.encode(message).finish()),
    responseDeserialize: (bytes: Buffer) => ListVoicesResponse.decode(bytes),
  },
};
