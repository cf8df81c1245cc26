import { pino } from 'pino';

export interface Logger extends Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'> {
  /** A log whose lines all carry these ids. */
  child(ids: Readonly<Record<string, string>>): Logger;
}

/** What is kept out by its name, at any depth. A count of tokens is a number, and stays. */
const SECRET =
  /(?:key|token|secret|password|passwd|passphrase|credential|authorization|cookie|signature|connection_?string)s?$/i;
/** Fields in which learners' words travel: they belong into the database only. */
const WORDS = /^(?:text|input|output|prompt|content|reply|body|messages)$/;
const HIDDEN = '[hidden]';

/** Secrets inside of texts: passwords in URLs, also badly written ones, and keys as they are sent. Linear in time. */
const SPELLINGS: readonly [RegExp, string][] = [
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/?#@"']{0,300}):[^\s"']{1,300}@/gi, `$1:${HIDDEN}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [/\bsk-[\w-]{8,}/g, HIDDEN],
  [/\b(?:[srp]k_(?:test|live)|whsec)_[\w+/=-]+/g, HIDDEN],
  [/\b((?:password|api[_-]?key|secret|token)=)[^\s&"']+/gi, `$1${HIDDEN}`],
];

/** JSON lines on stderr (2), stdout (1) or in a file. A learner's terminal needs a file: stdout is theirs. */
export function createLogger(level: string, destination: string | 1 | 2 = 2): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // An error of the database carries its whole client, and with it what learners wrote.
      serializers: { err: ({ name, message, code, stack }) => ({ name, message, code, stack }) },
      // On the finished line, so that nothing gets around it: messages, errors, bindings of children.
      hooks: { streamWrite: (line) => `${JSON.stringify(JSON.parse(line, withoutSecrets))}\n` },
    },
    pino.destination({ dest: destination, sync: true, mkdir: true }),
  );
}

function withoutSecrets(name: string, value: unknown): unknown {
  const isText = typeof value === 'string';
  if ((isText || (typeof value === 'object' && value !== null)) && (SECRET.test(name) || WORDS.test(name))) {
    return HIDDEN;
  }
  return isText ? SPELLINGS.reduce((text, [spelling, mask]) => text.replace(spelling, mask), value) : value;
}

/**
 * Warns of an error at once, and then of one in a while, saying how many were left out: a server that is away gives
 * one to each who asks for it.
 */
export function seldom(
  log: Pick<Logger, 'warn'>,
  message: string,
  {
    everyMs = 60_000,
    now = () => performance.now(),
    ...ids
  }: { everyMs?: number; now?: () => number; queue?: string } = {},
): (error: unknown) => void {
  let quietUntil = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  return (error) => {
    if (now() < quietUntil) {
      leftOut += 1;
      return;
    }
    log.warn({ err: error, leftOut, ...ids }, message);
    quietUntil = now() + everyMs;
    leftOut = 0;
  };
}
