/** What a process remembers for a while, and never without bounds. */

export interface Remembered<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

/** Of more than `most`, what was set first is forgotten first. */
export function remembering<Value>(most: number): Remembered<Value> {
  const kept = new Map<string, Value>();
  return {
    get: (key) => kept.get(key),
    set(key, value) {
      kept.delete(key);
      kept.set(key, value);
      const [oldest] = kept.keys();
      if (kept.size > most && oldest !== undefined) kept.delete(oldest);
    },
    delete: (key) => void kept.delete(key),
  };
}

/** What is not to be asked for until a time has passed. */
export interface Pauses {
  isOn(key: string): boolean;
  begin(key: string, ms: number): void;
}

export function openPauses(most: number, now: () => number): Pauses {
  const until = remembering<number>(most);
  return {
    isOn: (key) => (until.get(key) ?? 0) > now(),
    begin: (key, ms) => until.set(key, now() + ms),
  };
}
