import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Meter } from './meter.ts';

/** A row that has been played, as a line of the results file. */
export interface Played {
  id: string;
  part: string;
  /** Of the prompts, the model and the row: another key is another experiment. */
  key: string;
  ok: boolean;
  /** Where it failed: why. */
  reason?: string;
  result?: unknown;
  used?: Meter;
}

/** What was played before, so that a run that was cut off goes on where it stopped. */
export interface Results {
  /** The last finished one; a failed row is not finished. */
  find(part: string, id: string, key: string): Played | undefined;
  add(played: Played): void;
}

/** Without a file nothing is remembered. A line that a crash cut short is passed over. */
export function openResults(file: string | null, isFresh: boolean): Results {
  const known = new Map<string, Played>();
  const remember = (played: Played) => {
    if (played.ok) known.set(nameOf(played.part, played.id, played.key), played);
  };
  if (file) {
    mkdirSync(dirname(file), { recursive: true });
    const before = isFresh || !existsSync(file) ? '' : readFileSync(file, 'utf8');
    const isCut = before !== '' && !before.endsWith('\n');
    writeFileSync(file, isCut ? `${before}\n` : before);
    for (const line of before.split('\n')) {
      const played = parse(line);
      if (played) remember(played);
    }
  }
  return {
    find: (part, id, key) => known.get(nameOf(part, id, key)),
    add(played) {
      // At once and in one piece: a killed run keeps every row that it finished.
      if (file) appendFileSync(file, `${JSON.stringify(played)}\n`);
      remember(played);
    },
  };
}

const nameOf = (part: string, id: string, key: string) => `${part} ${id} ${key}`;

function parse(line: string): Played | null {
  try {
    return JSON.parse(line) as Played;
  } catch {
    return null;
  }
}
