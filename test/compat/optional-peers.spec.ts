import { beforeAll, describe, expect, it } from '@jest/globals';
import { Consumer } from './consumer.js';

const LOADERS = [
  ['import', (entry: string) => ['--input-type=module', '--eval', `await import('${entry}')`]],
  ['require', (entry: string) => ['--input-type=commonjs', '--eval', `require('${entry}')`]],
] as const;

describe('Without the optional peers', () => {
  let consumer: Consumer;

  beforeAll(async () => {
    consumer = await Consumer.of('no-optional-peers');
  });

  it('an app compiles and starts', async () => {
    const folder = await consumer.add('app-without-optional-peers', 'esm');
    await consumer.tsc(folder, ['-p', 'tsconfig.nodenext.json']);
    await expect(consumer.node(['dist/main.js'], folder)).resolves.toContain('the app started');
  });

  describe.each(LOADERS)('%s', (_, load) => {
    it.each(['nestjs-wechatpay-complaint', 'nestjs-wechatpay-complaint/testing'])(
      'of %s succeeds',
      async (entry) => {
        await expect(consumer.node(load(entry))).resolves.toBe('');
      },
    );

    // This is Node's own message.
    it.each([
      ['nestjs-wechatpay-complaint/config', '@nestjs/config'],
      ['nestjs-wechatpay-complaint/opentelemetry', '@opentelemetry/api'],
      ['nestjs-wechatpay-complaint/redis', 'ioredis'],
      ['nestjs-wechatpay-complaint/terminus', '@nestjs/terminus'],
    ])('of %s fails and names %s', async (entry, missing) => {
      await expect(consumer.node(load(entry))).rejects.toThrow(
        `Cannot find package '${missing}' imported from ${consumer.installed('nestjs-wechatpay-complaint')}`,
      );
    });
  });

  it('createTestMerchant fails and says what to install', async () => {
    const script = `
      import { createTestMerchant } from 'nestjs-wechatpay-complaint/testing';
      await createTestMerchant();`;
    await expect(consumer.node(['--input-type=module', '--eval', script])).rejects.toThrow(
      'npm install --save-dev @peculiar/x509',
    );
  });
});
