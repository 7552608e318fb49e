import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { VERSION } from '../../lib/version.js';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = 'dist/esm/cli/main.js';
/** The page of the simulator. */
const PAGE = 'cli/simulation/page';
const BESIDE_DIST = ['LICENSE', 'README.md', 'README.zh-CN.md', 'package.json'];
/** It is in one build only, and nobody imports its types. */
const NEST_ADD = ['collection.json', 'schema.json', 'nest-add.js'].map(
  (file) => `dist/cjs/schematics/${file}`,
);
/** Bytes. Code and documentation may grow this far; an asset or a bundled dependency may not come in. */
const MAX_PACKED_SIZE = 520_000;
const MAX_UNPACKED_SIZE = 2_200_000;

interface Tarball {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<
    Record<string, string | { readonly import: { readonly default: string } }>
  >;
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Manifest;
}

describe('The tarball', () => {
  let tarball: Tarball;

  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(
      'npm',
      ['pack', '--dry-run', '--json', '--ignore-scripts'],
      { cwd: ROOT },
    );
    // Since version 11, npm prints an object by package name instead of an array.
    const [first] = Object.values(JSON.parse(stdout) as Record<string, Tarball>);
    if (!first) throw new Error('npm packed nothing.');
    tarball = first;
  });

  it('holds both builds of every entry point, all declarations, the program, nest add, the READMEs and the license, and nothing else', async () => {
    const sources = (await readdir(join(ROOT, 'lib'), { recursive: true }))
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => path.endsWith('.ts') && !/^(cli|schematics)\//.test(path));
    const page = (await readdir(join(ROOT, 'lib', PAGE)))
      .filter((file) => !file.endsWith('.json'))
      .map((file) => `dist/esm/${PAGE}/${file}`);
    const entryPoints = Object.values((await manifest()).exports)
      .filter((conditions) => typeof conditions === 'object')
      .map(({ import: { default: file } }) => file.replace('./dist/esm/', ''));
    const built = ['esm', 'cjs'].flatMap((build) =>
      [...entryPoints, ...sources.map((source) => source.replace(/\.ts$/, '.d.ts'))].map(
        (file) => `dist/${build}/${file}`,
      ),
    );
    const isShared = (path: string): boolean => /^dist\/(esm|cjs)\/shared\/[\w.-]+\.js$/.test(path);
    expect(
      tarball.files
        .map(({ path }) => path)
        .filter((path) => !isShared(path))
        .sort(),
    ).toEqual(
      [...BESIDE_DIST, ...built, ...page, ...NEST_ADD, PROGRAM, 'dist/cjs/package.json'].sort(),
    );
  });

  it('stays small', () => {
    expect(tarball.size).toBeLessThan(MAX_PACKED_SIZE);
    expect(tarball.unpackedSize).toBeLessThan(MAX_UNPACKED_SIZE);
  });

  it('has the version that the package sends to WeChat Pay', async () => {
    await expect(manifest()).resolves.toMatchObject({ version: VERSION });
  });
});
