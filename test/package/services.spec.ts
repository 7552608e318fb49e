import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const SERVICES = join(import.meta.dirname, '../support/services.js');

interface CheckedService {
  readonly problem?: string;
  readonly suites: readonly string[];
}

/** What `findSuitesToSkip` resolves to in a process of its own, with or without CI. */
async function findSuitesToSkip(
  services: readonly CheckedService[],
  env: { readonly CI?: string } = {},
): Promise<unknown> {
  const script = `
    import { findSuitesToSkip } from '${SERVICES}';
    const services = ${JSON.stringify(services)}.map(({ problem, suites }) => ({
      findProblem: async () => problem,
      suites,
    }));
    console.log(JSON.stringify(await findSuitesToSkip(services)));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { env: { ...process.env, CI: undefined, ...env } },
  );
  return JSON.parse(stdout);
}

describe('The suites that need a service', () => {
  const suites = ['package/services.'];

  it('run when the service is there', async () => {
    await expect(findSuitesToSkip([{ suites }])).resolves.toEqual([]);
  });

  it('are skipped when it is missing', async () => {
    await expect(findSuitesToSkip([{ problem: 'There is no Redis.', suites }])).resolves.toEqual([
      '<rootDir>/test/package/services.',
    ]);
  });

  it('fail the run in CI when it is missing', async () => {
    await expect(
      findSuitesToSkip([{ problem: 'There is no Redis.', suites }], { CI: 'true' }),
    ).rejects.toThrow('test/package/services.*: There is no Redis.');
  });

  it('fail the run when their path matches nothing, even with the service there', async () => {
    await expect(
      findSuitesToSkip([{ suites: [...suites, 'unit/no-such-suite.'] }]),
    ).rejects.toThrow('No spec below test/ starts with unit/no-such-suite.: correct');
  });
});
