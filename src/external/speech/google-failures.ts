import type { SpeechFailure } from '../../core/ports.ts';
import { errorMessage } from '../../errors.ts';
import { failed } from './pieces.ts';

/** Codes of gRPC, by number: its package is loaded when somebody speaks, and no sooner. */
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const UNAUTHENTICATED = 16;

/** What about the request was refused, where asking in another way may help. */
export type Refused = 'ssml' | 'sentence' | 'voice' | null;

interface FailedCall {
  timeoutMs: number;
  /** Our own deadline has passed: whatever the error says, this is why. */
  late: boolean;
  /** As asked for; null: Google was to choose one for the language. */
  voice: string | null;
}

const MAX_DETAIL = 300;

/** Turns what the client throws into a failure, and never with words of the text in it. */
export function explain(error: unknown, call: FailedCall): { failure: SpeechFailure; refused: Refused } {
  const said = errorMessage(error).slice(0, MAX_DETAIL);
  const plainly = (reason: SpeechFailure['reason'], detail: string) => ({
    failure: failed(reason, detail),
    refused: null,
  });
  const late = plainly('timeout', `no audio within ${call.timeoutMs} ms`);
  if (call.late) return late;
  switch (codeOf(error)) {
    case INVALID_ARGUMENT:
    case NOT_FOUND:
      return refusal(errorMessage(error), call.voice);
    case DEADLINE_EXCEEDED:
      // The client has tried as long as it may, at a server that did not answer or was not there.
      if (/UNAVAILABLE/.test(said)) return plainly('unavailable', `the service was not reached: ${said}`);
      return late;
    case RESOURCE_EXHAUSTED:
      return plainly('quota', said);
    case UNAUTHENTICATED:
    case PERMISSION_DENIED:
      return plainly(
        'unavailable',
        `the service refuses the credentials, check GOOGLE_APPLICATION_CREDENTIALS and that the API is enabled: ${said}`,
      );
    default:
      return plainly('unavailable', `the service does not answer: ${said}`);
  }
}

/** Of the credentials, before anything was asked. */
export function unopened(error: unknown): SpeechFailure {
  // What JSON.parse says quotes the file.
  const said = error instanceof SyntaxError ? 'the file is not JSON' : errorMessage(error).slice(0, MAX_DETAIL);
  return failed('unavailable', `no credentials that can be used, check GOOGLE_APPLICATION_CREDENTIALS: ${said}`);
}

/** Its words may quote the text: they are read, and not handed on. */
function refusal(said: string, voice: string | null): { failure: SpeechFailure; refused: Refused } {
  if (/longer than the limit|too long/i.test(said) && !/sentences?/i.test(said)) {
    return { failure: failed('too_long', 'the text is longer than the service takes at once'), refused: null };
  }
  if (/sentences?.*too long/i.test(said)) {
    return { failure: failed('too_long', 'the service finds a sentence too long'), refused: 'sentence' };
  }
  if (/ssml/i.test(said)) return { failure: failed('unavailable', 'the service refuses the SSML'), refused: 'ssml' };
  if (/voice|language/i.test(said)) {
    const failure = voice
      ? failed('unknown_voice', `the service has no voice ${JSON.stringify(voice)}`)
      : failed('unsupported_language', 'the service has no voice for the language');
    return { failure, refused: 'voice' };
  }
  return { failure: failed('unavailable', 'the service finds the request invalid'), refused: null };
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
}
