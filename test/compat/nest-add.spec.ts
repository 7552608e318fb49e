import { existsSync } from 'node:fs';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Consumer, findTarball, type ModuleKind, run } from './consumer.js';

interface AppCase {
  readonly cli: string;
  readonly kind: ModuleKind;
  /** The version of Nest's optional packages that goes with this one of Nest. */
  readonly peers: string;
}

/** The application schematic of Nest 11 knows CommonJS only. */
const APPS: readonly AppCase[] = [
  { cli: 'nest-cli-11', kind: 'cjs', peers: '^4.0.0' },
  { cli: 'nest-cli-12', kind: 'cjs', peers: '^12.0.0' },
  { cli: 'nest-cli-12', kind: 'esm', peers: '^12.0.0' },
];

const NPM_INSTALL = [
  'install',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--ignore-scripts',
  '--loglevel=error',
];
const NEST_ADD = ['add', 'nestjs-wechatpay-complaint', '--skip-install'];

describe.each(APPS)('nest add in a new $kind app of $cli', ({ cli, kind, peers }) => {
  let app: string;
  let nest: (args: readonly string[]) => Promise<string>;

  beforeAll(async () => {
    const consumer = await Consumer.ofTools(cli);
    app = join(consumer.folder, `app-${kind}`);
    // What `nest new` runs, which has no option for the kind of modules.
    const type = cli === 'nest-cli-12' ? [`--type=${kind}`] : [];
    await consumer.node([
      consumer.installed('@angular-devkit/schematics-cli/bin/schematics.js'),
      '@nestjs/schematics:application',
      `--name=app-${kind}`,
      '--package-manager=npm',
      ...type,
    ]);
    nest = (args) => consumer.node([consumer.installed('@nestjs/cli/bin/nest.js'), ...args], app);
    await run('npm', [...NPM_INSTALL, await findTarball(), '@peculiar/x509@2'], app);
  });

  it('edits the app once, which then builds, starts and handles a notification', async () => {
    const output = await nest(NEST_ADD);
    for (const file of ['src/app.module.ts', 'src/main.ts', '.env.example', 'package.json']) {
      // With or without colours.
      expect(output).toMatch(new RegExp(`(CREATE|UPDATE)\\S* ${file}`));
    }
    expect(output).toContain('What is left to do');
    const manifest: unknown = JSON.parse(await readFile(join(app, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({
      dependencies: { '@nestjs/axios': peers, '@nestjs/config': peers },
    });

    const before = await filesOf(app);
    await expect(nest(NEST_ADD)).resolves.toContain('Nothing to be done.');
    await expect(filesOf(app)).resolves.toEqual(before);

    await run('npm', NPM_INSTALL, app);
    await nest(['build']);
    await cp(join(import.meta.dirname, 'fixtures/nest-add/deliver.mjs'), join(app, 'deliver.mjs'));
    const main = ['dist/main.js', 'dist/src/main.js'].find((file) => existsSync(join(app, file)));
    const log = await run(process.execPath, ['deliver.mjs', join(app, main ?? '')], app);
    expect(log).toContain('every step succeeded');
    expect(log.match(/CREATE_COMPLAINT: complaint 2002/g)).toHaveLength(1);
  });
});

/** The files of the app itself, with their contents. */
async function filesOf(app: string): Promise<Record<string, string>> {
  const paths = ['package.json', '.env.example'];
  for (const path of await readdir(join(app, 'src'), { recursive: true })) {
    if (path.endsWith('.ts')) paths.push(join('src', path));
  }
  const contents = paths.map(async (path) => [path, await readFile(join(app, path), 'utf8')]);
  return Object.fromEntries(await Promise.all(contents)) as Record<string, string>;
}
