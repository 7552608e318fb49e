import assert from 'node:assert/strict';
import { ConsoleLogger, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ComplaintNotificationService } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, WechatPaySimulator } from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { AppModule } from './app.module.js';

/** Runs the app of this folder against a WeChat Pay on loopback, and checks every step. */

const HOST = 'shop.example.com';
const URL_1 = `https://${HOST}/wechatpay/complaints-to-be`;
const URL_2 = `https://${HOST}/wechatpay/complaints`;

/** Prints what the app logs below the step that caused it, and remembers it. */
class StepLogger extends ConsoleLogger {
  readonly lines: string[] = [];

  override log(message: string): void {
    this.write('log', message);
  }

  override warn(message: string): void {
    this.write('warn', message);
  }

  private write(level: string, message: string): void {
    this.lines.push(message);
    console.log(`      app ${level.padEnd(4)} | ${message}`);
  }
}

let steps = 0;

async function step(name: string, run: () => Promise<string>): Promise<void> {
  steps += 1;
  console.log(`\n  ${steps}. ${name}`);
  console.log(`      ok       | ${await run()}`);
}

const merchant = await createTestMerchant();
const simulator = await WechatPaySimulator.start({ merchants: [merchant] });
Object.assign(process.env, merchant.environment, { WECHATPAY_BASE_URLS: simulator.url });

const logger = new StepLogger({ logLevels: ['warn', 'error', 'fatal'] });
const app: INestApplication = await NestFactory.create(AppModule, {
  rawBody: true,
  logger: ['error', 'fatal'],
});
await app.listen(0, '127.0.0.1');
app.useLogger(logger);
simulator.mapHost(HOST, await app.getUrl());
console.log(`App on ${await app.getUrl()}, WeChat Pay simulator on ${simulator.url}`);

try {
  const notifications = app.get(ComplaintNotificationService);

  await step('create (POST)', async () => {
    const created = await firstValueFrom(notifications.create({ url: URL_1 }));
    assert.deepEqual(created, { mchid: merchant.mchid, url: URL_1 });
    return JSON.stringify(created);
  });

  await step('get (GET)', async () => {
    const registered = await firstValueFrom(notifications.get());
    assert.deepEqual(registered, { mchid: merchant.mchid, url: URL_1 });
    return JSON.stringify(registered);
  });

  await step('update (PUT)', async () => {
    const updated = await firstValueFrom(notifications.update({ url: URL_2 }));
    assert.deepEqual(updated, { mchid: merchant.mchid, url: URL_2 });
    return JSON.stringify(updated);
  });

  await step('a consumer complains', async () => {
    const delivery = await simulator.notify(merchant, { complaint: { complaint_id: 'C-1' } });
    assert.equal(delivery.attempts[0]?.status, 204);
    assert.ok(logger.lines.some((line) => line.includes('New complaint C-1')));
    return 'verified, decrypted, handled, answered with 204';
  });

  await step('the consumer leaves a message', async () => {
    const delivery = await simulator.notify(merchant, {
      event_type: 'COMPLAINT.STATE_CHANGE',
      complaint: { complaint_id: 'C-1', action_type: 'USER_RESPONSE' },
    });
    assert.equal(delivery.attempts[0]?.status, 204);
    assert.ok(logger.lines.some((line) => line.includes('USER_RESPONSE on C-1')));
    return 'verified, decrypted, handled, answered with 204';
  });

  const handled = logger.lines.length;

  await step('WeChat Pay probes whether the app verifies', async () => {
    const delivery = await simulator.notify(merchant, { kind: 'probe' });
    assert.equal(delivery.attempts[0]?.status, 401);
    assert.equal(logger.lines.length, handled, 'a probe is no reason for an alarm');
    return `refused with 401 ${delivery.attempts[0].body}`;
  });

  await step('a stranger posts a forged notification', async () => {
    const delivery = await simulator.notify(merchant, { kind: 'tampered' });
    assert.equal(delivery.attempts[0]?.status, 401);
    assert.ok(logger.lines.at(-1)?.includes('SIGNATURE_MISMATCH'));
    return `refused with 401 ${delivery.attempts[0].body}`;
  });

  await step('delete (DELETE)', async () => {
    await firstValueFrom(notifications.delete());
    assert.equal(simulator.registeredUrl(merchant), undefined);
    return 'no URL is registered any more';
  });

  console.log(`\nAll ${steps} steps came out right.`);
} catch (error) {
  process.exitCode = 1;
  console.error(`\nStep ${steps} failed:`, error);
} finally {
  await app.close();
  await simulator.stop();
}
