import { describe, expect, it } from '@jest/globals';
import { Consumer, type ModuleKind } from './consumer.js';

interface TypesCase {
  readonly consumer: string;
  /** `typescript` is 5 beside Nest 11, and 6 beside Nest 12. */
  readonly compiler: 'typescript' | 'typescript-7';
  readonly kind: ModuleKind;
  readonly resolution: 'node10' | 'node16' | 'node20' | 'nodenext' | 'bundler';
  readonly flags?: readonly string[];
}

/** What TypeScript 6 wants to hear, and 5 does not know. */
const NODE10_ON_6 = ['--ignoreDeprecations', '6.0'];

/**
 * All strict and without skipLibCheck, as the apps of apps.spec.ts, which are compiled under
 * nodenext by TypeScript 5 and 6. Left out: CommonJS on Nest 12 under node16, which lets no
 * CommonJS module require Nest's own ES modules (node20 does), and node10 for TypeScript 7, which
 * no longer has it.
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
    'hold for $compiler under $resolution in $kind on $consumer',
    async ({ consumer: name, compiler, kind, resolution, flags = [] }) => {
      const consumer = await Consumer.of(name);
      const folder = await consumer.add('app', kind);
      const args = ['-p', `tsconfig.${resolution}.json`, '--noEmit', ...flags];
      await expect(consumer.tsc(folder, args, compiler)).resolves.toBe('');
    },
  );
});
