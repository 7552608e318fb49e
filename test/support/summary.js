import { existsSync, readFileSync, rmSync } from 'node:fs';

/**
 * Jest's global teardown: prints the hostile cases and the skipped suites below everything else, so
 * that a suite that did not run is noticed.
 */
export default function printSummary() {
  printHostileCases();
  const skipped = process.env.SKIPPED_SUITES;
  if (skipped) process.stderr.write(`\nSkipped suites:\n${skipped.replaceAll(/^/gm, '  ')}\n`);
}

/** How many cases each property of test/hostile tried, and how they ended. */
function printHostileCases() {
  const file = process.env.HOSTILE_TALLY;
  if (!file || !existsSync(file)) return;
  const properties = readFileSync(file, 'utf8').trim().split('\n').map(JSON.parse);
  rmSync(file);
  const total = properties.reduce((sum, { cases }) => sum + cases, 0);
  const lines = properties.map(({ property, cases, outcomes }) => {
    const parts = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`);
    return `  ${property}: ${cases} (${parts.join(', ')})`;
  });
  process.stderr.write(`\nHostile cases: ${total}\n${lines.join('\n')}\n`);
}
