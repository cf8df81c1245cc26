/** What became of every message, from the platform's side alone: pure. */

/** A message that the tutor has promised to answer. It carries a token that is its own in the whole run. */
export interface Accepted {
  thread: string;
  token: string;
  at: number;
}

/** A reply as people saw it: each delivery once, with the tokens that its text quotes. */
export interface Shown {
  thread: string;
  delivery: string;
  tokens: readonly string[];
  at: number;
}

/** Both in the order of their time within each thread. */
export interface History {
  accepted: readonly Accepted[];
  shown: readonly Shown[];
}

/** Tokens, so that whoever reads of a fault can find it in the database. */
export interface Verdict {
  accepted: number;
  answered: number;
  /** Promised, and never answered in its thread. */
  lost: string[];
  /** Answered in more than one reply of its thread. */
  duplicated: string[];
  /** First answered after a message that was accepted later. */
  outOfOrder: string[];
  /** Shown in a thread where it was not written. */
  wrongLesson: string[];
}

export function audit(history: History): Verdict {
  const threadOf = new Map(history.accepted.map(({ token, thread }) => [token, thread]));
  const replies = new Map<string, Set<string>>();
  const wrongLesson: string[] = [];
  for (const { thread, delivery, tokens } of history.shown) {
    for (const token of tokens) {
      if (threadOf.get(token) !== thread) wrongLesson.push(token);
      else replies.set(token, (replies.get(token) ?? new Set()).add(delivery));
    }
  }
  const tokens = [...threadOf.keys()];
  return {
    accepted: tokens.length,
    answered: replies.size,
    lost: tokens.filter((token) => !replies.has(token)),
    duplicated: tokens.filter((token) => (replies.get(token)?.size ?? 0) > 1),
    outOfOrder: latecomers(history, threadOf),
    wrongLesson,
  };
}

function latecomers({ accepted, shown }: History, threadOf: ReadonlyMap<string, string>): string[] {
  const place = new Map(accepted.map(({ token }, index) => [token, index]));
  const furthest = new Map<string, number>();
  const seen = new Set<string>();
  const late: string[] = [];
  for (const { thread, tokens } of shown) {
    for (const token of tokens) {
      const index = place.get(token);
      if (index === undefined || threadOf.get(token) !== thread || seen.has(token)) continue;
      seen.add(token);
      const before = furthest.get(thread) ?? -1;
      if (index < before) late.push(token);
      furthest.set(thread, Math.max(index, before));
    }
  }
  return late;
}

/**
 * For each fault, how long until every message that waited for its answer at that moment had it; 0 when none waited.
 * Messages that were never answered are left out: they are lost, and counted as such.
 */
export function recoveryTimes(faultsAt: readonly number[], { accepted, shown }: History): number[] {
  const answeredAt = new Map<string, number>();
  for (const { tokens, at } of shown) {
    for (const token of tokens) if (!answeredAt.has(token)) answeredAt.set(token, at);
  }
  return faultsAt.map((fault) => {
    const waiting = accepted.filter(({ token, at }) => at <= fault && (answeredAt.get(token) ?? 0) > fault);
    return Math.max(0, ...waiting.map(({ token }) => (answeredAt.get(token) ?? fault) - fault));
  });
}
