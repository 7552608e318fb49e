import { existsSync, readFileSync, rmSync } from 'node:fs';

/** Last, where it is read: a suite that did not run must not go unseen. */
export default function tellAtTheEnd() {
  tellHostileCases();
  const message = process.env.TESTS_LEFT_OUT;
  if (message) process.stderr.write(`\n${message}\n`);
}

/** How many cases the properties of test/hostile went through, and how they ended. */
function tellHostileCases() {
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
