import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Injectable, Module, type ModuleMetadata, Req } from '@nestjs/common';
import {
  ComplaintPayload,
  OnComplaint,
  WechatPayComplaintModule,
  WechatPayConfigurationError,
} from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { ListenerCheck } from '../../../lib/listeners/listener.check.js';
import { closeModules, startModule } from '../../support/start-module.js';
import { startApp, closeApps } from '../../support/start-app.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(async () => {
  await closeModules();
  await closeApps();
});

@Injectable()
class Complaints {
  @OnComplaint('CREATE_COMPLAINT')
  open(): void {}
}

/** The problems with which a module does not start. */
async function problems(metadata: ModuleMetadata): Promise<string[]> {
  const error: unknown = await startModule(merchant.options, metadata).catch(
    (reason: unknown) => reason,
  );
  if (!(error instanceof WechatPayConfigurationError)) {
    throw new Error(`It ended with ${String(error)}`);
  }
  return error.problems.map(({ option, problem, fix }) => `${option} ${problem}. ${fix}`);
}

describe('ListenerCheck', () => {
  it('reports listeners with the same name, with their modules', async () => {
    @Module({ providers: [Complaints] })
    class OrdersModule {}
    await expect(problems({ imports: [OrdersModule], providers: [Complaints] })).resolves.toEqual([
      'Complaints.open has @OnComplaint() and is there 2 times, in RootTestModule and OrdersModule, and the ' +
        'store could not tell them apart, because it remembers them by this name. Provide the class in one module that exports it. If these are two ' +
        'classes, rename one.',
    ]);
  });

  it('reports a class without a name, and one with a name that is too long', async () => {
    const nameless = [
      class {
        open(): void {}
      },
    ] as const;
    const [Nameless] = nameless;
    const open = Object.getOwnPropertyDescriptor(Nameless.prototype, 'open');
    OnComplaint()(Nameless.prototype, 'open', open ?? {});
    class Long {
      open(): void {}
    }
    Object.defineProperty(Long, 'name', { value: 'L'.repeat(120) });
    OnComplaint()(
      Long.prototype,
      'open',
      Object.getOwnPropertyDescriptor(Long.prototype, 'open') ?? {},
    );
    await expect(
      problems({
        providers: [
          { provide: 'NAMELESS', useValue: new Nameless() },
          { provide: 'LONG', useValue: new Long() },
        ],
      }),
    ).resolves.toEqual([
      expect.stringMatching(/^\.open has @OnComplaint\(\), but its class has no name/),
      expect.stringMatching(/^L{120}\.open has @OnComplaint\(\) and a name of more than 120/),
    ]);
  });

  it('reports decorators of parameters, which only routes have', async () => {
    @Controller()
    class Decorated {
      @OnComplaint()
      open(@ComplaintPayload('id') _id: string, @Req() _request: unknown): void {}
    }
    await expect(problems({ controllers: [Decorated] })).resolves.toEqual([
      'Decorated.open has @OnComplaint() and a parameter with a decorator, which works in a route only. Take one ' +
        'parameter without a decorator: it is the ComplaintNotificationPayload.',
    ]);
  });

  it('warns about an action that is most likely misspelt', async () => {
    @Injectable()
    class Misspelt {
      @OnComplaint('CREATE_COMPLANT', 'SOMETHING_NEW', 'USER_RESPONSE')
      open(): void {}
    }
    const { logger } = await startModule(merchant.options, { providers: [Misspelt] });
    expect(logger.problems()).toEqual([
      expect.stringContaining(
        'Misspelt.open listens for CREATE_COMPLANT, which is not documented. Did you mean CREATE_COMPLAINT?',
      ),
    ]);
  });

  it('warns about a route without listeners', async () => {
    const { logger } = await startApp({
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, route: 'complaints' })],
    });
    expect(logger.problems()).toEqual([
      expect.stringContaining(
        'The route of WechatPayComplaintModule accepts notifications, but no',
      ),
    ]);
  });

  it('warns once about a class that no module provides', async () => {
    @Module({
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, mchid: '1900000200' })],
    })
    class OtherMerchant {}
    const { logger, module } = await startModule(merchant.options, { imports: [OtherMerchant] });
    expect(module.get(ListenerCheck)).toBeInstanceOf(ListenerCheck);
    expect(logger.unprovided().filter((line) => line.startsWith('Complaints has'))).toEqual([
      expect.stringContaining(
        'Complaints has @OnComplaint(), but no module of this app has it among its providers or controllers, so it ' +
          'gets no notifications. Add Complaints to the providers of a module.',
      ),
    ]);
    expect(logger.problems()).toEqual([]);
  });
});
