import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  type INestApplication,
  type NestApplicationOptions,
  Post,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ComplaintNotificationGuard } from 'nestjs-wechatpay-complaint';
import express from 'express';
import { RawBodyCheck } from '../../../lib/notifications/raw-body.check.js';
import { RouteExplorer } from '../../../lib/notifications/route.explorer.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { type AdapterName, ADAPTERS } from '../../support/start-app.js';

@Controller()
class ComplaintsController {
  @Post()
  @UseGuards(ComplaintNotificationGuard)
  handle(): void {}
}

@Controller()
class OtherController {
  @Post()
  handle(): void {}
}

let app: INestApplication | undefined;

afterEach(() => app?.close());

interface CheckedApp {
  readonly adapter?: AdapterName;
  readonly nest?: NestApplicationOptions;
  readonly controller?: Type;
  readonly configure?: (app: INestApplication) => unknown;
}

/** What the check reports of a real app, and what it advises. */
async function check({
  adapter = 'express',
  nest = {},
  controller = ComplaintsController,
  configure,
}: CheckedApp): Promise<{ reported: string[]; advice: string }> {
  const logger = new RecordingLogger();
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers: [controller],
    providers: [RouteExplorer, RawBodyCheck],
  })
    .overrideGuard(ComplaintNotificationGuard)
    .useValue({ canActivate: () => false })
    .setLogger(logger)
    .compile();
  app = module.createNestApplication(
    adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
    nest,
  );
  configure?.(app);
  await app.init();
  const rawBodyCheck = module.get(RawBodyCheck);
  rawBodyCheck.report();
  return { reported: logger.problems(), advice: rawBodyCheck.advice() };
}

describe.each(ADAPTERS)('RawBodyCheck, on %s', (adapter) => {
  it('reports a missing rawBody: true as an error with the advice', async () => {
    const { reported, advice } = await check({ adapter });
    expect(reported).toEqual([
      `Complaint notifications cannot be verified. ${advice} WechatPayComplaint`,
    ]);
    expect(advice).toContain('{ rawBody: true }');
    expect(advice.includes('new FastifyAdapter()')).toBe(adapter === 'fastify');
  });

  it.each<[what: string, app: CheckedApp]>([
    ['with rawBody: true', { nest: { rawBody: true } }],
    ['with bodyParser: false', { nest: { bodyParser: false } }],
    ['without a notification route', { controller: OtherController }],
  ])('reports nothing %s', async (_what, options) => {
    await expect(check({ adapter, ...options })).resolves.toMatchObject({ reported: [] });
  });
});

describe('RawBodyCheck and a parser of the app', () => {
  const verify = (request: IncomingMessage, _response: unknown, bytes: Buffer): void => {
    Object.assign(request, { rawBody: bytes });
  };

  it.each<[what: string, configure: (app: INestApplication) => unknown]>([
    ['express.json()', (to) => to.use(express.json())],
    ['express.json({ verify })', (to) => to.use(express.json({ verify }))],
    ['express.raw()', (to) => to.use(express.raw({ type: '*/*' }))],
    ['express.text()', (to) => to.use(express.text({ type: '*/*' }))],
    ['express.raw() on one path', (to) => to.use('/complaints', express.raw({ type: '*/*' }))],
    [
      "useBodyParser('raw')",
      (to) => (to as NestExpressApplication).useBodyParser('raw', { type: '*/*' }),
    ],
  ])('reports nothing with %s, and advises to remove the parser', async (_what, configure) => {
    const { reported, advice } = await check({ configure });
    expect(reported).toEqual([]);
    expect(advice).toContain('Remove app.use(express.json())');
  });

  it('reports a missing rawBody: true beside middleware that is no parser', async () => {
    const { reported } = await check({
      configure: (to) =>
        to.use((_request: unknown, _response: unknown, next: () => void) => {
          next();
        }),
    });
    expect(reported).toHaveLength(1);
  });
});
