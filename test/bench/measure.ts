/** Something to measure. What it answers is not looked at: that it is right, `check` in each chapter says. */
export interface Candidate {
  readonly name: string;
  readonly run: () => unknown;
}

/** One row of a result. Times are microseconds for one operation. */
export interface Measured {
  readonly name: string;
  readonly median: number;
  /** Half of all rounds lie between these two. */
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  /**
   * The median over all rounds of this one's time by the first candidate's in the same round, which
   * a machine that is faster in one minute than in the next leaves alone.
   */
  readonly ratio: number;
}

export interface Rounds {
  /** @default 25 */
  readonly rounds?: number;
  /** How long one candidate runs in one round, in milliseconds. @default 60 */
  readonly slice?: number;
}

/** Runs all candidates by turns, in another order in each round; the first is the yardstick. */
export async function compare(
  candidates: readonly Candidate[],
  { rounds = 25, slice = 60 }: Rounds = {},
): Promise<Measured[]> {
  const counts = new Map<Candidate, number>();
  // Warm, and then as many repetitions as fill a slice.
  for (const candidate of candidates) {
    const once = await timePerRun(candidate, await repetitionsFor(candidate, slice));
    counts.set(candidate, Math.max(1, Math.round((slice * 1000) / once)));
  }
  const times = new Map<Candidate, number[]>(candidates.map((candidate) => [candidate, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const index of candidates.keys()) {
      const candidate = candidates[(index + round) % candidates.length];
      if (!candidate) continue;
      globalThis.gc?.();
      times.get(candidate)?.push(await timePerRun(candidate, counts.get(candidate) ?? 1));
    }
  }
  const [yardstick] = candidates;
  return candidates.map((candidate) => {
    const own = times.get(candidate) ?? [];
    const others = (yardstick && times.get(yardstick)) ?? [];
    return {
      name: candidate.name,
      median: quantile(own, 0.5),
      lowerQuartile: quantile(own, 0.25),
      upperQuartile: quantile(own, 0.75),
      ratio: quantile(
        own.map((time, round) => time / (others[round] ?? NaN)),
        0.5,
      ),
    };
  });
}

/** Doubles until a slice is full, which also warms the compiler. */
async function repetitionsFor(candidate: Candidate, slice: number): Promise<number> {
  let count = 1;
  while ((await timePerRun(candidate, count)) * count < slice * 1000) count *= 2;
  return count;
}

/** Microseconds. */
async function timePerRun({ run }: Candidate, count: number): Promise<number> {
  const start = process.hrtime.bigint();
  for (let index = 0; index < count; index += 1) await run();
  return Number(process.hrtime.bigint() - start) / 1000 / count;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const [below = NaN, above = below] = sorted.slice(Math.floor(position), Math.floor(position) + 2);
  return below + (above - below) * (position % 1);
}
