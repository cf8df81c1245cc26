import { pino } from 'pino';

export type Logger = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

const SECRETS = ['*.apiKey', '*.password', '*.token', 'apiKey', 'password', 'token', '*.headers.authorization'];

/** JSON lines on stderr, or in a file, so that stdout stays the learner's. */
export function createLogger(level: string, file?: string): Logger {
  return pino(
    {
      level,
      redact: SECRETS,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // An error of the database carries its whole client, and with it what learners wrote.
      serializers: { err: ({ name, message, code, stack }) => ({ name, message, code, stack }) },
    },
    pino.destination({ dest: file ?? 2, sync: true, mkdir: true }),
  );
}
