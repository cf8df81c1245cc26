/** What has to be undone at the end, however that comes. */
export interface Cleanup {
  add(undo: () => Promise<unknown>): void;
  /**
   * For work that must not be left in the middle, because it starts what is to be undone: the end waits for it, and
   * once the end has come it throws instead of beginning.
   */
  finishing<T>(work: () => Promise<T>): Promise<T>;
  /** Undoes everything, the last first. Safe to call twice. Never throws. */
  run(): Promise<void>;
}

export function openCleanup(report: (error: unknown) => void): Cleanup {
  const undoing: (() => Promise<unknown>)[] = [];
  const underWay = new Set<Promise<unknown>>();
  let running: Promise<void> | null = null;
  const runAll = async () => {
    await Promise.allSettled(underWay);
    for (let undo = undoing.pop(); undo; undo = undoing.pop()) await undo().catch(report);
  };
  return {
    add: (undo) => void undoing.push(undo),
    async finishing(work) {
      if (running !== null) throw new Error('interrupted');
      const begun = work();
      underWay.add(begun);
      return begun.finally(() => underWay.delete(begun));
    },
    run() {
      running ??= runAll();
      return running;
    },
  };
}
