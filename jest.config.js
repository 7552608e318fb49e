import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Undefined when Redis and its server program are there, or what is missing. */
export async function missingRedis() {
  const url = new URL(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
  const hasServer = spawnSync('redis-server', ['--version']).status === 0;
  if (hasServer && (await answers(url))) return undefined;
  return (
    `No Redis at ${url.host}, or no redis-server in the PATH: the tests of the Redis store do NOT run. ` +
    'Install and start it: apt-get install redis-server'
  );
}

function missingChromium() {
  const path = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  if (spawnSync(path, ['--version']).status === 0) return undefined;
  return (
    `No Chromium at ${path}: the tests that look at a page do NOT run. ` +
    'Install it, apt-get install chromium, or say by CHROMIUM_PATH where it is.'
  );
}

/** Suites by what they cannot do without. */
const DEMANDING_SUITES = [
  // They talk to a real Redis, at REDIS_URL or 127.0.0.1:6379, or start servers of their own.
  [missingRedis, ['/test/unit/stores/redis-', '/test/e2e/processes/', '/test/e2e/cluster-sample']],
  [missingChromium, ['/test/e2e/desk-sample.browser']],
];

function answers({ hostname, port }) {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 6379), timeout: 2000 });
    const settle = (isThere) => () => {
      socket.destroy();
      resolve(isThere);
    };
    socket.on('connect', settle(true)).on('error', settle(false)).on('timeout', settle(false));
  });
}

/** The suites that lack what they need are left out, which is said aloud; in CI that is a failure. */
async function findSuitesToLeaveOut() {
  const found = await Promise.all(
    DEMANDING_SUITES.map(async ([missing, suites]) => ({ missing: await missing(), suites })),
  );
  const leftOut = found.filter(({ missing }) => missing !== undefined);
  if (leftOut.length === 0) return [];
  const message = leftOut.map(({ missing }) => missing).join('\n');
  if (process.env.CI) throw new Error(message);
  process.env.TESTS_LEFT_OUT = message;
  return leftOut.flatMap(({ suites }) => suites);
}

/** Where the workers of one run write down how many hostile cases they tried. */
process.env.HOSTILE_TALLY = join(tmpdir(), `hostile-cases-${process.pid}`);

/** @type {import('jest').Config} */
const config = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  // The compatibility tests are a project of their own: npm run test:compat.
  testMatch: ['**/*.spec.ts', '!**/test/compat/**'],
  extensionsToTreatAsEsm: ['.ts'],
  randomize: true,
  restoreMocks: true,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^nestjs-wechatpay-complaint$': '<rootDir>/lib/index.ts',
    '^nestjs-wechatpay-complaint/config$': '<rootDir>/lib/config/wechatpay-complaint.config.ts',
    '^nestjs-wechatpay-complaint/redis$': '<rootDir>/lib/stores/redis.ts',
    '^nestjs-wechatpay-complaint/testing$': '<rootDir>/lib/testing/index.ts',
  },
  collectCoverageFrom: ['lib/**/*.ts'],
  coverageProvider: 'v8',
  coverageThreshold: { global: { branches: 95 } },
};

export default async () => ({
  ...config,
  globalTeardown: '<rootDir>/test/support/tell-at-the-end.js',
  testPathIgnorePatterns: await findSuitesToLeaveOut(),
});
