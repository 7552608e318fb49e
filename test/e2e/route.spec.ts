import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Body,
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  Headers,
  HttpCode,
  Injectable,
  Ip,
  Next,
  Param,
  ParseIntPipe,
  type PipeTransform,
  Post,
  Query,
  Redirect,
  Render,
  Req,
  Res,
  Scope,
  SetMetadata,
  Sse,
  type Type,
  UseInterceptors,
  Version,
  VersioningType,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { type Observable, of, tap } from 'rxjs';
import { type HttpResponse, httpPost } from '../support/http-post.js';
import {
  ADAPTERS,
  closeApps,
  type RunningApp,
  startApp,
  startupError,
} from '../support/start-app.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeApps);

describe.each(ADAPTERS)('A route with @ComplaintNotification(), on %s', (adapter) => {
  function start(controller: Type, configure?: Parameters<typeof startApp>[0]['configure']) {
    return startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [controller],
      configure,
    });
  }

  async function deliver(
    { url }: RunningApp,
    path = 'complaints',
    id = 'EV-1',
  ): Promise<HttpResponse> {
    const { headers, body } = signComplaintNotification(merchant, { id });
    return httpPost(`${url}/${path}`, headers, body);
  }

  async function startError(controller: Type): Promise<string> {
    const error = await startupError({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [controller],
    });
    return error.message;
  }

  it('passes the parameters of the method through, in any order with @Post()', async () => {
    const calls: unknown[][] = [];
    @Controller()
    class ComplaintsController {
      @ComplaintNotification()
      @Post('shops/:shop/complaints')
      handle(
        @Param('shop', ParseIntPipe) shop: number,
        @Query('page') page: string,
        @ComplaintPayload('id') id: string,
        @Headers('x-absent') absent: string | undefined,
        @Req() request: { url: string },
      ): void {
        calls.push([shop, page, id, absent, request.url]);
      }
    }
    const running = await start(ComplaintsController);

    const { status, text } = await deliver(running, 'shops/7/complaints?page=2');

    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(calls).toEqual([[7, '2', 'EV-1', undefined, '/shops/7/complaints?page=2']]);
  });

  it('works without parameters, with default values and with rest parameters', async () => {
    const calls: unknown[][] = [];
    @Controller()
    class ComplaintsController {
      @Post('none')
      @ComplaintNotification()
      none(...args: unknown[]): void {
        calls.push(args);
      }

      @Post('default')
      @ComplaintNotification()
      defaults(@ComplaintPayload('id') id: string, greeting = 'hello'): void {
        calls.push([id, greeting]);
      }
    }
    const running = await start(ComplaintsController);

    await expect(deliver(running, 'none', 'EV-1')).resolves.toMatchObject({ status: 204 });
    await expect(deliver(running, 'default', 'EV-2')).resolves.toMatchObject({ status: 204 });
    expect(calls).toEqual([[], ['EV-2', 'hello']]);
  });

  it('keeps this, the name and the metadata of the method, set before and after', async () => {
    @Controller()
    class ComplaintsController {
      readonly shop = 'of the instance';
      seen?: string;

      @SetMetadata('above', 1)
      @Post('complaints')
      @ComplaintNotification()
      @SetMetadata('below', 2)
      handle(): void {
        this.seen = this.shop;
      }
    }
    const running = await start(ComplaintsController);
    await deliver(running);

    const { handle } = ComplaintsController.prototype;
    const reflector = new Reflector();
    expect(running.app.get(ComplaintsController).seen).toBe('of the instance');
    expect(handle.name).toBe('handle');
    expect(reflector.get('above', handle)).toBe(1);
    expect(reflector.get('below', handle)).toBe(2);
  });

  it('can be called directly, as a unit test does, with parameters that have defaults too', () => {
    class ComplaintsController {
      @Post('complaints')
      @ComplaintNotification()
      handle(
        @ComplaintPayload() { id }: Pick<ComplaintNotificationPayload, 'id'>,
        time = 'now',
      ): string {
        return `${id} ${time}`;
      }
    }
    const controller = new ComplaintsController();
    expect(controller.handle({ id: 'EV-1' })).toBe('EV-1 now');
    expect(controller.handle({ id: 'EV-1' }, 'yesterday')).toBe('EV-1 yesterday');
  });

  it('works when the decorators are called by hand, as in JavaScript without a compiler', async () => {
    class ComplaintsController {
      received?: string;

      handle(id: string): void {
        this.received = id;
      }
    }
    const { prototype } = ComplaintsController;
    const descriptor = Object.getOwnPropertyDescriptor(prototype, 'handle') ?? {};
    Post('complaints')(prototype, 'handle', descriptor);
    ComplaintNotification()(prototype, 'handle', descriptor);
    ComplaintPayload('id')(prototype, 'handle', 0);
    Controller()(ComplaintsController);
    const running = await start(ComplaintsController);

    await expect(deliver(running)).resolves.toMatchObject({ status: 204 });
    await expect(httpPost(`${running.url}/complaints`, {}, '')).resolves.toMatchObject({
      status: 415,
    });
    expect(running.app.get(ComplaintsController).received).toBe('EV-1');
  });

  it('works in a request-scoped controller, one for each notification', async () => {
    let instances = 0;
    @Controller({ scope: Scope.REQUEST })
    class ComplaintsController {
      constructor() {
        instances += 1;
      }

      @Post('complaints')
      @ComplaintNotification()
      handle(): void {}
    }
    const running = await start(ComplaintsController);
    await expect(deliver(running, 'complaints', 'EV-1')).resolves.toMatchObject({ status: 204 });
    await expect(deliver(running, 'complaints', 'EV-2')).resolves.toMatchObject({ status: 204 });
    expect(instances).toBe(2);
  });

  it('works in an inherited method, and in one that a subclass overrides', async () => {
    const calls: string[] = [];
    abstract class Base {
      @Post('inherited')
      @ComplaintNotification()
      inherited(@ComplaintPayload('id') id: string): void {
        calls.push(`inherited ${id}`);
      }

      @Post('overridden')
      @ComplaintNotification()
      overridden(@ComplaintPayload('id') id: string, _more?: string): void {
        calls.push(`base ${id}`);
      }
    }
    @Controller('first')
    class FirstController extends Base {}
    @Controller('second')
    class SecondController extends Base {
      @Post('overridden')
      @ComplaintNotification()
      override overridden(
        @ComplaintPayload('id') id: string,
        @ComplaintPayload('mchid') mchid: string,
      ): void {
        super.overridden(id);
        calls.push(`sub ${id} ${mchid}`);
      }
    }
    const running = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [FirstController, SecondController],
    });
    await deliver(running, 'first/inherited', 'EV-1');
    await deliver(running, 'second/inherited', 'EV-2');
    await deliver(running, 'first/overridden', 'EV-3');
    await expect(deliver(running, 'second/overridden', 'EV-4')).resolves.toMatchObject({
      status: 204,
    });
    expect(calls).toEqual([
      'inherited EV-1',
      'inherited EV-2',
      'base EV-3',
      'base EV-4',
      `sub EV-4 ${merchant.mchid}`,
    ]);
  });

  it('leaves an overriding method without the decorator alone', async () => {
    abstract class Base {
      @Post('complaints')
      @ComplaintNotification()
      handle(@ComplaintPayload('id') _id: string): unknown {
        return undefined;
      }
    }
    @Controller()
    class OpenController extends Base {
      @Post('open')
      override handle(@Ip() ip: string): unknown {
        return { ip };
      }
    }
    const { url } = await start(OpenController);
    const { status, text } = await httpPost(`${url}/open`, {}, '');
    expect({ status, text }).toEqual({ status: 201, text: '{"ip":"127.0.0.1"}' });
  });

  it('goes through the interceptors of the app, for duplicates too', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class CountingInterceptor {
      intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next.handle().pipe(tap((value) => seen.push(value)));
      }
    }
    let handled = 0;
    @Controller()
    class ComplaintsController {
      @Post('complaints')
      @ComplaintNotification()
      @UseInterceptors(CountingInterceptor)
      handle(): Observable<string> {
        handled += 1;
        return of('ignored');
      }
    }
    const running = await start(ComplaintsController);
    await deliver(running);
    await expect(deliver(running)).resolves.toMatchObject({ status: 204, text: '' });
    expect(handled).toBe(1);
    expect(seen).toEqual([undefined, undefined]);
  });

  it('goes through pipes that clone what they get', async () => {
    let received: unknown;
    @Injectable()
    class CloningPipe implements PipeTransform {
      transform(value: unknown): unknown {
        return typeof value === 'object' && value?.constructor === Object ? { ...value } : value;
      }
    }
    @Controller()
    class ComplaintsController {
      @Post('complaints')
      @ComplaintNotification()
      handle(@ComplaintPayload() { id }: ComplaintNotificationPayload): void {
        received = id;
      }
    }
    const running = await start(ComplaintsController, (app) => {
      app.useGlobalPipes(new CloningPipe());
    });
    await expect(deliver(running)).resolves.toMatchObject({ status: 204 });
    expect(received).toBe('EV-1');
  });

  it('responds with 204 beside @HttpCode() below it, @Header(), @Version() and a passthrough @Res()', async () => {
    @Controller()
    class ComplaintsController {
      @Version('2')
      @Post('complaints')
      @Header('X-Shop', '7')
      @ComplaintNotification()
      @HttpCode(202)
      handle(@Res({ passthrough: true }) _response: unknown): string {
        return 'ignored';
      }
    }
    const running = await start(ComplaintsController, (app) => {
      app.enableVersioning({ type: VersioningType.URI });
    });
    const { status, text, headers } = await deliver(running, 'v2/complaints');
    expect({ status, text, shop: headers['x-shop'] }).toEqual({ status: 204, text: '', shop: '7' });
  });

  it('sends a status that the method sets by itself, and 204 to the redelivery', async () => {
    let handled = 0;
    @Controller()
    class ComplaintsController {
      @Post('complaints')
      @ComplaintNotification()
      handle(@Res({ passthrough: true }) response: { statusCode: number }): void {
        handled += 1;
        response.statusCode = 206;
      }
    }
    const running = await start(ComplaintsController);
    await expect(deliver(running)).resolves.toMatchObject({ status: 206 });
    await expect(deliver(running)).resolves.toMatchObject({ status: 204 });
    expect(handled).toBe(1);
  });

  it('serves a path of a list, a version and several methods of one controller', async () => {
    const calls: string[] = [];
    @Controller(['shops', 'stores'])
    class ComplaintsController {
      @Post(['complaints', 'feedback'])
      @ComplaintNotification()
      first(@ComplaintPayload('id') id: string): void {
        calls.push(`first ${id}`);
      }

      @Version(['3', '4'])
      @Post('complaints')
      @ComplaintNotification()
      second(@ComplaintPayload('id') id: string): void {
        calls.push(`second ${id}`);
      }
    }
    const running = await start(ComplaintsController, (app) => {
      app.enableVersioning({ type: VersioningType.URI });
    });
    const paths = [
      'shops/complaints',
      'stores/feedback',
      'v3/shops/complaints',
      'v4/stores/complaints',
    ];
    for (const [index, path] of paths.entries()) {
      await expect(deliver(running, path, `EV-${index}`)).resolves.toMatchObject({ status: 204 });
    }
    expect(calls).toEqual(['first EV-0', 'first EV-1', 'second EV-2', 'second EV-3']);
  });

  it('works with decorators that replace the method, above it when they copy its metadata', async () => {
    const calls: string[] = [];
    const around =
      (name: string, { copiesMetadata }: { copiesMetadata: boolean }): MethodDecorator =>
      (_prototype, _key, descriptor: PropertyDescriptor) => {
        const method = descriptor.value as (...args: unknown[]) => unknown;
        const replacement = function (this: unknown, ...args: unknown[]): unknown {
          calls.push(name);
          return method.apply(this, args);
        };
        if (copiesMetadata) {
          for (const key of Reflect.getMetadataKeys(method) as string[]) {
            Reflect.defineMetadata(key, Reflect.getMetadata(key, method), replacement);
          }
        }
        descriptor.value = replacement;
      };
    @Controller()
    class ComplaintsController {
      @around('copying above', { copiesMetadata: true })
      @Post('above')
      @ComplaintNotification()
      above(@ComplaintPayload('id') id: string): void {
        calls.push(id);
      }

      @Post('below')
      @ComplaintNotification()
      @around('below', { copiesMetadata: false })
      below(@ComplaintPayload('id') id: string): void {
        calls.push(id);
      }

      @Post('lost')
      @around('above', { copiesMetadata: false })
      @ComplaintNotification()
      lost(): void {
        calls.push('never');
      }
    }
    const running = await start(ComplaintsController);
    await expect(deliver(running, 'above', 'EV-1')).resolves.toMatchObject({ status: 204 });
    await expect(deliver(running, 'above', 'EV-1')).resolves.toMatchObject({ status: 204 });
    await expect(deliver(running, 'below', 'EV-2')).resolves.toMatchObject({ status: 204 });
    expect(calls.splice(0)).toEqual(['copying above', 'EV-1', 'copying above', 'below', 'EV-2']);
    // Its guard is gone with the metadata: the method must not run on an unverified request.
    await expect(deliver(running, 'lost', 'EV-3')).resolves.toMatchObject({ status: 500 });
    expect(calls).toEqual(['above']);
    expect(running.logger.text).toContain(
      'above decorators that replace its method without copying the metadata',
    );
  });

  it('fails at startup when a decorator above it makes Nest send something else', async () => {
    @Controller()
    class ComplaintsController {
      @HttpCode(202)
      @Post('code')
      @ComplaintNotification()
      code(): void {}

      @Redirect('/elsewhere')
      @Post('redirect')
      @ComplaintNotification()
      redirect(): void {}

      @Render('page')
      @Post('render')
      @ComplaintNotification()
      render(): void {}

      @ComplaintNotification()
      @Sse('sse')
      sse(): Observable<never> {
        return of();
      }
    }
    const message = await startError(ComplaintsController);
    expect(message).toContain(
      'ComplaintsController.code responds with 202 on success. WeChat Pay expects 204 or 200: remove @HttpCode().',
    );
    expect(message).toContain(
      'ComplaintsController.redirect has @Redirect(), which sends another response than 204. Remove @Redirect().',
    );
    expect(message).toContain('ComplaintsController.render has @Render()');
    expect(message).toContain('ComplaintsController.sse has @Sse()');
    expect(message).toContain('ComplaintsController.sse is no POST route');
  });

  it('fails at startup when the method takes the response over', async () => {
    @Controller()
    class ComplaintsController {
      @Post('res')
      @ComplaintNotification()
      res(@Res() _response: unknown): void {}

      @Post('next')
      @ComplaintNotification()
      next(@ComplaintPayload() _payload: unknown, @Next() _next: unknown): void {}
    }
    const message = await startError(ComplaintsController);
    expect(message).toContain(
      'ComplaintsController.res takes @Res() without passthrough, so that Nest would never send the response. ' +
        'Use @Res({ passthrough: true }), or remove the parameter.',
    );
    expect(message).toContain('ComplaintsController.next takes @Next()');
  });

  it('fails at startup without @Post(), and on a GET', async () => {
    @Controller()
    class ComplaintsController {
      @ComplaintNotification()
      forgotten(): void {}

      @Get('complaints')
      @ComplaintNotification()
      get(): void {}
    }
    const message = await startError(ComplaintsController);
    expect(message).toContain(
      "ComplaintsController.forgotten has @ComplaintNotification(), but is no route. Add @Post('wechatpay/complaints').",
    );
    expect(message).toContain(
      'ComplaintsController.get is no POST route. WeChat Pay sends notifications by POST: use @Post().',
    );
  });

  it('warns at startup about @Body() in place of @ComplaintPayload()', async () => {
    @Controller()
    class ComplaintsController {
      @Post('body')
      @ComplaintNotification()
      body(@Body() _notification: ComplaintNotificationPayload): void {}

      @Post('both')
      @ComplaintNotification()
      both(@Body() _envelope: unknown, @ComplaintPayload() _payload: unknown): void {}
    }
    const { logger } = await start(ComplaintsController);
    expect(logger.ours('warn')).toEqual([
      expect.stringContaining(
        'ComplaintsController.body takes @Body(), which is the encrypted notification. ' +
          'Use @ComplaintPayload() for the decrypted one.',
      ),
    ]);
  });
});
