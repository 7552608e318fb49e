import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Post, type Type, UseGuards } from '@nestjs/common';
import { ComplaintNotificationGuard } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { CallbackUrlRouteCheck } from '../../../lib/notifications/callback-url-route.check.js';
import { closeAll, startSimulator } from '../../support/client-bench.js';
import { closeModules, startModule } from '../../support/start-module.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(async () => {
  await closeModules();
  await closeAll();
});

function controllerAt(prefix: string | string[], path: string | string[]): Type {
  @Controller(prefix)
  class ComplaintsController {
    @Post(path)
    @UseGuards(ComplaintNotificationGuard)
    handle(): void {}
  }
  return ComplaintsController;
}

async function warnings(
  callbackUrl: string | undefined,
  ...controllers: Type[]
): Promise<string[]> {
  const simulator = await startSimulator(merchant);
  const options = { ...simulator.moduleOptions(merchant), callbackUrl };
  const { module, logger } = await startModule(options, { controllers });
  expect(module.get(CallbackUrlRouteCheck)).toBeInstanceOf(CallbackUrlRouteCheck);
  return logger.ours('warn').filter((line) => line.includes('notification route'));
}

describe('CallbackUrlRouteCheck', () => {
  it.each<[url: string, prefix: string | string[], path: string | string[]]>([
    ['https://shop.example.com/complaints', '', 'complaints'],
    ['https://shop.example.com/complaints/', '/', '/complaints/'],
    ['https://shop.example.com/api/v2/shops/complaints', 'shops', 'complaints'],
    ['https://shop.example.com/shops/7/complaints', 'shops/:id', 'complaints'],
    ['https://shop.example.com/b/complaints', ['a', 'b'], ['c', 'complaints', '/']],
    ['https://shop.example.com/a/b/c', '', 'wild/*path'],
    ['https://shop.example.com/a', '', 'a{/:id}'],
  ])('accepts %s for %j and %j', async (url, prefix, path) => {
    await expect(warnings(url, controllerAt(prefix, path))).resolves.toEqual([]);
  });

  it.each<[url: string, path: string]>([
    ['https://shop.example.com/complaint', 'complaints'],
    ['https://shop.example.com/complaints/new', 'complaints'],
    ['https://shop.example.com/complaints', 'api/complaints'],
    ['https://shop.example.com/Complaints', 'complaints'],
  ])('warns about %s for %s', async (url, path) => {
    await expect(warnings(url, controllerAt('', path))).resolves.toEqual([
      expect.stringContaining(`callbackUrl ${url} (routes: /${path}). WeChat Pay would get 404.`),
    ]);
  });

  it('warns when there is no notification route', async () => {
    await expect(warnings('https://shop.example.com/complaints')).resolves.toEqual([
      expect.stringContaining('(routes: none)'),
    ]);
  });

  it('has nothing to check without callbackUrl', async () => {
    await expect(warnings(undefined)).resolves.toEqual([]);
  });
});
