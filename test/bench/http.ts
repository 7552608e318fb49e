import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { signComplaintNotification, type TestMerchant } from '../../lib/testing/index.js';
import type { Adapter, Command, Reply } from './http-app.js';
import { quantile } from './measure.js';
import { autocannon, type LoadRequest } from './peers.js';
import { type Chapter, judge } from './report.js';

const CONNECTIONS = [1, 16, 64];
/** A multiple of each number of connections. Each notification is sent once in a measurement. */
const NOTIFICATIONS = 64 * 64;
const ROUNDS = 7;

interface Route {
  readonly name: string;
  readonly path: string;
  readonly isRemembering: boolean;
}

const BY_HAND: Route = { name: 'floor by hand', path: '/by-hand', isRemembering: false };
const IN_GUARD: Route = {
  name: 'floor in a guard, with an interceptor',
  path: '/by-hand-in-guard',
  isRemembering: false,
};
const OURS: Route = { name: 'ours, store on', path: '/ours', isRemembering: true };
const OURS_OFF: Route = { name: 'ours, store off', path: '/ours', isRemembering: false };
const LISTENER: Route = {
  name: 'ours, a listener, store on',
  path: '/listener',
  isRemembering: true,
};
const CHECKED: Route = {
  name: 'our checks in a guard, with an interceptor',
  path: '/checked-in-guard',
  isRemembering: false,
};
const NOTHING: Route = { name: 'nothing', path: '/nothing', isRemembering: false };
const ROUTES: readonly Route[] = [BY_HAND, IN_GUARD, CHECKED, OURS_OFF, OURS, LISTENER, NOTHING];

interface Run {
  /** Responses per second. */
  readonly throughput: number;
  /** Microseconds of CPU that the server process takes for one request. */
  readonly cpu: number;
}

/** A whole request through Nest. The server is a process of its own; this one makes the load. */
export async function overHttp(merchant: TestMerchant): Promise<Chapter[]> {
  const pool = Array.from({ length: NOTIFICATIONS }, () => signComplaintNotification(merchant));
  const child = fork(new URL('http-app.js', import.meta.url), { execArgv: ['--expose-gc'] });
  try {
    const chapters: Chapter[] = [];
    for (const adapter of ['express', 'fastify'] as const) {
      chapters.push(await onAdapter(adapter, merchant, pool, child));
    }
    return chapters;
  } finally {
    child.kill();
  }
}

async function onAdapter(
  adapter: Adapter,
  merchant: TestMerchant,
  pool: readonly Pick<LoadRequest, 'headers' | 'body'>[],
  child: ChildProcess,
): Promise<Chapter> {
  const rows: (string | number)[][] = [];
  const notes: string[] = [];
  for (const connections of CONNECTIONS) {
    const runs = new Map<Route, Run[]>(ROUTES.map((route) => [route, []]));
    // The first round warms up, and does not count.
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const index of ROUTES.keys()) {
        const route = ROUTES[(index + round + ROUTES.length) % ROUTES.length];
        if (!route) continue;
        const run = await runOnce(route, connections, adapter, merchant, pool, child);
        if (round >= 0) runs.get(route)?.push(run);
      }
    }
    const byHand = runs.get(BY_HAND) ?? [];
    for (const route of ROUTES) {
      const own = runs.get(route) ?? [];
      const throughputs = own.map(({ throughput }) => throughput);
      const ratio = relativeTo(byHand, own);
      rows.push([
        `${route.name}, ${connections}`,
        quantile(throughputs, 0.5).toFixed(0),
        `${quantile(throughputs, 0.25).toFixed(0)} .. ${quantile(throughputs, 0.75).toFixed(0)}`,
        ratio.toFixed(2),
        quantile(
          own.map(({ cpu }) => cpu),
          0.5,
        ).toFixed(0),
      ]);
      if (route === OURS || route === OURS_OFF) {
        const name = `${route.name}, ${connections} connections: throughput relative to the floor`;
        const bound = route === OURS ? 0.85 : 0.9;
        notes.push(judge({ name, value: ratio, bound, atLeast: true }));
      }
      if (route === OURS_OFF) {
        const value = relativeTo(runs.get(CHECKED) ?? [], own);
        const name = `${route.name}, ${connections} connections: throughput relative to the same checks in a guard with an interceptor`;
        notes.push(judge({ name, value, bound: 1, atLeast: true }));
      }
    }
  }
  return {
    title: `Over HTTP, Nest on ${adapter}`,
    columns: ['route, connections', 'responses/s', 'quartiles', 'x floor', 'CPU us each'],
    rows,
    notes,
  };
}

/** The median over all rounds of one route's throughput by that of another in the same round. */
function relativeTo(others: readonly Run[], own: readonly Run[]): number {
  return quantile(
    own.map(({ throughput }, round) => throughput / (others[round]?.throughput ?? NaN)),
    0.5,
  );
}

async function runOnce(
  { path, isRemembering }: Route,
  connections: number,
  adapter: Adapter,
  merchant: TestMerchant,
  pool: readonly Pick<LoadRequest, 'headers' | 'body'>[],
  child: ChildProcess,
): Promise<Run> {
  const begun = await command(child, {
    type: 'begin',
    adapter,
    options: { ...merchant.options, clockTolerance: 3600 },
    publicKeyPem: merchant.publicKey.pem,
    isRemembering,
  });
  assert.equal(begun.type, 'began');
  const share = pool.length / connections;
  let clients = 0;
  const start = performance.now();
  const result = await autocannon({
    url: begun.url,
    connections,
    amount: pool.length,
    // Milliseconds between the looks at whether every response has arrived.
    sampleInt: 5,
    setupClient: (client) => {
      const own = pool.slice(clients * share, (clients + 1) * share);
      clients += 1;
      client.setRequests(own.map(({ headers, body }) => ({ method: 'POST', path, headers, body })));
    },
  });
  const elapsed = performance.now() - start;
  const ended = await command(child, { type: 'end' });
  assert.deepEqual(
    [result['2xx'], result.non2xx, result.errors],
    [pool.length, 0, 0],
    'every notification has to get a success',
  );
  assert.equal(ended.type, 'ended');
  assert.equal(ended.handled, pool.length, 'every notification has to be handled');
  return { throughput: (pool.length / elapsed) * 1000, cpu: ended.cpu / pool.length };
}

async function command(child: ChildProcess, message: Command): Promise<Reply> {
  const reply = once(child, 'message') as Promise<[Reply]>;
  child.send(message);
  const [result] = await reply;
  return result;
}
