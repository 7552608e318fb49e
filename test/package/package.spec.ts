import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { VERSION } from '../../lib/version.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const ENTRIES = [
  ['nestjs-wechatpay-complaint', 'WechatPayComplaintModule'],
  ['nestjs-wechatpay-complaint/config', 'wechatPayComplaintConfig'],
  ['nestjs-wechatpay-complaint/redis', 'RedisNotificationStore'],
  ['nestjs-wechatpay-complaint/testing', 'WechatPaySimulator'],
] as const;

interface Manifest {
  readonly version: string;
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { optional?: boolean }>;
}

const run = promisify(execFile);

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Manifest;
}

/** What a real Node process prints for a script of this kind, run inside the built package. */
async function node(type: 'module' | 'commonjs', script: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [`--input-type=${type}`, '--eval', script], {
    cwd: ROOT,
  });
  return JSON.parse(stdout);
}

describe('The built package', () => {
  it.each(ENTRIES)('%s gives %s to import and to require', async (entry, name) => {
    await expect(
      node(
        'module',
        `import { ${name} as it } from '${entry}'; console.log(JSON.stringify(typeof it))`,
      ),
    ).resolves.toBe('function');
    await expect(
      node(
        'commonjs',
        `const { ${name}: it } = require('${entry}'); console.log(JSON.stringify(typeof it))`,
      ),
    ).resolves.toBe('function');
  });

  it.each(ENTRIES)('%s is one and the same to import and to require', async (entry, name) => {
    const script = `
      import { createRequire } from 'node:module';
      import { ${name} as imported } from '${entry}';
      const { ${name}: required } = createRequire(import.meta.url)('${entry}');
      console.log(JSON.stringify(imported === required));`;
    await expect(node('module', script)).resolves.toBe(true);
  });

  it('has a CommonJS build for tools that know no module-sync', async () => {
    const script = `
      const { WechatPayComplaintModule } = require('./dist/cjs/index.js');
      const { WechatPaySimulator } = require('./dist/cjs/testing/index.js');
      console.log(JSON.stringify([typeof WechatPayComplaintModule, typeof WechatPaySimulator]));`;
    await expect(node('commonjs', script)).resolves.toEqual(['function', 'function']);
  });

  it('ships dist, the README files and the LICENSE, and nothing else', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
    });
    const packed: unknown = JSON.parse(stdout);
    const [{ files }] = (Array.isArray(packed) ? packed : Object.values(packed as object)) as [
      { files: { path: string }[] },
    ];
    const others = files.map(({ path }) => path).filter((path) => !path.startsWith('dist/'));
    expect(others.sort()).toEqual(['LICENSE', 'README.md', 'README.zh-CN.md', 'package.json']);
    expect(files.filter(({ path }) => /\.(map|spec\.\w+|tsbuildinfo)$/.test(path))).toEqual([]);
  });

  it('tells WeChat Pay its own version', async () => {
    expect(VERSION).toBe((await manifest()).version);
  });
});

describe('Every package that lib imports', () => {
  /** Each import of each file of lib, by file and specifier. */
  async function imports(): Promise<[file: string, specifier: string][]> {
    const files = (await readdir(join(ROOT, 'lib'), { recursive: true })).filter((file) =>
      file.endsWith('.ts'),
    );
    const found = await Promise.all(
      files.map(async (file) => {
        const text = await readFile(join(ROOT, 'lib', file), 'utf8');
        return [...text.matchAll(/(?:from|import)\s*\(?\s*'(@?[a-z][^']*)'/g)].map(
          ([, specifier = '']): [string, string] => [file, specifier],
        );
      }),
    );
    return found
      .flat()
      .filter(([, name]) => !name.startsWith('node:') && !builtinModules.includes(name));
  }

  async function importedPackages(): Promise<Set<string>> {
    return new Set((await imports()).map(([, specifier]) => specifier));
  }

  it('is declared, and is imported from its root only', async () => {
    const { dependencies, peerDependencies } = await manifest();
    const used = await importedPackages();
    expect(used).toContain('@nestjs/common');
    expect(
      [...used].filter((name) => !(name in dependencies) && !(name in peerDependencies)),
    ).toEqual([]);
  });

  it('is optional only where an entry point of its own needs it', async () => {
    const { peerDependenciesMeta } = await manifest();
    const optional = Object.keys(peerDependenciesMeta);
    const users = (await imports()).filter(([, name]) => optional.includes(name));
    expect(users.map(([file]) => file).sort()).toEqual([
      'config/wechatpay-complaint.config.ts',
      'stores/redis-notification-store.ts',
      'testing/test-merchant.ts',
    ]);
  });

  it('is still used, when it is declared', async () => {
    const { dependencies, peerDependencies } = await manifest();
    const used = await importedPackages();
    const unused = Object.keys({ ...dependencies, ...peerDependencies }).filter(
      (name) => !used.has(name),
    );
    expect(unused).toEqual([]);
  });
});
