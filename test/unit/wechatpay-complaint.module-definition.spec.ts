import { describe, expect, it } from '@jest/globals';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WechatPayComplaintModule, WechatPayConfigurationError } from 'nestjs-wechatpay-complaint';
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
