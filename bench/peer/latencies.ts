/** How long answers took: how many of each number of microseconds. */
export type Latencies = ReadonlyMap<number, number>;

/**
 * The answers that there were, out of what `wrk` says of them. For each that took longer than they did on average it adds
 * those that its connection would have had meanwhile, one for each such time, as if clients came steadily; the faster a
 * server is, the more a pause of it then counts. Clients here ask anew when they have been answered: what was added is
 * taken away again.
 */
export function asAnswered(counted: Latencies, averageMicroseconds: number): Latencies {
  return new Map(
    [...counted].map(([microseconds, count]) => [
      microseconds,
      // Added to this one was what is said of the one that took an average longer.
      microseconds > averageMicroseconds
        ? count - (counted.get(microseconds + averageMicroseconds) ?? 0)
        : count,
    ]),
  );
}

/** Microseconds in which so many of a hundred had their answer; NaN of none. */
export function percentile(latencies: Latencies, percent: number): number {
  const inOrder = [...latencies].sort(([one], [other]) => one - other);
  const wanted = (inOrder.reduce((sum, [, count]) => sum + count, 0) * percent) / 100;
  let seen = 0;
  for (const [microseconds, count] of inOrder) {
    seen += count;
    if (seen >= wanted) return microseconds;
  }
  return Number.NaN;
}
