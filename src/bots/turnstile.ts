/** Lets so many through at a time, the others in order. */
export interface Turnstile {
  isFull(): boolean;
  through<T>(work: () => Promise<T>): Promise<T>;
}

export function openTurnstile(places: number): Turnstile {
  let free = places;
  const line: (() => void)[] = [];
  return {
    isFull: () => free === 0,
    async through<T>(work: () => Promise<T>): Promise<T> {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => line.push(resolve));
      try {
        return await work();
      } finally {
        const next = line.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}
