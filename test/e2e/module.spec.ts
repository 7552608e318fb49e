import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Inject,
  Injectable,
  Module,
  Post,
  Scope,
  ServiceUnavailableException,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  COMPLAINT_NOTIFICATION_RECEIVER,
  ComplaintNotification,
  ComplaintNotificationException,
  ComplaintNotificationGuard,
  ComplaintNotificationVerifier,
  type ComplaintNotificationPayload,
  ComplaintNotificationReceiver,
  ComplaintNotificationService,
  ComplaintPayload,
  isComplaintNotification,
  WechatPayComplaintModule,
  type WechatPayComplaintModuleOptions,
  type WechatPayComplaintOptionsFactory,
  WechatPayConfigurationError,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { httpPost } from '../support/http-post.js';
import { RecordingLogger } from '../support/recording-logger.js';
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
afterEach(closeApps);

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  handle(): void {}
}

async function post(url: string, path = 'complaints'): Promise<number> {
  const { headers, body } = signComplaintNotification(merchant);
  return (await httpPost(`${url}/${path}`, headers, body)).status;
}

describe('WechatPayComplaintModule', () => {
  @Injectable()
  class OptionsFactory implements WechatPayComplaintOptionsFactory {
    createWechatPayComplaintOptions(): Promise<WechatPayComplaintModuleOptions> {
      return Promise.resolve(merchant.options);
    }
  }

  @Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
  class OptionsModule {}

  it.each([
    ['forRoot', () => WechatPayComplaintModule.forRoot(merchant.options)],
    [
      'forRootAsync with useFactory',
      () =>
        WechatPayComplaintModule.forRootAsync({
          imports: [ConfigModule.forFeature(() => ({ key: merchant.apiV3Key }))],
          inject: [ConfigService],
          useFactory: (config: ConfigService) => ({
            ...merchant.options,
            apiV3Key: config.getOrThrow<string>('key'),
          }),
        }),
    ],
    [
      'forRootAsync with useClass',
      () => WechatPayComplaintModule.forRootAsync({ useClass: OptionsFactory }),
    ],
    [
      'forRootAsync with useExisting',
      () =>
        WechatPayComplaintModule.forRootAsync({
          imports: [OptionsModule],
          useExisting: OptionsFactory,
        }),
    ],
  ])('serves the route and the services with %s', async (_how, register) => {
    const { app, url } = await startApp({
      imports: [register()],
      controllers: [ComplaintsController],
    });
    expect(app.get(ComplaintNotificationService)).toBeInstanceOf(ComplaintNotificationService);
    await expect(post(url)).resolves.toBe(204);
  });

  it.each([
    ['forRoot', () => WechatPayComplaintModule.forRoot({ ...merchant.options, isGlobal: true })],
    [
      'forRootAsync',
      () =>
        WechatPayComplaintModule.forRootAsync({
          isGlobal: true,
          useFactory: () => merchant.options,
        }),
    ],
  ])('serves every module with %s and isGlobal', async (_how, register) => {
    @Module({ controllers: [ComplaintsController] })
    class FeatureModule {}

    const { url } = await startApp({ imports: [register(), FeatureModule] });
    await expect(post(url)).resolves.toBe(204);
  });

  it('serves a module that imports it through another one', async () => {
    @Module({
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      exports: [WechatPayComplaintModule],
    })
    class SharedModule {}
    @Module({ imports: [SharedModule], controllers: [ComplaintsController] })
    class FeatureModule {}

    const { url } = await startApp({ imports: [FeatureModule] });
    await expect(post(url)).resolves.toBe(204);
  });

  it('works under @nestjs/testing, which creates the adapter late', async () => {
    const module = await Test.createTestingModule({
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    })
      .setLogger(new RecordingLogger())
      .compile();
    const app = module.createNestApplication({ rawBody: true });
    await app.listen(0, '127.0.0.1');
    await expect(post(await app.getUrl())).resolves.toBe(204);
    await app.close();
  });

  it('works in an app without HTTP', async () => {
    @Module({ imports: [WechatPayComplaintModule.forRoot(merchant.options)] })
    class WorkerModule {}
    const app = await NestFactory.createApplicationContext(WorkerModule, {
      logger: new RecordingLogger(),
    });
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-3' });
    const lowerCase = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    await expect(
      app
        .get(ComplaintNotificationVerifier)
        .verify({ headers: lowerCase, body: Buffer.from(body) }),
    ).resolves.toMatchObject({ id: 'EV-3' });
    await app.close();
  });

  it('that is missing from the imports of a module is named in the error, with that module', async () => {
    @Module({ controllers: [ComplaintsController] })
    class OrdersModule {}
    const { message } = await startupError({ imports: [OrdersModule] });
    expect(message).toContain('WechatPayComplaintModule');
    expect(message).toContain('OrdersModule');
  });

  it('that is imported without forRoot() says what to do', async () => {
    const { message } = await startupError({ imports: [WechatPayComplaintModule] });
    expect(message).toContain('WechatPayComplaintModule.forRoot(options)');
  });

  it('does not let the app start with wrong options', async () => {
    const { message } = await startupError({
      imports: [
        WechatPayComplaintModule.forRootAsync({
          useFactory: () => ({ ...merchant.options, apiV3Key: 'short', timeout: 0 }),
        }),
      ],
    });
    expect(message).toContain('apiV3Key');
    expect(message).toContain('timeout');
  });
});

describe('Options from a request-scoped provider', () => {
  const PROBLEM =
    'forRootAsync() gets its options from a request-scoped provider, so notifications could not be remembered ' +
    'from one request to the next. Inject only providers with the default scope into the options factory.';

  @Injectable({ scope: Scope.REQUEST })
  class TenantOptions implements WechatPayComplaintOptionsFactory {
    createWechatPayComplaintOptions(): WechatPayComplaintModuleOptions {
      return merchant.options;
    }
  }

  @Module({ providers: [TenantOptions], exports: [TenantOptions] })
  class TenantModule {}

  it.each<[how: string, register: () => NonNullable<StartAppOptions['imports']>[number]]>([
    [
      'a factory that injects the request',
      () =>
        WechatPayComplaintModule.forRootAsync({
          inject: [REQUEST],
          useFactory: () => merchant.options,
        }),
    ],
    [
      'a factory that injects a request-scoped provider',
      () =>
        WechatPayComplaintModule.forRootAsync({
          imports: [TenantModule],
          inject: [TenantOptions],
          useFactory: (tenant: TenantOptions) => tenant.createWechatPayComplaintOptions(),
        }),
    ],
    ['useClass', () => WechatPayComplaintModule.forRootAsync({ useClass: TenantOptions })],
    [
      'useExisting',
      () =>
        WechatPayComplaintModule.forRootAsync({
          imports: [TenantModule],
          useExisting: TenantOptions,
        }),
    ],
  ])('are an error at startup: %s', async (_how, register) => {
    const error = await startupError({
      imports: [register()],
      controllers: [ComplaintsController],
    });
    expect(error).toBeInstanceOf(WechatPayConfigurationError);
    expect(error.message).toContain(PROBLEM);
  });
});

describe('Two imports of the module', () => {
  let second: TestMerchant;

  beforeAll(async () => {
    second = await createTestMerchant({ mchid: '1900000200' });
  });

  const first = () => WechatPayComplaintModule.forRoot(merchant.options);

  @Module({})
  class SharedModule {}

  @Module({})
  class OuterModule {}

  const shared = (isGlobal = false) => ({
    module: SharedModule,
    imports: [WechatPayComplaintModule.forRoot({ ...second.options, isGlobal })],
    exports: [WechatPayComplaintModule],
  });

  it.each<[how: string, imports: () => StartAppOptions['imports']]>([
    ['directly', () => [first(), WechatPayComplaintModule.forRoot(second.options)]],
    ['one through a module that exports it', () => [first(), shared()]],
    [
      'one through a module that exports a module that exports it',
      () => [first(), { module: OuterModule, imports: [shared()], exports: [SharedModule] }],
    ],
    [
      'one that is global',
      () => [first(), WechatPayComplaintModule.forRoot({ ...second.options, isGlobal: true })],
    ],
    [
      'one that is global, in another module',
      () => [first(), { module: OuterModule, imports: [shared(true)] }],
    ],
  ])('that one module sees are an error at startup: %s', async (_how, imports) => {
    const error = await startupError({ imports: imports(), controllers: [ComplaintsController] });
    expect(error).toBeInstanceOf(WechatPayConfigurationError);
    expect(error.message).toMatch(
      /forRoot\(\) is visible more than once in .*AppModule.*, and Nest would mix the merchants up\. Import it once, or each one in a module of its own that does not see the other\./,
    );
    // One fault, said once.
    expect(error.message.match(/is visible more than once/g)).toHaveLength(1);
  });

  it('of which each is used in a module of its own is no error, and each serves its merchant', async () => {
    const received: string[] = [];
    const merchantModule = (path: string, { options }: TestMerchant): Type => {
      @Controller(path)
      class MerchantController {
        constructor(private readonly verifier: ComplaintNotificationVerifier) {}

        @Post()
        @ComplaintNotification()
        async handle(@ComplaintPayload('mchid') mchid: string): Promise<void> {
          // The outbound side and the verifier are of the same merchant as the guard.
          const of = path === 'first' ? merchant : second;
          const { headers, body } = signComplaintNotification(of);
          const verified = await this.verifier.verify({ headers, body: Buffer.from(body) });
          received.push(`${path} ${mchid} ${verified.mchid}`);
        }
      }
      @Module({
        imports: [WechatPayComplaintModule.forRoot(options)],
        controllers: [MerchantController],
      })
      class MerchantModule {}
      return MerchantModule;
    };
    const { url } = await startApp({
      imports: [merchantModule('first', merchant), merchantModule('second', second)],
    });
    await expect(post(url, 'first')).resolves.toBe(204);
    await expect(post(url, 'second')).resolves.toBe(401);
    const { headers, body } = signComplaintNotification(second);
    await expect(httpPost(`${url}/second`, headers, body)).resolves.toMatchObject({ status: 204 });
    await expect(httpPost(`${url}/first`, headers, body)).resolves.toMatchObject({ status: 401 });
    expect(received).toEqual([
      `first ${merchant.mchid} ${merchant.mchid}`,
      `second ${second.mchid} ${second.mchid}`,
    ]);
  });
});

describe.each(ADAPTERS)('ComplaintNotificationGuard by itself, on %s', (adapter) => {
  it('verifies, sends rejections as WeChat Pay expects them, and leaves successes to the route', async () => {
    @Controller()
    class GuardedController {
      @Post('complaints')
      @UseGuards(ComplaintNotificationGuard)
      handle(@ComplaintPayload('id') id: string): { id: string } {
        return { id };
      }
    }
    const { url } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [GuardedController],
    });
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-4' });
    const response = await httpPost(`${url}/complaints`, headers, body);
    expect(response).toMatchObject({ status: 201, text: '{"id":"EV-4"}' });
    const rejected = await httpPost(`${url}/complaints`, headers, `${body} `);
    expect(rejected.status).toBe(401);
    expect(JSON.parse(rejected.text)).toEqual({ code: 'FAIL', message: 'The signature is wrong' });
  });

  it('is recognised by isComplaintNotification, as is a subclass', () => {
    @Injectable()
    class OwnGuard extends ComplaintNotificationGuard {}
    @Controller()
    class GuardedController {
      @UseGuards(ComplaintNotificationGuard)
      guarded(): void {}

      @UseGuards(OwnGuard)
      ownGuarded(): void {}

      @UseGuards()
      unguarded(): void {}
    }
    const { guarded, ownGuarded, unguarded } = GuardedController.prototype;
    expect(
      [guarded, ownGuarded, unguarded].map((handler) =>
        isComplaintNotification({
          getHandler: () => handler,
          getClass: <T>() => GuardedController as Type<T>,
        }),
      ),
    ).toEqual([true, true, false]);
  });

  it('counts as a notification route for the raw-body check at startup, as a subclass', async () => {
    @Injectable()
    class OwnGuard extends ComplaintNotificationGuard {}
    @Controller('complaints')
    class GuardedController {
      @Post()
      @UseGuards(OwnGuard)
      handle(): void {}
    }
    const { logger } = await startApp({
      adapter,
      nest: {},
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [GuardedController],
    });
    expect(logger.ours('error')).toEqual([expect.stringContaining('rawBody: true')]);
  });

  it('can be extended by a subclass with its own dependencies, beside the decorator', async () => {
    @Injectable()
    class Switch {
      isOpen = false;
    }
    @Injectable()
    class OpenHoursGuard extends ComplaintNotificationGuard {
      constructor(
        @Inject(COMPLAINT_NOTIFICATION_RECEIVER) receiver: ComplaintNotificationReceiver,
        private readonly opening: Switch,
      ) {
        super(receiver);
      }

      protected override isAccepted(): boolean {
        if (this.opening.isOpen) return true;
        throw new ServiceUnavailableException();
      }
    }
    @Controller()
    class GuardedController {
      @Post('complaints')
      @UseGuards(OpenHoursGuard)
      @ComplaintNotification()
      handle(): void {}
    }
    const { app, url, logger } = await startApp({
      adapter,
      // On Express a stream can be read only once, so both guards share what was read.
      nest: adapter === 'express' ? { bodyParser: false } : { rawBody: true },
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [GuardedController],
      providers: [Switch],
    });
    await expect(post(url)).resolves.toBe(503);
    app.get(Switch).isOpen = true;
    await expect(post(url)).resolves.toBe(204);
    const { headers, body } = signComplaintNotification(merchant);
    await expect(httpPost(`${url}/complaints`, headers, `${body} `)).resolves.toMatchObject({
      status: 401,
    });
    expect(logger.ours('warn')).toEqual([expect.stringContaining('(SIGNATURE_MISMATCH)')]);
  });

  it('can be extended by a subclass that is the only guard', async () => {
    @Injectable()
    class NewComplaintsOnly extends ComplaintNotificationGuard {
      protected override isAccepted({ event_type }: ComplaintNotificationPayload): boolean {
        if (event_type === 'COMPLAINT.CREATE') return true;
        throw new ComplaintNotificationException('NOT_A_COMPLAINT', 'Only new complaints.');
      }
    }
    @Controller()
    class GuardedController {
      @Post('complaints')
      @UseGuards(NewComplaintsOnly)
      handle(): void {}
    }
    const { url } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [GuardedController],
    });
    const changed = signComplaintNotification(merchant, { event_type: 'COMPLAINT.STATE_CHANGE' });
    await expect(post(url)).resolves.toBe(201);
    await expect(
      httpPost(`${url}/complaints`, changed.headers, changed.body),
    ).resolves.toMatchObject({ status: 400, text: expect.stringContaining('"FAIL"') });
  });
});

describe('@ComplaintPayload() on a route without the guard', () => {
  it('responds with 500, and the log says what to put on the route', async () => {
    @Controller()
    class UnguardedController {
      @Post('complaints')
      handle(@ComplaintPayload() _notification: ComplaintNotificationPayload): void {}
    }
    const { url, logger } = await startApp({
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [UnguardedController],
    });
    await expect(post(url)).resolves.toBe(500);
    expect(logger.text).toContain(
      'This request carries no verified notification. Put @ComplaintNotification() or ' +
        '@UseGuards(ComplaintNotificationGuard) on the route',
    );
  });
});
