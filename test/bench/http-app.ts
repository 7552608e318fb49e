import { createPublicKey, createSecretKey } from 'node:crypto';
import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  HttpCode,
  Injectable,
  type INestApplication,
  Module,
  type NestInterceptor,
  Post,
  Req,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Observable } from 'rxjs';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintNotificationVerifier,
  ComplaintPayload,
  OnComplaint,
  WechatPayComplaintModule,
  type SingleMerchantOptions,
} from '../../lib/index.js';
import { type FloorKeys, receiveByHand } from './floor.js';

/**
 * The server process. Each measurement gets a fresh app, so that no notification has been handled
 * before. All of them run in one process, so that the code stays warm.
 */

export type Adapter = 'express' | 'fastify';

interface Begin {
  readonly type: 'begin';
  readonly adapter: Adapter;
  readonly options: Omit<SingleMerchantOptions, 'store'>;
  /** For the hand-written routes. */
  readonly publicKeyPem: string;
  readonly isRemembering: boolean;
}

export type Command = Begin | { readonly type: 'end' };

/** `handled` and `cpu` (microseconds of this process) are those since `begin`. */
export type Reply =
  | { readonly type: 'began'; readonly url: string }
  | { readonly type: 'ended'; readonly handled: number; readonly cpu: number };

interface RawRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawBody?: Buffer;
}

class FloorGuard implements CanActivate {
  constructor(private readonly keys: FloorKeys) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers, rawBody } = context.switchToHttp().getRequest<RawRequest>();
    return rawBody !== undefined && receiveByHand(headers, rawBody, this.keys) !== null;
  }
}

/** A hand-written guard with all checks that this package makes. */
@Injectable()
class VerifyingGuard implements CanActivate {
  constructor(private readonly verifier: ComplaintNotificationVerifier) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<RawRequest & { notification?: unknown }>();
    if (!request.rawBody) return false;
    request.notification = await this.verifier.verify({
      headers: request.headers,
      body: request.rawBody,
    });
    return true;
  }
}

class PassingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    return next.handle();
  }
}

let handled = 0;

function appModule({ options, publicKeyPem, isRemembering }: Begin): Type {
  const keys: FloorKeys = {
    publicKey: createPublicKey(publicKeyPem),
    apiV3Key: createSecretKey(Buffer.from(options.apiV3Key)),
  };

  @Controller()
  class ComplaintsController {
    @Post('ours')
    @ComplaintNotification()
    receive(@ComplaintPayload() notification: ComplaintNotificationPayload): void {
      if (notification.complaint.complaint_id !== '') handled += 1;
    }

    @Post('by-hand')
    @HttpCode(204)
    receiveByHand(@Req() { headers, rawBody }: RawRequest): void {
      if (rawBody && receiveByHand(headers, rawBody, keys)) handled += 1;
    }

    /** The same in a guard with an interceptor, to tell apart what Nest itself costs. */
    @Post('by-hand-in-guard')
    @UseGuards(new FloorGuard(keys))
    @UseInterceptors(new PassingInterceptor())
    @HttpCode(204)
    receiveFromGuard(): void {
      handled += 1;
    }

    /** The checks of this package, written by hand as a guard with an interceptor. */
    @Post('checked-in-guard')
    @UseGuards(VerifyingGuard)
    @UseInterceptors(new PassingInterceptor())
    @HttpCode(204)
    receiveChecked(@Req() { notification }: { notification?: unknown }): void {
      if (notification) handled += 1;
    }

    @Post('nothing')
    @HttpCode(204)
    nothing(): void {
      handled += 1;
    }
  }

  @Injectable()
  class ComplaintListener {
    @OnComplaint()
    hear(notification: ComplaintNotificationPayload): void {
      if (notification.complaint.complaint_id !== '') handled += 1;
    }
  }

  @Module({
    imports: [
      WechatPayComplaintModule.forRoot({
        ...options,
        ...(!isRemembering && { store: false }),
        route: 'listener',
      }),
    ],
    controllers: [ComplaintsController],
    providers: [ComplaintListener],
  })
  class AppModule {}

  return AppModule;
}

async function start(command: Begin): Promise<INestApplication> {
  const settings = { rawBody: true, logger: false } as const;
  const module = appModule(command);
  const app =
    command.adapter === 'fastify'
      ? await NestFactory.create(module, new FastifyAdapter(), settings)
      : await NestFactory.create(module, settings);
  await app.listen(0, '127.0.0.1');
  return app;
}

let app: INestApplication | undefined;
let usage = process.cpuUsage();

async function run(command: Command): Promise<Reply> {
  if (command.type === 'begin') {
    app = await start(command);
    globalThis.gc?.();
    handled = 0;
    usage = process.cpuUsage();
    return { type: 'began', url: await app.getUrl() };
  }
  const { user, system } = process.cpuUsage(usage);
  await app?.close();
  return { type: 'ended', handled, cpu: user + system };
}

process.on('message', (command: Command) => {
  void run(command).then((reply) => process.send?.(reply));
});
