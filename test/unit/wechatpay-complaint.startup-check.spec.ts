import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module, type ModuleMetadata, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ComplaintNotification,
  MemoryNotificationStore,
  WechatPayComplaintModule,
  WechatPayConfigurationError,
} from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { closeModules, startModule } from '../support/start-module.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeModules);

@Controller()
class ComplaintsController {
  @ComplaintNotification()
  forgotten(): void {}
}

/** The problems with which a module does not start, without an HTTP server. */
async function problems(metadata: ModuleMetadata): Promise<string[]> {
  const error: unknown = await startModule(merchant.options, metadata).catch(
    (reason: unknown) => reason,
  );
  if (!(error instanceof WechatPayConfigurationError)) {
    throw new Error(`It ended with ${String(error)}`);
  }
  return error.problems.map(({ option, problem, fix }) => `${option} ${problem}. ${fix}`);
}

const other = () => WechatPayComplaintModule.forRoot({ ...merchant.options, mchid: '1900000200' });

@Module({})
class FeatureModule {}

describe('StartupCheck', () => {
  it('does not object to one module that is visible in several ways', async () => {
    const own = WechatPayComplaintModule.forRoot({ ...merchant.options, isGlobal: true });
    @Module({})
    class OuterModule {}
    @Module({})
    class AppModule {}
    const shared = { module: FeatureModule, imports: [own], exports: [WechatPayComplaintModule] };
    const outer = { module: OuterModule, imports: [shared, own], exports: [FeatureModule] };
    const app = await NestFactory.createApplicationContext(
      { module: AppModule, imports: [outer, shared, own] },
      { logger: false, abortOnError: false },
    );
    await expect(app.close()).resolves.toBeUndefined();
  });

  it('closes the store of an app that does not start', async () => {
    const store = new MemoryNotificationStore();
    let closed = 0;
    const closing = Object.assign(store, {
      close: () => {
        closed += 1;
        return Promise.resolve();
      },
    });
    await expect(
      startModule({ ...merchant.options, store: closing }, { controllers: [ComplaintsController] }),
    ).rejects.toBeInstanceOf(WechatPayConfigurationError);
    expect(closed).toBe(1);
  });

  it('reports two visible modules and a mistake in a route together', async () => {
    await expect(
      problems({ imports: [other()], controllers: [ComplaintsController] }),
    ).resolves.toEqual([
      expect.stringMatching(/^forRoot\(\) is visible more than once in RootTestModule, /),
      expect.stringMatching(/^ComplaintsController\.forgotten has @ComplaintNotification\(\)/),
    ]);
  });

  it('reports request-scoped options of any module of the app', async () => {
    const scoped = WechatPayComplaintModule.forRootAsync({
      imports: [
        {
          module: FeatureModule,
          providers: [{ provide: 'TENANT', scope: Scope.REQUEST, useFactory: () => 'tenant' }],
          exports: ['TENANT'],
        },
      ],
      inject: ['TENANT'],
      useFactory: () => merchant.options,
    });
    @Module({ imports: [scoped] })
    class TenantModule {}
    await expect(problems({ imports: [TenantModule] })).resolves.toEqual([
      expect.stringMatching(/^forRootAsync\(\) gets its options from a request-scoped provider/),
    ]);
  });

  it('does not object to modules that do not see each other', async () => {
    const own = { module: FeatureModule, imports: [other()] };
    await expect(startModule(merchant.options, { imports: [own] })).resolves.toBeDefined();
  });
});
