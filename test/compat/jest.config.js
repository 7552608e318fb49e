import loadConfig from '../../jest.config.js';
import { findDatabaseProblem, findRedisProblem } from '../support/services.js';

/** Tests the package as its consumers get it: packed, and installed in new folders elsewhere. */
export default async () => {
  // The apps of these tests keep their notifications in Redis or in a database.
  const problem = (await findRedisProblem()) ?? (await findDatabaseProblem());
  if (problem) throw new Error(problem);
  return {
    ...(await loadConfig()),
    rootDir: '../..',
    roots: ['<rootDir>/test/compat'],
    testMatch: ['<rootDir>/test/compat/*.spec.ts'],
    globalSetup: '<rootDir>/test/compat/pack.js',
    globalTeardown: undefined,
    // The specs share the installed consumers: the first spec that needs one installs it.
    maxWorkers: 1,
    testTimeout: 300_000,
    verbose: true,
  };
};
