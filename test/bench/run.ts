import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import 'reflect-metadata';
import { createTestMerchant } from '../../lib/testing/index.js';
import { VERSION } from '../../lib/version.js';
import { coldStart } from './cold-start.js';
import { overHttp } from './http.js';
import { severalMerchants } from './merchants.js';
import { peerVersions } from './peers.js';
import { growthByBody, growthByKeys, receiving } from './receiving.js';
import { reconciliation } from './reconciliation.js';
import { type Chapter, print } from './report.js';
import { signing } from './signing.js';
import { sqlStores } from './sql-stores.js';
import { memoryStore, redisStore } from './stores.js';

/**
 * `npm run bench [chapter ...]`: prints a table for each chapter and, when all of them ran, writes
 * them to `test/bench/results.json`, where the figures of `docs/performance.md` come from.
 */

const RESULTS = 'test/bench/results.json';
const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

const merchant = await createTestMerchant();
const chapters: Readonly<Record<string, () => Promise<Chapter | Chapter[]>>> = {
  receiving: () => receiving(merchant),
  body: () => growthByBody(merchant),
  keys: () => growthByKeys(merchant),
  merchants: () => severalMerchants(merchant),
  signing: () => signing(merchant),
  http: () => overHttp(merchant),
  memory: () => memoryStore(),
  redis: () => redisStore(REDIS_URL),
  sql: () => sqlStores(),
  reconciliation: () => reconciliation(),
  start: () => coldStart(),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in chapters));
if (unknown.length > 0) {
  throw new Error(
    `No chapter ${unknown.join(', ')}; there are ${Object.keys(chapters).join(', ')}`,
  );
}

const { version: nest }: { version: string } = createRequire(import.meta.url)(
  '@nestjs/core/package.json',
);
const [cpu] = cpus();
const machine = {
  package: VERSION,
  node: process.versions.node,
  openssl: process.versions.openssl,
  nest,
  cpu: `${cpus().length} x ${cpu?.model ?? 'unknown'}`,
  memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
  date: new Date().toISOString().slice(0, 10),
  ...peerVersions(),
};
console.log(
  Object.entries(machine)
    .map(([name, value]) => `${name} ${value}`)
    .join(', '),
);

const results: Chapter[] = [];
for (const [name, run] of Object.entries(chapters)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const chapter of [await run()].flat()) {
    print(chapter);
    results.push(chapter);
  }
}
if (wanted.length === 0) {
  await writeFile(RESULTS, `${JSON.stringify({ machine, chapters: results }, null, 2)}\n`);
  console.log(`\nWritten to ${RESULTS}`);
}
process.exit();
