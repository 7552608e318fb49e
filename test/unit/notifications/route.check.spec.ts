import { afterEach, describe, expect, it } from '@jest/globals';
import {
  All,
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Next,
  Post,
  Redirect,
  Render,
  Req,
  Res,
  Sse,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  ComplaintNotification,
  ComplaintNotificationGuard,
  ComplaintPayload,
} from 'nestjs-wechatpay-complaint';
import { EMPTY, type Observable } from 'rxjs';
import { RouteCheck } from '../../../lib/notifications/route.check.js';
import { RouteExplorer } from '../../../lib/notifications/route.explorer.js';
import { RecordingLogger } from '../../support/recording-logger.js';

let module: TestingModule | undefined;

afterEach(() => module?.close());

/** The problems and the warnings of a controller, each as one line. */
async function check(controller: Type): Promise<{ problems: string[]; warnings: string[] }> {
  const logger = new RecordingLogger();
  module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers: [controller],
    providers: [RouteExplorer, RouteCheck],
  })
    .overrideGuard(ComplaintNotificationGuard)
    .useValue({ canActivate: () => false })
    .setLogger(logger)
    .compile();
  const routes = module.get(RouteCheck);
  routes.warn();
  return {
    problems: routes.problems().map(({ option, problem, fix }) => `${option} ${problem}. ${fix}`),
    warnings: logger.problems(),
  };
}

describe('RouteCheck', () => {
  it('has nothing to say about a usual route', async () => {
    @Controller()
    class ComplaintsController {
      @Post()
      @Header('X-Shop', '7')
      @ComplaintNotification()
      handle(
        @Req() _request: unknown,
        @ComplaintPayload() _payload: unknown,
        @Res({ passthrough: true }) _response: unknown,
      ): void {}

      @Post('below')
      @ComplaintNotification()
      @HttpCode(200)
      below(): void {}
    }
    await expect(check(ComplaintsController)).resolves.toEqual({ problems: [], warnings: [] });
  });

  it('has nothing to say about a route with the guard alone, which sends its own response', async () => {
    @Controller()
    class ComplaintsController {
      @Get()
      @HttpCode(200)
      @UseGuards(ComplaintNotificationGuard)
      handle(@Res() _response: unknown, @Body() _body: unknown): void {}
    }
    await expect(check(ComplaintsController)).resolves.toEqual({ problems: [], warnings: [] });
  });

  it('finds methods that are no POST routes', async () => {
    @Controller()
    class ComplaintsController {
      @ComplaintNotification()
      forgotten(): void {}

      @Get()
      @ComplaintNotification()
      get(): void {}

      @All('all')
      @ComplaintNotification()
      all(): void {}
    }
    await expect(check(ComplaintsController)).resolves.toMatchObject({
      problems: [
        "ComplaintsController.forgotten has @ComplaintNotification(), but is no route. Add @Post('wechatpay/complaints').",
        'ComplaintsController.get is no POST route. WeChat Pay sends notifications by POST: use @Post().',
        'ComplaintsController.all is no POST route. WeChat Pay sends notifications by POST: use @Post().',
      ],
    });
  });

  it('finds decorators that send another response', async () => {
    @Controller()
    class ComplaintsController {
      @HttpCode(200)
      @Post('code')
      @ComplaintNotification()
      code(): void {}

      @Redirect('/elsewhere')
      @Post('redirect')
      @ComplaintNotification()
      redirect(): void {}

      @Post('render')
      @ComplaintNotification()
      @Render('page')
      render(): void {}

      @Post('sse')
      @ComplaintNotification()
      @Sse('sse')
      sse(): Observable<never> {
        return EMPTY;
      }
    }
    const { problems } = await check(ComplaintsController);
    expect(problems).toEqual([
      expect.stringMatching(
        /^ComplaintsController\.code responds with 200 on success\. .*@HttpCode\(\)/,
      ),
      'ComplaintsController.redirect has @Redirect(), which sends another response than 204. Remove @Redirect().',
      'ComplaintsController.render has @Render(), which sends another response than 204. Remove @Render().',
      'ComplaintsController.sse has @Sse(), which sends another response than 204. Remove @Sse().',
    ]);
  });

  it('finds parameters with which Nest leaves the response to the method', async () => {
    @Controller()
    class ComplaintsController {
      @Post('res')
      @ComplaintNotification()
      res(@Res() _response: unknown): void {}

      @Post('next')
      @ComplaintNotification()
      next(@Next() _next: unknown, @Res({ passthrough: true }) _response: unknown): void {}
    }
    await expect(check(ComplaintsController)).resolves.toMatchObject({
      problems: [
        'ComplaintsController.res takes @Res() without passthrough, so that Nest would never send the response. ' +
          'Use @Res({ passthrough: true }), or remove the parameter.',
        'ComplaintsController.next takes @Next(), so that Nest would never send the response. Remove the parameter.',
      ],
    });
  });

  it('lists every problem of one route', async () => {
    @Controller()
    class ComplaintsController {
      @HttpCode(201)
      @Get()
      @ComplaintNotification()
      handle(@Res() _response: unknown): void {}
    }
    const { problems } = await check(ComplaintsController);
    expect(problems).toHaveLength(3);
  });

  it('warns about @Body() without @ComplaintPayload()', async () => {
    @Controller()
    class ComplaintsController {
      @Post('body')
      @ComplaintNotification()
      body(@Body() _body: unknown): void {}

      @Post('property')
      @ComplaintNotification()
      property(@Body('id') _id: unknown): void {}

      @Post('both')
      @ComplaintNotification()
      both(@Body() _body: unknown, @ComplaintPayload('id') _id: unknown): void {}
    }
    await expect(check(ComplaintsController)).resolves.toEqual({
      problems: [],
      warnings: ['body', 'property'].map(
        (method) =>
          `ComplaintsController.${method} takes @Body(), which is the encrypted notification. Use ` +
          '@ComplaintPayload() for the decrypted one. WechatPayComplaint',
      ),
    });
  });
});
