import { describe, expect, it } from '@jest/globals';
import { Consumer, type ModuleKind } from './consumer.js';

interface TypesCase {
  readonly consumer: string;
  /** `typescript` is version 5 with Nest 11 and version 6 with Nest 12. */
  readonly compiler: 'typescript' | 'typescript-7';
  readonly kind: ModuleKind;
  readonly resolution: 'node10' | 'node16' | 'node20' | 'nodenext' | 'bundler';
  readonly flags?: readonly string[];
}

/** TypeScript 6 needs this option for node10, and TypeScript 5 does not know it. */
const NODE10_ON_6 = ['--ignoreDeprecations', '6.0'];

/**
 * All are strict and without skipLibCheck. The apps of apps.spec.ts cover nodenext with TypeScript 5 and
 * 6. Two combinations cannot work: CommonJS on Nest 12 under node16, where a CommonJS module must not
 * require Nest's ES modules (under node20 it may), and node10 with TypeScript 7, which has removed it.
 */
const CASES: readonly TypesCase[] = [
  { consumer: 'nest-11', compiler: 'typescript', kind: 'cjs', resolution: 'node10' },
  { consumer: 'nest-11', compiler: 'typescript', kind: 'cjs', resolution: 'node16' },
  { consumer: 'nest-11', compiler: 'typescript', kind: 'esm', resolution: 'node16' },
  { consumer: 'nest-11', compiler: 'typescript', kind: 'esm', resolution: 'bundler' },
  {
    consumer: 'nest-12',
    compiler: 'typescript',
    kind: 'cjs',
    resolution: 'node10',
    flags: NODE10_ON_6,
  },
  { consumer: 'nest-12', compiler: 'typescript', kind: 'esm', resolution: 'node16' },
  { consumer: 'nest-12', compiler: 'typescript', kind: 'cjs', resolution: 'node20' },
  { consumer: 'nest-12', compiler: 'typescript', kind: 'esm', resolution: 'bundler' },
  { consumer: 'nest-12', compiler: 'typescript-7', kind: 'cjs', resolution: 'nodenext' },
  { consumer: 'nest-12', compiler: 'typescript-7', kind: 'esm', resolution: 'nodenext' },
  { consumer: 'nest-12', compiler: 'typescript-7', kind: 'esm', resolution: 'bundler' },
];

describe('The types of all entry points', () => {
  it.each(CASES)(
    'compile with $compiler under $resolution in $kind on $consumer',
    async ({ consumer: name, compiler, kind, resolution, flags = [] }) => {
      const consumer = await Consumer.of(name);
      const folder = await consumer.add('app', kind);
      const args = ['-p', `tsconfig.${resolution}.json`, '--noEmit', ...flags];
      await expect(consumer.tsc(folder, args, compiler)).resolves.toBe('');
    },
  );
});
