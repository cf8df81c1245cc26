/** Does something when everything that was asked for before it under the same key is done. */
export type InOrder = (key: string, work: () => Promise<void>) => Promise<void>;

/** One thing after the other by key; nothing is kept of keys with nothing to do. Work that fails holds nothing up. */
export function orderByKey(): InOrder {
  const tails = new Map<string, Promise<void>>();
  return (key, work) => {
    const done = (tails.get(key) ?? Promise.resolve()).then(work);
    const tail = done
      .catch(() => {})
      .finally(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
    tails.set(key, tail);
    return done;
  };
}
