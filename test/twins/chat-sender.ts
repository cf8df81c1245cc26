import { errorMessage } from '../../src/errors.ts';

/** The sending half of a chat: posts a message until it is taken, or refused for good. */

/** The body of a post, as docs/webhook.md has it. */
export interface ChatMessage {
  message: { id: string; text?: string };
  thread: { id: string };
  learner: { id: string; name?: string };
  workspace: { id: string; name?: string };
  start?: object;
  action?: object;
}

/** The end of one message's way to the tutor. */
interface Posted {
  threadId: string;
  messageId: string;
  status: number;
  answer: Record<string, unknown>;
  attempts: number;
  sentAt: number;
  /** When the last answer came. */
  answeredAt: number;
}

export interface SenderOptions {
  /** How long to wait after the nth attempt; a Retry-After of the tutor comes along. */
  backoffMs?(attempt: number, retryAfterMs: number | null): number;
  /** How long an attempt may take. */
  timeoutMs?: number;
  /** After so long without an answer that counts, posting throws. */
  patienceMs?: number;
}

export interface ChatSender {
  /** Where messages go from now on: the tutor's servers, without a path. Each attempt goes to the next of them. */
  connect(...tutorUrls: string[]): void;
  /**
   * Posts until the tutor answers 2xx, or 4xx other than 429. `copies` are posted at the same time, each until it is
   * answered; the one that created the turn is returned, else the first.
   */
  post(message: ChatMessage, copies?: number): Promise<Posted>;
  /** Every message that was answered for good, in the order of the answers. */
  posted: readonly Posted[];
  /** Whoever still repeats gives up. */
  stop(): void;
}

type Sign = (body: string) => Record<string, string>;

const shortBackoff = (attempt: number) => Math.min(10 * 2 ** attempt, 500);

export function chatSender(sign: Sign, now: () => number, options: SenderOptions): ChatSender {
  const { backoffMs = shortBackoff, timeoutMs = 10_000, patienceMs = 60_000 } = options;
  const posted: Posted[] = [];
  const stopping = new AbortController();
  let bases: readonly string[] = [];
  let turn = 0;

  const attempt = async (body: string) => {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(timeoutMs)]);
    const headers = { 'content-type': 'application/json', ...sign(body) };
    const base = bases[turn++ % bases.length];
    const response = await fetch(`${base}/chat/messages`, { method: 'POST', headers, body, signal });
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    const retryAfterMs = Number.isNaN(retryAfter) ? null : retryAfter * 1000;
    return { status: response.status, retryAfterMs, answer: (await response.json()) as Record<string, unknown> };
  };
  const postOne = async (message: ChatMessage): Promise<Posted> => {
    const body = JSON.stringify(message);
    const sentAt = now();
    const giveUp = performance.now() + patienceMs;
    for (let attempts = 1; ; attempts += 1) {
      const got = await attempt(body).catch(errorMessage);
      const isFinal = typeof got === 'object' && got.status < 500 && got.status !== 429;
      if (isFinal) {
        const { status, answer } = got;
        const ids = { threadId: message.thread.id, messageId: message.message.id };
        const end: Posted = { ...ids, status, answer, attempts, sentAt, answeredAt: now() };
        posted.push(end);
        return end;
      }
      if (stopping.signal.aborted || performance.now() > giveUp) {
        throw new Error(`message ${message.message.id} was not taken: ${typeof got === 'string' ? got : got.status}`);
      }
      const ms = backoffMs(attempts, typeof got === 'string' ? null : got.retryAfterMs);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  };
  return {
    posted,
    connect(...tutorUrls) {
      bases = tutorUrls;
    },
    async post(message, copies = 1) {
      const [first, ...others] = await Promise.all(Array.from({ length: copies }, () => postOne(message)));
      const all = [first as Posted, ...others];
      return all.find(({ answer }) => answer.created === true) ?? (first as Posted);
    },
    stop: () => stopping.abort(),
  };
}
