import { describe, expect, it } from '@jest/globals';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WechatPayComplaintModule, WechatPayConfigurationError } from 'nestjs-wechatpay-complaint';
import { createTestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { RecordingLogger } from '../support/recording-logger.js';

async function startupError(module: DynamicModule): Promise<unknown> {
  class AppModule {}
  const root = { module: AppModule, imports: [module] };
  const options = { abortOnError: false, logger: new RecordingLogger() };
  return NestFactory.createApplicationContext(root, options).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('WechatPayComplaintModule without options', () => {
  it.each<[string, (none: never) => DynamicModule]>([
    ['forRoot', (none) => WechatPayComplaintModule.forRoot(none)],
    ['forRootAsync', (none) => WechatPayComplaintModule.forRootAsync(none)],
  ])('says how to import it: %s', async (_name, register) => {
    for (const none of [undefined, null]) {
      const error = await startupError(register(none as never));

      expect(error).toBeInstanceOf(WechatPayConfigurationError);
      expect(String(error)).toContain(
        'options are missing. Import WechatPayComplaintModule.forRoot',
      );
    }
  });

  it('says the same if a factory returns nothing', async () => {
    const useFactory = () => undefined as never;

    expect(
      String(await startupError(WechatPayComplaintModule.forRootAsync({ useFactory }))),
    ).toContain('A factory must return an object.');
  });
});

describe('The settings of WechatPayComplaintModule', () => {
  it.each<[what: string, route: unknown, problem: string]>([
    ['empty', '', 'route is empty. Give a path such as '],
    ['a number', 7, 'route is of type number. Give a path such as '],
    ['null', null, 'route is of type null.'],
    ['an object without a path', { version: '1' }, 'route.path is of type undefined.'],
    ['an object with an empty list', { path: [] }, 'route.path is empty.'],
  ])('refuse a route that is %s', async (_what, route, problem) => {
    const { options } = await createTestMerchant();
    const settings = { route: route as string };
    for (const module of [
      WechatPayComplaintModule.forRoot({ ...options, ...settings }),
      WechatPayComplaintModule.forRootAsync({ useFactory: () => options, ...settings }),
    ]) {
      expect(String(await startupError(module))).toContain(problem);
    }
  });

  it('say that they stand in the wrong place when a factory returns them', async () => {
    const { options } = await createTestMerchant();
    const useFactory = () => ({ ...options, route: 'complaints', isGlobal: true });

    const message = String(
      await startupError(WechatPayComplaintModule.forRootAsync({ useFactory })),
    );

    expect(message).toContain(
      'route is among the options that a factory returns, which Nest calls too late for it. ' +
        'Put it beside the factory: forRootAsync({ route: ..., useFactory: ... }).',
    );
    expect(message).toContain('isGlobal is among the options that a factory returns');
  });

  it.each([
    [
      { rout: 'complaints' },
      'forRootAsync() has rout, which is not an option. Did you mean route?',
    ],
    [
      { isglobal: true },
      'forRootAsync() has isglobal, which is not an option. Did you mean isGlobal?',
    ],
    [{ mchid: '1900000109' }, 'forRootAsync() has mchid, which is not an option. Remove it.'],
  ])('are checked by name: %j', async (mistake, problem) => {
    const { options } = await createTestMerchant();
    const module = WechatPayComplaintModule.forRootAsync({ useFactory: () => options, ...mistake });

    expect(String(await startupError(module))).toContain(problem);
  });

  it('may be undefined', async () => {
    const { options } = await createTestMerchant();
    const module = WechatPayComplaintModule.forRoot({ ...options, route: undefined });

    expect(module.controllers).toEqual([]);
    await expect(startupError(module)).resolves.toBeUndefined();
  });
});
