import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Body,
  Controller,
  type ControllerOptions,
  Module,
  Post,
  type Type,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { ComplaintNotification, WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { closeAll, startSimulator } from '../support/client-bench.js';
import {
  ADAPTERS,
  closeApps,
  startApp,
  type StartAppOptions,
  startupError,
} from '../support/start-app.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(async () => {
  await closeApps();
  await closeAll();
});

/** Two modules of ours that do not see each other. */
function twoModules(): StartAppOptions['imports'] {
  @Module({ imports: [WechatPayComplaintModule.forRoot(merchant.options)] })
  class FirstModule {}
  @Module({
    imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, mchid: '1900000200' })],
  })
  class SecondModule {}
  // The controllers below are in the module of the app, which has to see one of them.
  return [{ module: FirstModule, exports: [WechatPayComplaintModule] }, SecondModule];
}

describe('With several modules in one app', () => {
  it('each mistake in a route is said once', async () => {
    @Controller()
    class ComplaintsController {
      @ComplaintNotification()
      forgotten(): void {}
    }
    const { message } = await startupError({
      imports: twoModules(),
      controllers: [ComplaintsController],
    });
    expect(message.match(/ComplaintsController\.forgotten/g)).toHaveLength(1);
  });

  it('each warning about a route is logged once', async () => {
    @Controller()
    class ComplaintsController {
      @Post('complaints')
      @ComplaintNotification()
      handle(@Body() _notification: unknown): void {}
    }
    const { logger } = await startApp({
      imports: twoModules(),
      controllers: [ComplaintsController],
    });
    expect(logger.problems()).toEqual([
      expect.stringContaining('ComplaintsController.handle takes @Body()'),
    ]);
  });

  it('each app of one process is checked', async () => {
    @Controller()
    class ComplaintsController {
      @ComplaintNotification()
      forgotten(): void {}
    }
    const options = { imports: twoModules(), controllers: [ComplaintsController] };
    await expect(startupError(options)).resolves.toBeInstanceOf(Error);
    await expect(startupError(options)).resolves.toBeInstanceOf(Error);
  });
});

describe.each(ADAPTERS)('The path of callbackUrl, on %s,', (adapter) => {
  const CALLBACK_URL = 'https://shop.example.com/api/v2/shops/7/complaints';

  function controllerAt(controller: ControllerOptions | string, path: string | string[]): Type {
    @Controller(controller as ControllerOptions)
    class ComplaintsController {
      @Post(path)
      @ComplaintNotification()
      handle(): void {}
    }
    return ComplaintsController;
  }

  async function warnings(
    controllers: Type[],
    options: Omit<StartAppOptions, 'controllers'> = {},
  ): Promise<string[]> {
    const simulator = await startSimulator(merchant);
    const { imports = [], ...others } = options;
    const { logger } = await startApp({
      adapter,
      imports: [
        WechatPayComplaintModule.forRoot({
          ...simulator.moduleOptions(merchant),
          callbackUrl: CALLBACK_URL,
        }),
        ...imports,
      ],
      controllers,
      ...others,
    });
    return logger.ours('warn').filter((line) => line.includes('notification route'));
  }

  it.each<[what: string, controller: ControllerOptions | string, path: string | string[]]>([
    ['a path as it is', '/api/v2/shops/7/complaints', ''],
    ['a path behind what a proxy adds', '', 'shops/7/complaints'],
    ['a parameter', 'shops', ':shop/complaints'],
    ['one of several paths', { path: ['stores/:id', 'shops/:id'] }, ['feedback', 'complaints']],
    ['a wildcard, which nobody can judge', '', adapter === 'fastify' ? 'api/*' : 'api/*path'],
  ])('is served by %s', async (_what, controller, path) => {
    await expect(warnings([controllerAt(controller, path)])).resolves.toEqual([]);
  });

  it('is served under a global prefix, a version and a prefix of the router', async () => {
    const controller = controllerAt({ path: ':shop', version: '2' }, 'complaints');
    @Module({})
    class ShopsModule {}
    const merchantModule = WechatPayComplaintModule.forRoot(merchant.options);
    await expect(
      warnings([], {
        imports: [
          { module: ShopsModule, imports: [merchantModule], controllers: [controller] },
          RouterModule.register([{ path: 'shops', module: ShopsModule }]),
        ],
        configure: (app) => {
          app.setGlobalPrefix('api');
          app.enableVersioning({ type: VersioningType.URI, defaultVersion: VERSION_NEUTRAL });
        },
      }),
    ).resolves.toEqual([]);
  });

  it.each<[what: string, controllers: () => Type[], routes: string]>([
    ['no route', () => [], 'none'],
    [
      'routes with other paths',
      () => [controllerAt('shops', ['complaint', ':id/complaints/new'])],
      '/shops/complaint, /shops/:id/complaints/new',
    ],
    [
      'a route with more segments',
      () => [controllerAt('', 'www/api/v2/shops/7/complaints')],
      '/www/api/v2/shops/7/complaints',
    ],
  ])('is served by %s: one warning', async (_what, controllers, routes) => {
    await expect(warnings(controllers())).resolves.toEqual([
      expect.stringContaining(
        `No complaint notification route of this app ends like callbackUrl ${CALLBACK_URL} (routes: ${routes}). ` +
          'WeChat Pay would get 404. Ignore this if another app serves the URL.',
      ),
    ]);
  });
});
