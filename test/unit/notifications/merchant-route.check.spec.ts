import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module, Post, type Type, UseGuards } from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintNotificationGuard,
  WechatPayComplaintModule,
  WechatPayConfigurationError,
  type WechatPayComplaintModuleOptions,
} from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { closeModules, startModule } from '../../support/start-module.js';

let one: TestMerchant;
let two: TestMerchant;

beforeAll(async () => {
  [one, two] = await Promise.all([createTestMerchant(), createTestMerchant()]);
});
afterEach(closeModules);

class OwnGuard extends ComplaintNotificationGuard {
  protected override getMerchant(): string {
    return one.mchid;
  }
}

function controllerAt(prefix: string, path: string | string[]): Type {
  @Controller(prefix)
  class ComplaintsController {
    @Post(path)
    @ComplaintNotification()
    handle(): void {}
  }
  return ComplaintsController;
}

@Controller('complaints')
class ReadingController {
  @Post()
  @ComplaintNotification({ merchant: ({ headers }) => headers.host })
  handle(): void {}
}

@Controller('complaints')
@UseGuards(OwnGuard)
class GuardedController {
  @Post()
  handle(): void {}
}

const lookedUp: WechatPayComplaintModuleOptions = {
  merchants: { find: () => Promise.resolve(undefined) },
};

/** The problems with which an app does not start. */
async function problems(
  options: WechatPayComplaintModuleOptions,
  metadata: Parameters<typeof startModule>[1],
): Promise<string[]> {
  try {
    await startModule(options, metadata);
  } catch (error) {
    if (!(error instanceof WechatPayConfigurationError)) throw error;
    return error.problems.map(({ option, problem }) => `${option} ${problem}`);
  }
  return [];
}

describe('MerchantRouteCheck', () => {
  it.each<[how: string, controller: () => Type]>([
    ['a parameter of the controller', () => controllerAt('shops/:mchid', 'complaints')],
    ['a parameter of the method', () => controllerAt('', 'shops/:mchid/complaints')],
    ['a parameter of every path', () => controllerAt('', ['a/:mchid', 'b/:mchid'])],
    ['the decorator', () => ReadingController],
    ['a guard of the app', () => GuardedController],
  ])('accepts a route that names the merchant by %s', async (_how, controller) => {
    await expect(problems(lookedUp, { controllers: [controller()] })).resolves.toEqual([]);
  });

  it.each<[how: string, controller: () => Type]>([
    ['no parameter', () => controllerAt('', 'complaints')],
    ['another parameter', () => controllerAt('', ':mchids/complaints')],
    ['one in some of its paths', () => controllerAt('', ['complaints', 'b/:mchid'])],
  ])('reports a route with %s when merchants are looked up', async (_how, controller) => {
    await expect(problems(lookedUp, { controllers: [controller()] })).resolves.toEqual([
      'ComplaintsController.handle does not name the merchant, and merchants that are looked up can ' +
        'be found by name only',
    ]);
  });

  it('reports merchants that no key tells apart', async () => {
    const { apiV3Key, platformKeys } = one.merchantOptions;
    const alike = { ...two.merchantOptions, apiV3Key, platformKeys };
    const controllers = [controllerAt('', 'complaints')];

    await expect(
      problems({ merchants: [one.merchantOptions, alike] }, { controllers }),
    ).resolves.toEqual([
      expect.stringContaining(
        `the merchants ${one.mchid}, ${two.mchid} have the same platform key and the same apiV3Key`,
      ),
    ]);
    await expect(
      problems({ merchants: [one.merchantOptions, two.merchantOptions] }, { controllers }),
    ).resolves.toEqual([]);
    await expect(
      problems(
        { merchants: [one.merchantOptions, alike] },
        { controllers: [controllerAt('', ':mchid')] },
      ),
    ).resolves.toEqual([]);
  });

  it('looks only at routes that see its own merchants', async () => {
    @Module({
      imports: [WechatPayComplaintModule.forRoot(one.options)],
      controllers: [controllerAt('', 'complaints')],
    })
    class OtherModule {}

    await expect(problems(lookedUp, { imports: [OtherModule] })).resolves.toEqual([]);
  });
});
