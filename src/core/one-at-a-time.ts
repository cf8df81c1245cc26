/**
 * Work that is asked for again and again, never two of it at once: once more if it was asked for meanwhile. It must not
 * throw.
 */
export function oneAtATime(work: () => Promise<void>): () => void {
  let isBusy = false;
  let isAsked = false;
  return () => {
    isAsked = true;
    if (isBusy) return;
    isBusy = true;
    void (async () => {
      while (isAsked) {
        isAsked = false;
        await work();
      }
      isBusy = false;
    })();
  };
}
