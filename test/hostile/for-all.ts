import { appendFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';

/** Multiplies the number of cases: `npm run test:hostile` is a long run. */
const FACTOR = Number(process.env.HOSTILE_FACTOR ?? 1);

/** Milliseconds after which a single case counts as stalled. */
const CASE_TIMEOUT = 10_000;

/** Jest's timeout for a test of one property. */
export const PROPERTY_TIMEOUT = 60_000 * FACTOR;

export interface Property<T> {
  /** Names the property in the summary at the end of the run. */
  readonly name: string;
  /** The number of cases to try. */
  readonly cases: number;
  readonly arbitrary: Arbitrary<T>;
  /** Tries one case and resolves to its outcome. Rejects when the property does not hold. */
  readonly check: (value: T) => Promise<string>;
  /** Outcomes that must occur. Without them, a degenerate generator would go unnoticed. */
  readonly outcomes: readonly string[];
}

/** Fails, with the seed and the smallest counterexample, unless the property holds for every case. */
export async function expectForAll<T>({
  name,
  cases,
  arbitrary,
  check,
  outcomes: required,
}: Property<T>): Promise<void> {
  const outcomes: Record<string, number> = {};
  const prototype = Reflect.ownKeys(Object.prototype);
  const numRuns = Math.round(cases * FACTOR);
  await fc.assert(
    fc.asyncProperty(arbitrary, async (value) => {
      const outcome = await check(value);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      const isPolluted = Reflect.ownKeys(Object.prototype).length !== prototype.length;
      if (isPolluted) throw new Error('Object.prototype has been polluted');
    }),
    { numRuns, timeout: CASE_TIMEOUT },
  );
  const sorted = Object.fromEntries(Object.entries(outcomes).sort(([, a], [, b]) => b - a));
  const file = process.env.HOSTILE_TALLY;
  const line = { property: name, cases: numRuns, outcomes: sorted };
  if (file) appendFileSync(file, `${JSON.stringify(line)}\n`);
  expect(Object.keys(outcomes)).toEqual(expect.arrayContaining([...required]));
}
