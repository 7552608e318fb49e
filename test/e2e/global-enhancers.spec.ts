import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CallHandler,
  type CanActivate,
  Catch,
  ClassSerializerInterceptor,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Injectable,
  type INestApplication,
  type NestInterceptor,
  Post,
  UnauthorizedException,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  type ComplaintResource,
  isComplaintNotification,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { map, type Observable } from 'rxjs';
import { httpPost } from '../support/http-post.js';
import {
  ADAPTERS,
  closeApps,
  type RunningApp,
  startApp,
  type StartAppOptions,
} from '../support/start-app.js';

let merchant: TestMerchant;
let received: unknown[] = [];

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(async () => {
  received = [];
  await closeApps();
});

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  handle(
    @ComplaintPayload() notification: ComplaintNotificationPayload,
    @ComplaintPayload('complaint') complaint: ComplaintResource,
    @ComplaintPayload('event_type') eventType: string,
  ): void {
    received.push(notification, complaint, eventType);
  }

  @Get('other')
  other(): string {
    return 'other';
  }
}

/** `{ data, success }` around every response, as many apps have it. */
@Injectable()
class EnvelopeInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    return next.handle().pipe(map((data) => ({ data, success: true })));
  }
}

@Injectable()
class LoginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (isComplaintNotification(context)) return true;
    throw new UnauthorizedException('log in first');
  }
}

@Injectable()
class StrictLoginGuard implements CanActivate {
  canActivate(): boolean {
    throw new UnauthorizedException('log in first');
  }
}

@Catch()
class EverythingFilter implements ExceptionFilter {
  catch(exception: unknown): void {
    received.push(exception);
  }
}

describe.each(ADAPTERS)('A route with @ComplaintNotification() works on %s beside', (adapter) => {
  function start(options: Omit<StartAppOptions, 'imports' | 'controllers'>): Promise<RunningApp> {
    return startApp({
      adapter,
      ...options,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    });
  }

  async function expectHandled(url: string, path = 'complaints'): Promise<void> {
    const complaint = { complaint_id: '9', action_type: 'USER_RESPONSE', unknown: { deep: [1] } };
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-9', complaint });
    const response = await httpPost(`${url}/${path}`, headers, body);
    expect(response).toMatchObject({ status: 204, text: '' });
    expect(received).toEqual([
      expect.objectContaining({ id: 'EV-9', mchid: merchant.mchid, complaint }),
      complaint,
      'COMPLAINT.CREATE',
    ]);
  }

  async function expectRejected(url: string, path = 'complaints'): Promise<void> {
    const { headers, body } = signComplaintNotification(merchant);
    const response = await httpPost(`${url}/${path}`, headers, `${body} `);
    expect(response.status).toBe(401);
    expect(JSON.parse(response.text)).toEqual({ code: 'FAIL', message: 'The signature is wrong' });
    expect(received).toEqual([]);
  }

  it('a global prefix', async () => {
    const { url } = await start({ configure: (app) => void app.setGlobalPrefix('api') });
    await expectRejected(url, 'api/complaints');
    await expectHandled(url, 'api/complaints');
  });

  it('URI versioning', async () => {
    const { url } = await start({
      configure: (app) =>
        void app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' }),
    });
    await expectRejected(url, 'v2/complaints');
    await expectHandled(url, 'v2/complaints');
  });

  it.each([
    ['whitelist', { whitelist: true, transform: true }],
    [
      'forbidNonWhitelisted',
      { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true },
    ],
    [
      'validateCustomDecorators',
      { whitelist: true, transform: true, validateCustomDecorators: true },
    ],
  ])('a global ValidationPipe with %s', async (_what, options) => {
    const { url } = await start({
      providers: [{ provide: APP_PIPE, useValue: new ValidationPipe(options) }],
    });
    await expectRejected(url);
    await expectHandled(url);
  });

  it.each([
    ['wraps responses', EnvelopeInterceptor],
    ['serialises classes', ClassSerializerInterceptor],
  ])('a global interceptor that %s', async (_what, interceptor) => {
    const { url } = await start({
      providers: [Reflector, { provide: APP_INTERCEPTOR, useClass: interceptor }],
    });
    await expectRejected(url);
    await expectHandled(url);
  });

  it('a global interceptor registered in main.ts', async () => {
    const { url } = await start({
      configure: (app: INestApplication) => app.useGlobalInterceptors(new EnvelopeInterceptor()),
    });
    await expectRejected(url);
    await expectHandled(url);
  });

  it('a global login guard that recognises these routes', async () => {
    const { url } = await start({ providers: [{ provide: APP_GUARD, useClass: LoginGuard }] });
    await expectRejected(url);
    await expectHandled(url);
    await expect(httpPost(`${url}/other`, {}, '', 'GET')).resolves.toMatchObject({ status: 401 });
  });

  it('a global login guard that does not, whose 401 has the form that WeChat Pay expects', async () => {
    const { url } = await start({
      providers: [{ provide: APP_GUARD, useClass: StrictLoginGuard }],
    });
    const { headers, body } = signComplaintNotification(merchant);
    const response = await httpPost(`${url}/complaints`, headers, body);
    expect(response.status).toBe(401);
    expect(JSON.parse(response.text)).toEqual({ code: 'FAIL', message: 'log in first' });
  });

  it('a global filter, which these routes do not reach', async () => {
    const { url } = await start({
      providers: [{ provide: APP_FILTER, useClass: EverythingFilter }],
    });
    await expectRejected(url);
    await expectHandled(url);
  });

  it('other routes, which are not changed', async () => {
    const { url } = await start({});
    const response = await httpPost(`${url}/other`, {}, '', 'GET');
    expect(response).toMatchObject({ status: 200, text: 'other' });
  });
});
