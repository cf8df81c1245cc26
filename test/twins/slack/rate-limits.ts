/** Slack's rate limits: so many calls of a method in a workspace and a minute, and a message a second in a channel. */

export type Tier = 't1' | 't2' | 't3' | 't4' | 't5';

export interface Limits {
  /** Calls in a minute. */
  tiers: Record<Tier, number>;
  /** Methods that are counted apart from their tier. */
  methods: Record<string, number>;
  /** Messages that a channel takes at once; after them comes one a second. */
  messageBurst: number;
  messageEveryMs: number;
  /** As many messages as a page of history has at most. */
  historyPage: number;
}

export type LimitsChoice = keyof typeof PRESETS | Limits;

export function limitsOf(chosen: LimitsChoice): Limits {
  return typeof chosen === 'string' ? PRESETS[chosen] : chosen;
}

const MINUTE_MS = 60_000;
const PLENTY = 1_000_000;

const REAL: Limits = {
  ...{ tiers: { t1: 1, t2: 20, t3: 50, t4: 100, t5: 600 }, methods: {}, historyPage: 1_000 },
  ...{ messageBurst: 5, messageEveryMs: 1_000 },
};

/** `unlisted`: an app that is sold, and not in Slack's marketplace, reads hardly any history. */
const PRESETS: Record<'loose' | 'real' | 'unlisted', Limits> = {
  loose: {
    tiers: { t1: PLENTY, t2: PLENTY, t3: PLENTY, t4: PLENTY, t5: PLENTY },
    methods: {},
    historyPage: 1_000,
    messageBurst: PLENTY,
    messageEveryMs: 1,
  },
  real: REAL,
  unlisted: { ...REAL, methods: { 'conversations.history': 1, 'conversations.replies': 1 }, historyPage: 15 },
};

interface LimitedCall {
  method: string;
  tier: Tier;
  /** The installation, by whatever names it. */
  workspace: string;
  /** For what posts messages: where. */
  channel: string | null;
}

/** Counts a call; how many seconds the next try has to wait, or null when this one may pass. */
export type RateLimiter = (call: LimitedCall) => number | null;

export function createRateLimiter(limits: Limits, now: () => number): RateLimiter {
  const windows = new Map<string, { startedAt: number; used: number }>();
  const buckets = new Map<string, { left: number; at: number }>();
  const takeFromWindow = (key: string, limit: number) => {
    const at = now();
    let window = windows.get(key);
    if (!window || at - window.startedAt >= MINUTE_MS) {
      window = { startedAt: at, used: 0 };
      windows.set(key, window);
    }
    if (window.used >= limit) return window.startedAt + MINUTE_MS - at;
    window.used += 1;
    return null;
  };
  const takeFromBucket = (key: string) => {
    const at = now();
    const bucket = buckets.get(key) ?? { left: limits.messageBurst, at };
    const refilled = Math.min(limits.messageBurst, bucket.left + (at - bucket.at) / limits.messageEveryMs);
    const passes = refilled >= 1;
    buckets.set(key, { left: passes ? refilled - 1 : refilled, at });
    return passes ? null : (1 - refilled) * limits.messageEveryMs;
  };
  return ({ method, tier, workspace, channel }) => {
    const waitMs =
      channel === null
        ? takeFromWindow(`${method} ${workspace}`, limits.methods[method] ?? limits.tiers[tier])
        : takeFromBucket(`${workspace} ${channel}`);
    // Rounded up, as Slack does: whoever trusts the header waits long enough.
    return waitMs === null ? null : Math.max(1, Math.ceil(waitMs / 1000));
  };
}
