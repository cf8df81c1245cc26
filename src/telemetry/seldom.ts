/** Lets one call through in a while, and tells it how many were left out since the last one. */
export function seldom(report: (leftOut: number, error: unknown) => void, everyMs = 60_000): (error: unknown) => void {
  let last = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  return (error) => {
    const now = performance.now();
    if (now - last < everyMs) {
      leftOut += 1;
      return;
    }
    report(leftOut, error);
    last = now;
    leftOut = 0;
  };
}
