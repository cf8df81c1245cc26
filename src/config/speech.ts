import { z } from 'zod';

/** Speech's part of the environment. */

export interface SpeechConfig {
  /** Who speaks: Google's service, or the voice that needs none; off: nobody. */
  engine: 'google' | 'offline' | 'off';
  /** A region's, a proxy's or a test server's. Null: Google's own. */
  endpoint: GoogleSpeechEndpoint | null;
  /** Speaks its own language wherever a lesson wishes for no other voice. Null: each language's default. */
  voice: string | null;
  /** What may be kept of the audio that was made. */
  cacheBytes: number;
}

export interface GoogleSpeechEndpoint {
  host: string;
  port: number;
  /** On this machine: without TLS and without credentials. */
  plain: boolean;
}

const ENDPOINT = /^(?<host>\[[\da-f:]+\]|[\w-]+(?:\.[\w-]+)*)(?::(?<port>\d{1,5}))?$/i;
const ENDPOINT_FORM = 'must be like "eu-texttospeech.googleapis.com" or "127.0.0.1:1234", a host without https://';
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
const HTTPS = 443;

const endpoint = z.string().transform((text, context) => {
  const { host, port = HTTPS } = ENDPOINT.exec(text)?.groups ?? {};
  if (host && Number(port) >= 1 && Number(port) <= 65_535) {
    return Object.freeze({ host, port: Number(port), plain: LOOPBACK.test(host) });
  }
  context.addIssue({ code: 'custom', message: ENDPOINT_FORM });
  return z.NEVER;
});

const CACHE = 'must be a whole number of megabytes, at least 1';

/** A part of the environment's schema. */
export const speechVariables = {
  SPEECH_ENGINE: z
    .enum(['auto', 'google', 'offline', 'off'], { error: 'must be auto, google, offline or off' })
    .default('auto'),
  SPEECH_VOICE: z
    .string()
    .regex(
      /^[a-z]{2,3}(?:-\w+)*$/i,
      'must be the name of a voice, which begins with its language, as in en-US-Neural2-F',
    )
    .optional(),
  SPEECH_CACHE_MB: z.coerce.number({ error: CACHE }).int(CACHE).min(1, CACHE).default(200),
  // Google's client reads it by itself; for us it says that Google is to speak.
  GOOGLE_APPLICATION_CREDENTIALS: z.string().optional(),
  GOOGLE_TTS_ENDPOINT: endpoint.optional(),
};

const variables = z.object(speechVariables);

export function speechConfig(env: z.infer<typeof variables>): SpeechConfig {
  const { GOOGLE_APPLICATION_CREDENTIALS: credentials, GOOGLE_TTS_ENDPOINT: endpoint = null } = env;
  const automatic = credentials || endpoint ? 'google' : 'offline';
  return Object.freeze({
    engine: env.SPEECH_ENGINE === 'auto' ? automatic : env.SPEECH_ENGINE,
    endpoint,
    voice: env.SPEECH_VOICE ?? null,
    cacheBytes: env.SPEECH_CACHE_MB * 1_000_000,
  });
}
