/** What became of every reply that was to be heard, from the platform's side: pure. */

/** A part as it is there to be listened to, in the order of its thread. */
export interface HeardPart {
  thread: string;
  utterance: string;
  /** From 0. */
  part: number;
}

/** A reply that was to be heard, as the database knows it; in the order in which they were written. */
export interface OwedToEars {
  thread: string;
  utterance: string;
  parts: number;
  /** False: it was given up, or nobody wanted it any more; some of it may be heard. */
  isSpoken: boolean;
}

/** As "<utterance>-<part>", so that whoever reads of a fault can find it in the database. */
export interface HeardVerdict {
  parts: number;
  /** There more than once. */
  twice: string[];
  /** Recorded as spoken, and not there. */
  lost: string[];
  /** After one that comes later in its reply, or in its lesson. */
  outOfOrder: string[];
  /** In a thread where it was not written, or of a reply that is not known. */
  astray: string[];
}

export function auditHeard(heard: readonly HeardPart[], owed: readonly OwedToEars[]): HeardVerdict {
  const placeOf = new Map(owed.map(({ utterance }, index) => [utterance, index]));
  const nameOf = ({ utterance, part }: Pick<HeardPart, 'utterance' | 'part'>) => `${utterance}-${part}`;
  const seen = new Set<string>();
  const furthest = new Map<string, { place: number; part: number }>();
  const verdict: HeardVerdict = { parts: heard.length, twice: [], lost: [], outOfOrder: [], astray: [] };
  for (const each of heard) {
    const name = nameOf(each);
    const place = placeOf.get(each.utterance);
    if (place === undefined || owed[place]?.thread !== each.thread) verdict.astray.push(name);
    else if (seen.has(name)) verdict.twice.push(name);
    else {
      seen.add(name);
      const last = furthest.get(each.thread);
      if (last && (place < last.place || (place === last.place && each.part < last.part))) {
        verdict.outOfOrder.push(name);
      } else furthest.set(each.thread, { place, part: each.part });
    }
  }
  verdict.lost = owed
    .filter(({ isSpoken }) => isSpoken)
    .flatMap(({ utterance, parts }) => Array.from({ length: parts }, (_, part) => nameOf({ utterance, part })))
    .filter((name) => !seen.has(name));
  return verdict;
}
