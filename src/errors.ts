/**
 * The three families of errors (after grammY and Sapphire):
 * a person did something we can explain (UserError), the machine is not set up (SetupError),
 * and everything else, which is our bug and is logged with its cause.
 */

/** May be shown to the person as it is. Never carries secrets or traces. */
export class UserError extends Error {
  readonly code: string;
  /** When the same may be tried again; undefined where waiting does not help. */
  readonly retryAfterMs: number | undefined;

  constructor(code: string, sentence: string, retryAfterMs?: number) {
    super(sentence);
    this.name = 'UserError';
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Stops the start: one sentence per mistake, each saying what to do. */
export class SetupError extends Error {
  readonly sentences: readonly string[];

  constructor(sentences: readonly string[], options?: ErrorOptions) {
    super(sentences.join('\n'), options);
    this.name = 'SetupError';
    this.sentences = sentences;
  }
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
