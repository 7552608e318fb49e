import findSettings, { missingRedis } from '../../jest.config.js';

/** The package as its consumers get it: packed, and installed in fresh folders elsewhere. */
export default async () => {
  // The apps here remember in Redis, whatever the other tests leave out.
  const missing = await missingRedis();
  if (missing) throw new Error(missing);
  return {
    ...(await findSettings()),
    rootDir: '../..',
    roots: ['<rootDir>/test/compat'],
    testMatch: ['<rootDir>/test/compat/*.spec.ts'],
    globalSetup: '<rootDir>/test/compat/pack.js',
    globalTeardown: undefined,
    // The specs share what is installed: the first that needs a folder fills it.
    maxWorkers: 1,
    testTimeout: 300_000,
    verbose: true,
  };
};
