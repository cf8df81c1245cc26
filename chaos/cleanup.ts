/** What has to be undone at the end, however that comes: the last first. Safe to run twice. Never throws. */
export interface Cleanup {
  add(undo: () => Promise<unknown>): void;
  run(): Promise<void>;
}

export function openCleanup(report: (error: unknown) => void): Cleanup {
  const undoing: (() => Promise<unknown>)[] = [];
  let running: Promise<void> | null = null;
  const runAll = async () => {
    for (let undo = undoing.pop(); undo; undo = undoing.pop()) await undo().catch(report);
  };
  return {
    add: (undo) => void undoing.push(undo),
    run() {
      running ??= runAll();
      return running;
    },
  };
}
