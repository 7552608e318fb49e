import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Consumer, type ModuleKind } from './consumer.js';

interface AppCase {
  readonly consumer: string;
  readonly kind: ModuleKind;
  readonly project: string;
}

const APPS: readonly AppCase[] = [
  { consumer: 'nest-11', kind: 'esm', project: 'tsconfig.nodenext.json' },
  { consumer: 'nest-11', kind: 'cjs', project: 'tsconfig.nodenext.json' },
  { consumer: 'nest-12', kind: 'esm', project: 'tsconfig.nodenext.json' },
  { consumer: 'nest-12', kind: 'cjs', project: 'tsconfig.nodenext.json' },
  // Before 7.5.5, the exports of rxjs lack its types, so only node10 finds them.
  { consumer: 'lowest-peers', kind: 'cjs', project: 'tsconfig.node10.json' },
];

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

async function readManifest(file: string): Promise<Manifest> {
  return JSON.parse(await readFile(file, 'utf8')) as Manifest;
}

describe.each(APPS)('The $kind app on $consumer', ({ consumer: name, kind, project }) => {
  let consumer: Consumer;
  let folder: string;

  beforeAll(async () => {
    consumer = await Consumer.of(name);
    folder = await consumer.add('app', kind);
    await consumer.tsc(folder, ['-p', project]);
  });

  it.each(['express', 'fastify'])(
    'makes the four calls, handles a genuine notification once and rejects a forged one, on %s',
    async (adapter) => {
      await expect(consumer.node(['dist/main.js', adapter], folder)).resolves.toContain(
        `${kind} on ${adapter}: every step succeeded`,
      );
    },
  );
});

describe('The lowest peers', () => {
  it('are the lowest versions that package.json allows', async () => {
    const { folder } = await Consumer.of('lowest-peers');
    const { dependencies = {} } = await readManifest(join(folder, 'package.json'));
    const installed = join(folder, 'node_modules/nestjs-wechatpay-complaint/package.json');
    const { peerDependencies = {} } = await readManifest(installed);
    expect(dependencies).toMatchObject(
      Object.fromEntries(
        Object.entries(peerDependencies).map(([peer, range]) => [
          peer,
          /\d+\.\d+\.\d+/.exec(range)?.[0],
        ]),
      ),
    );
  });
});
