import { describe, expect, it } from '@jest/globals';
import { Consumer, type ModuleKind } from './consumer.js';

interface RunnerCase {
  readonly consumer: string;
  readonly runner: 'jest' | 'vitest';
  readonly kind: ModuleKind;
  /** Flags for Node, the file of the runner, and its arguments. */
  readonly command: readonly [flags: string[], file: string, args: string[]];
}

const ESM = '--experimental-vm-modules';

/** Configured as `nest new` does; Jest for ESM as ts-jest documents. */
const RUNNERS: readonly RunnerCase[] = [
  {
    consumer: 'nest-11',
    runner: 'jest',
    kind: 'cjs',
    command: [[], 'jest/bin/jest.js', ['--config', 'jest.cjs.config.json']],
  },
  {
    consumer: 'nest-11',
    runner: 'jest',
    kind: 'esm',
    command: [[ESM], 'jest/bin/jest.js', ['--config', 'jest.esm.config.json']],
  },
  {
    consumer: 'nest-12',
    runner: 'jest',
    kind: 'esm',
    command: [[ESM], 'jest/bin/jest.js', ['--config', 'jest.esm.config.json']],
  },
  {
    consumer: 'nest-12',
    runner: 'vitest',
    kind: 'esm',
    command: [[], 'vitest/vitest.mjs', ['run', '--globals']],
  },
];

describe("A consumer's own suite", () => {
  it.each(RUNNERS)(
    'compiles and passes under $runner in $kind on $consumer',
    async ({ consumer: name, kind, command: [flags, runner, args] }) => {
      const consumer = await Consumer.of(name);
      const folder = await consumer.add('suite', kind);
      await consumer.tsc(folder, ['--noEmit']);
      await expect(
        consumer.node([...flags, consumer.installed(runner), ...args], folder),
      ).resolves.toMatch(/Tests:? +2 passed/);
    },
  );
});
