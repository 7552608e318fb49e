import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSuitesToSkip } from './test/support/services.js';

/** The file to which the workers of one run append the hostile cases they tried. */
process.env.HOSTILE_TALLY = join(tmpdir(), `hostile-cases-${process.pid}`);

/** @type {import('jest').Config} */
const config = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  // The compatibility tests have a configuration of their own: npm run test:compat.
  testMatch: ['**/*.spec.ts', '!**/test/compat/**'],
  extensionsToTreatAsEsm: ['.ts'],
  randomize: true,
  // Modules in ESM stay in memory after their suite, so a worker that has grown is replaced. With a
  // single worker jest would run the suites in its own process, which cannot be.
  maxWorkers: Math.max(2, Math.ceil(availableParallelism() / 2)),
  workerIdleMemoryLimit: '1GB',
  // Milliseconds. On a busy machine, generating a few RSA keys alone can take longer than the default.
  testTimeout: 30_000,
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
    '^nestjs-wechatpay-complaint/opentelemetry$': '<rootDir>/lib/opentelemetry/index.ts',
    '^nestjs-wechatpay-complaint/redis$': '<rootDir>/lib/stores/redis.ts',
    '^nestjs-wechatpay-complaint/sql$': '<rootDir>/lib/stores/sql.ts',
    '^nestjs-wechatpay-complaint/terminus$': '<rootDir>/lib/terminus/index.ts',
    '^nestjs-wechatpay-complaint/testing$': '<rootDir>/lib/testing/index.ts',
  },
  collectCoverageFrom: ['lib/**/*.ts'],
  coverageProvider: 'v8',
  coverageThreshold: { global: { branches: 95 } },
};

export default async () => ({
  ...config,
  globalTeardown: '<rootDir>/test/support/summary.js',
  testPathIgnorePatterns: await findSuitesToSkip(),
});
