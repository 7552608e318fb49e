import { appendFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';

/** A long run tries this many times as many cases: `npm run test:hostile`. */
const FACTOR = Number(process.env.HOSTILE_FACTOR ?? 1);

/** Milliseconds after which a case counts as stalled. */
const STALLED = 10_000;

/** For jest: milliseconds that a whole property may take. */
export const PATIENCE = 60_000 * FACTOR;

export interface Property<T> {
  readonly name: string;
  /** How many to try. */
  readonly cases: number;
  readonly arbitrary: Arbitrary<T>;
  /** Tries one case, and says how it ended. */
  readonly check: (value: T) => Promise<string>;
  /** Every one of these has to come about: a generator that has degenerated proves nothing. */
  readonly outcomes: readonly string[];
}

/** Holds for every case, or fails with the seed and the smallest case that shows why. */
export async function expectForAll<T>({
  name,
  cases,
  arbitrary,
  check,
  outcomes: wanted,
}: Property<T>): Promise<void> {
  const outcomes: Record<string, number> = {};
  const prototype = Reflect.ownKeys(Object.prototype);
  const numRuns = Math.round(cases * FACTOR);
  await fc.assert(
    fc.asyncProperty(arbitrary, async (value) => {
      const outcome = await check(value);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      const polluted = Reflect.ownKeys(Object.prototype).length !== prototype.length;
      if (polluted) throw new Error('Object.prototype has been polluted');
    }),
    { numRuns, timeout: STALLED },
  );
  const sorted = Object.fromEntries(Object.entries(outcomes).sort(([, a], [, b]) => b - a));
  const file = process.env.HOSTILE_TALLY;
  const line = { property: name, cases: numRuns, outcomes: sorted };
  if (file) appendFileSync(file, `${JSON.stringify(line)}\n`);
  expect(Object.keys(outcomes)).toEqual(expect.arrayContaining([...wanted]));
}
