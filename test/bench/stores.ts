import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { MemoryNotificationStore } from '../../lib/index.js';
import { RedisNotificationStore } from '../../lib/stores/redis.js';
import { quantile } from './measure.js';
import type { Chapter } from './report.js';

const MILLION = 1_000_000;
const MIB = 1024 * 1024;
const MCHID = '1900000109';
/** Milliseconds: long enough for what is measured, so that nothing is left behind for long. */
const SHORT = 10_000;

/** What a million remembered ids take. */
export async function memoryStore(): Promise<Chapter> {
  const store = new MemoryNotificationStore({ maxEntries: MILLION });
  const before = heapUsed();
  const start = performance.now();
  for (let index = 0; index < MILLION; index += 1) {
    // As long as the longest id that has been seen.
    const key = { mchid: MCHID, id: `EV-${String(index).padStart(33, '0')}` };
    const claim = await store.claim(key, SHORT);
    assert.equal(claim.state, 'claimed');
    await store.complete(key, claim.token, 60 * 60 * 1000);
  }
  const elapsed = performance.now() - start;
  const taken = heapUsed() - before;
  assert.equal((await store.claim({ mchid: MCHID, id: `EV-${'0'.repeat(33)}` }, 1)).state, 'done');
  return {
    title: 'Memory store: a million handled notifications',
    columns: ['', 'MiB', 'bytes each', 'us each, claim and complete'],
    rows: [
      [
        'MemoryNotificationStore',
        (taken / MIB).toFixed(0),
        (taken / MILLION).toFixed(0),
        ((elapsed * 1000) / MILLION).toFixed(1),
      ],
    ],
    notes: [],
  };
}

function heapUsed(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const IN_FLIGHT = [1, 4, 16, 64];
const CLAIMS = 4096;
const ROUNDS = 7;

/** Claims a second of one process, and what the plainest command of the same kind does. */
export async function redisStore(url: string): Promise<Chapter> {
  const prefix = `benchmark:${randomUUID()}:`;
  const client = new Redis(url);
  const store = new RedisNotificationStore({ client, keyPrefix: prefix });
  try {
    const rows: string[][] = [];
    for (const inFlight of IN_FLIGHT) {
      const [plain, claims]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        plain.push(
          await perSecond(inFlight, async (name) => {
            assert.equal(await client.set(prefix + name, '1', 'PX', SHORT, 'NX'), 'OK');
          }),
        );
        claims.push(
          await perSecond(inFlight, async (id) => {
            assert.equal((await store.claim({ mchid: MCHID, id }, SHORT)).state, 'claimed');
          }),
        );
      }
      const ratio = quantile(
        claims.map((count, round) => count / (plain[round] ?? NaN)),
        0.5,
      );
      rows.push([
        `${inFlight}`,
        quantile(claims, 0.5).toFixed(0),
        `${quantile(claims, 0.25).toFixed(0)} .. ${quantile(claims, 0.75).toFixed(0)}`,
        quantile(plain, 0.5).toFixed(0),
        ratio.toFixed(2),
      ]);
    }
    return {
      title: 'Redis store: claims a second of one process, by calls in flight',
      columns: ['in flight', 'claims/s', 'quartiles', 'plain SET NX/s', 'x plain'],
      rows,
      notes: [],
    };
  } finally {
    await store.close();
    await client.quit();
  }
}

async function perSecond(
  inFlight: number,
  claim: (name: string) => Promise<void>,
): Promise<number> {
  let left = CLAIMS;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await claim(randomUUID());
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (CLAIMS / (performance.now() - start)) * 1000;
}
