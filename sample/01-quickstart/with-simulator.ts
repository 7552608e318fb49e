import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ComplaintNotificationService } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, WechatPaySimulator } from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { AppModule } from './app.module.js';

/** Runs the app of this folder with a simulated WeChat Pay on loopback, and checks every step. */

const HOST = 'shop.example.com';
const CALLBACK_URL = `https://${HOST}/wechatpay/complaints`;
const NEW_CALLBACK_URL = `https://www.${HOST}/wechatpay/complaints`;

async function main(): Promise<void> {
  const merchant = await createTestMerchant();
  const simulator = await WechatPaySimulator.start({ merchants: [merchant] });
  Object.assign(process.env, simulator.environment(merchant), {
    WECHATPAY_CALLBACK_URL: CALLBACK_URL,
  });

  const app = await NestFactory.create(AppModule, {
    rawBody: true,
    logger: new ConsoleLogger({ prefix: 'app' }),
  });
  await app.listen(0, '127.0.0.1');
  simulator.mapHost(HOST, await app.getUrl());
  simulator.mapHost(`www.${HOST}`, await app.getUrl());

  try {
    const notifications = app.get(ComplaintNotificationService);

    await step('The app registers its callback URL at startup', async () => {
      for (let i = 0; i < 1000 && !simulator.registeredUrl(merchant); i += 1) await delay(10);
      assert.equal(simulator.registeredUrl(merchant), CALLBACK_URL);
      return CALLBACK_URL;
    });

    await step('It reads which URL is registered', async () => {
      const registration = await firstValueFrom(notifications.get());
      assert.deepEqual(registration, { mchid: merchant.mchid, url: CALLBACK_URL });
      return JSON.stringify(registration);
    });

    await step('A consumer complains', async () => {
      const { delivery } = await simulator.complain(merchant, { complaint_id: 'C-1' });
      assert.equal(delivery?.attempts[0]?.status, 204);
      return 'verified, decrypted and handled, response 204';
    });

    await step('The consumer leaves a message', async () => {
      const { delivery } = await simulator.sendUserMessage(merchant, 'C-1', { text: '有人吗' });
      assert.equal(delivery?.attempts[0]?.status, 204);
      return 'verified, decrypted and handled, response 204';
    });

    await step('WeChat Pay sends a probe to test whether the app verifies signatures', async () => {
      const { attempts } = await simulator.notify(merchant, { kind: 'probe' });
      assert.equal(attempts[0]?.status, 401);
      return `rejected, response 401 ${attempts[0].body}`;
    });

    await step('Somebody sends a forged notification', async () => {
      const { attempts } = await simulator.notify(merchant, { kind: 'tampered' });
      assert.equal(attempts[0]?.status, 401);
      return `rejected, response 401 ${attempts[0].body}`;
    });

    await step('The app moves to another URL', async () => {
      const { outcome } = await firstValueFrom(notifications.ensure({ url: NEW_CALLBACK_URL }));
      assert.equal(outcome, 'updated');
      assert.equal(simulator.registeredUrl(merchant), NEW_CALLBACK_URL);
      return NEW_CALLBACK_URL;
    });

    await step('It removes the URL', async () => {
      await firstValueFrom(notifications.delete());
      assert.equal(simulator.registeredUrl(merchant), undefined);
      return 'no URL is registered';
    });

    console.log(`\nAll ${steps} steps succeeded.`);
  } finally {
    await app.close();
    await simulator.stop();
  }
}

let steps = 0;

async function step(name: string, run: () => Promise<string>): Promise<void> {
  steps += 1;
  console.log(`\n${steps}. ${name}`);
  console.log(`   ok: ${await run()}`);
}

main().catch((error: unknown) => {
  console.error(`\nStep ${steps} failed:`, error);
  process.exitCode = 1;
});
