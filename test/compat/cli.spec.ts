import { describe, expect, it } from '@jest/globals';
import { Consumer } from './consumer.js';

const PROGRAM = '.bin/wechatpay-complaint';

describe.each(['nest-11', 'nest-12'])('The program on %s', (name) => {
  it('is found by the name of the package and by its own', async () => {
    const consumer = await Consumer.of(name);
    for (const program of ['nestjs-wechatpay-complaint', 'wechatpay-complaint']) {
      await expect(consumer.npx([program, '--version'])).resolves.toMatch(/^\d+\.\d+\.\d+$/m);
    }
  });

  it.each(['esm', 'cjs'] as const)('works in a project of kind %s', async (kind) => {
    const consumer = await Consumer.of(name);
    const folder = await consumer.add('cli', kind);
    await expect(
      consumer.node(['session.mjs', consumer.installed(PROGRAM)], folder),
    ).resolves.toContain('every step succeeded');
  });
});

describe('The program without the optional peers', () => {
  it('names the package that the simulator needs', async () => {
    const consumer = await Consumer.of('no-optional-peers');
    await expect(consumer.npx(['wechatpay-complaint', 'simulate'])).rejects.toThrow(
      'npm install --save-dev @peculiar/x509',
    );
  });

  it('reads the environment', async () => {
    const consumer = await Consumer.of('no-optional-peers');
    await expect(consumer.npx(['wechatpay-complaint', 'url', 'get'])).rejects.toThrow(
      'WECHATPAY_MCHID is not set',
    );
  });

  it('names the package that the check of a Redis needs', async () => {
    const consumer = await Consumer.of('no-optional-peers');
    const folder = await consumer.add('cli', 'esm');
    await expect(
      consumer.node(['doctor.mjs', consumer.installed(PROGRAM)], folder),
    ).resolves.toContain('Run: npm install ioredis');
  });
});
