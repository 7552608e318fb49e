import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Inject,
  Injectable,
  Module,
  Post,
  ServiceUnavailableException,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
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
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { httpPost } from '../support/http-post.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { ADAPTERS, closeApps, startApp } from '../support/start-app.js';

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

/** The message with which an app fails to boot. */
async function bootError(root: Type<unknown>): Promise<string> {
  const logger = new RecordingLogger();
  const error: unknown = await NestFactory.create(root, { abortOnError: false, logger }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Error ? error.message : '';
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
  ])('by %s serves the handler and the service', async (_how, register) => {
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
  ])('by %s with isGlobal serves every module', async (_how, register) => {
    @Module({ controllers: [ComplaintsController] })
    class FeatureModule {}

    const { url } = await startApp({ imports: [register(), FeatureModule] });
    await expect(post(url)).resolves.toBe(204);
  });

  it('serves modules that import a module which exports it', async () => {
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

  it('serves two merchants side by side, each with keys of its own', async () => {
    const second = await createTestMerchant({ mchid: '1900000200' });
    const received: string[] = [];
    const register = (path: string, of: TestMerchant): Type<unknown> => {
      @Controller(path)
      class MerchantController {
        @Post()
        @ComplaintNotification()
        handle(@ComplaintPayload('mchid') mchid: string): void {
          received.push(mchid);
        }
      }
      @Module({
        imports: [WechatPayComplaintModule.forRoot(of.options)],
        controllers: [MerchantController],
      })
      class MerchantModule {}
      return MerchantModule;
    };
    const { url } = await startApp({
      imports: [register('first', merchant), register('second', second)],
    });
    await expect(post(url, 'first')).resolves.toBe(204);
    await expect(post(url, 'second')).resolves.toBe(401);
    const { headers, body } = signComplaintNotification(second);
    await expect(httpPost(`${url}/second`, headers, body)).resolves.toMatchObject({ status: 204 });
    expect(received).toEqual([merchant.mchid, second.mchid]);
  });

  it('works under @nestjs/testing, where the adapter comes late', async () => {
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

  it('forgotten in the imports of a module, says so and names both modules', async () => {
    @Module({ controllers: [ComplaintsController] })
    class OrdersModule {}
    const message = await bootError(OrdersModule);
    expect(message).toContain('WechatPayComplaintModule');
    expect(message).toContain('OrdersModule');
  });

  it('imported without forRoot, says what to do', async () => {
    @Module({ imports: [WechatPayComplaintModule] })
    class BareModule {}
    await expect(bootError(BareModule)).resolves.toContain(
      'WechatPayComplaintModule.forRoot(options)',
    );
  });

  it('with wrong options does not let the app start', async () => {
    @Module({
      imports: [
        WechatPayComplaintModule.forRootAsync({
          useFactory: () => ({ ...merchant.options, apiV3Key: 'short', timeout: 0 }),
        }),
      ],
    })
    class WrongModule {}
    const message = await bootError(WrongModule);
    expect(message).toContain('apiV3Key has 5 bytes, 32 are needed');
    expect(message).toContain('timeout is 0');
  });
});

describe.each(ADAPTERS)('ComplaintNotificationGuard by itself, on %s', (adapter) => {
  it('verifies, answers refusals as WeChat Pay expects, and leaves successes to the route', async () => {
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
    const answer = await httpPost(`${url}/complaints`, headers, body);
    expect(answer).toMatchObject({ status: 201, text: '{"id":"EV-4"}' });
    const refused = await httpPost(`${url}/complaints`, headers, `${body} `);
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.text)).toEqual({ code: 'FAIL', message: 'The signature is wrong' });
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

  it('is seen by the check at boot', async () => {
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

  it('can be extended with dependencies of its own, beside the decorator', async () => {
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
      // On Express the stream can be read only once: both guards have to share what was read.
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

  it('can be extended', async () => {
    @Injectable()
    class NewComplaintsOnly extends ComplaintNotificationGuard {
      protected override isAccepted({ event_type }: ComplaintNotificationPayload): boolean {
        if (event_type === 'COMPLAINT.CREATE') return true;
        throw new ComplaintNotificationException(
          'NOT_A_COMPLAINT',
          'only new ones are wanted here',
        );
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
  it('fails as a mistake of the app, and says which', async () => {
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
    expect(logger.text).toContain('put @ComplaintNotification()');
  });
});
