/** Discord's rate limits, with the headers by which it tells of them. */

export interface Limits {
  /** Posts and edits of messages, each per channel. */
  messages: number;
  /** Every other route, per major parameter. */
  others: number;
  windowMs: number;
  /** All routes but those of interactions together. */
  globalPerSecond: number;
}

const PRESETS: Record<'loose' | 'real', Limits> = {
  loose: { messages: 1_000_000, others: 1_000_000, windowMs: 5_000, globalPerSecond: 1_000_000 },
  real: { messages: 5, others: 10, windowMs: 5_000, globalPerSecond: 50 },
};

interface Window {
  startedAt: number;
  used: number;
}

interface RateVerdict {
  /** Milliseconds until the next try; null when this one may pass. */
  retryAfterMs: number | null;
  isGlobal: boolean;
  headers: Record<string, string>;
}

interface LimitedRequest {
  method: string;
  /** As `/channels/:channel/messages`. */
  route: string;
  /** The channel, guild or webhook. */
  major: string;
  isOfInteraction: boolean;
}

/** Counts a request and says whether it may pass. */
export type RateLimiter = (request: LimitedRequest) => RateVerdict;

export function createRateLimiter(chosen: keyof typeof PRESETS | Limits, now: () => number): RateLimiter {
  const limits = typeof chosen === 'string' ? PRESETS[chosen] : chosen;
  const windows = new Map<string, Window>();
  const take = (key: string, limit: number, windowMs: number) => {
    const at = now();
    let window = windows.get(key);
    if (!window || at - window.startedAt >= windowMs) {
      window = { startedAt: at, used: 0 };
      windows.set(key, window);
    }
    const passes = window.used < limit;
    if (passes) window.used += 1;
    return { passes, remaining: limit - window.used, resetAfterMs: window.startedAt + windowMs - at, at };
  };
  return ({ method, route, major, isOfInteraction }) => {
    if (!isOfInteraction) {
      const all = take('global', limits.globalPerSecond, 1_000);
      if (!all.passes) {
        const headers = { 'X-RateLimit-Global': 'true', 'X-RateLimit-Scope': 'global' };
        return { retryAfterMs: all.resetAfterMs, isGlobal: true, headers };
      }
    }
    const isMessage = /^(?:POST|PATCH)$/.test(method) && /\/messages(?:\/:message)?$/.test(route);
    const limit = isMessage ? limits.messages : limits.others;
    const own = take(`${method} ${route} ${major}`, limit, limits.windowMs);
    const headers = {
      'X-RateLimit-Limit': String(limit),
      'X-RateLimit-Remaining': String(own.remaining),
      'X-RateLimit-Reset': ((own.at + own.resetAfterMs) / 1000).toFixed(3),
      'X-RateLimit-Reset-After': (own.resetAfterMs / 1000).toFixed(3),
      'X-RateLimit-Bucket': Buffer.from(`${method} ${route}`).toString('hex').slice(-32),
      ...(!own.passes && { 'X-RateLimit-Scope': 'user' }),
    };
    return { retryAfterMs: own.passes ? null : own.resetAfterMs, isGlobal: false, headers };
  };
}
