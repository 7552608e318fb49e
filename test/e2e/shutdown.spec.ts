import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type BeforeApplicationShutdown,
  Controller,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  Post,
} from '@nestjs/common';
import {
  ComplaintNotification,
  WechatPayComplaintModule,
  type SingleMerchantOptions,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { ControlledStore } from '../support/controlled-store.js';
import { type Deferred, deferred } from '../support/deferred.js';
import { httpPost } from '../support/http-post.js';
import { ADAPTERS, closeApps, type RunningApp, startApp } from '../support/start-app.js';
import { until } from '../support/until.js';

/** Milliseconds. Longer than a test may take, so that one which waits for it fails. */
const ENDLESS = 60_000;

let merchant: TestMerchant;
let gate: Deferred<undefined>;
let order: string[] = [];

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(() => {
  gate = deferred();
  order = [];
});
afterEach(async () => {
  gate.resolve(undefined);
  await closeApps();
});

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  async handle(): Promise<void> {
    await gate.promise;
    order.push('handler has finished');
  }
}

/** What an app uses in a handler, such as a database client. */
@Injectable()
class Database implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  onModuleDestroy(): void {
    order.push('onModuleDestroy');
  }

  beforeApplicationShutdown(): void {
    order.push('beforeApplicationShutdown');
  }

  onApplicationShutdown(): void {
    order.push('onApplicationShutdown');
  }
}

describe.each(ADAPTERS)('A shutdown, on %s', (adapter) => {
  function start(options: Partial<SingleMerchantOptions>): Promise<RunningApp> {
    return startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, ...options })],
      controllers: [ComplaintsController],
      providers: [Database],
    });
  }

  async function deliver({ url }: RunningApp, id = 'EV-1'): Promise<number> {
    const { headers, body } = signComplaintNotification(merchant, { id });
    return (await httpPost(`${url}/complaints`, headers, body)).status;
  }

  it('waits for a running handler, records it in the store, and closes the store', async () => {
    const store = new ControlledStore();
    const running = await start({ store, handlerTimeout: 20, shutdownTimeout: ENDLESS });
    await expect(deliver(running)).resolves.toBe(503);
    let isClosed = false;
    const closing = running.app.close().then(() => {
      isClosed = true;
    });
    await until(() => order.includes('onModuleDestroy'));
    await new Promise(setImmediate);
    expect([isClosed, store.closed]).toEqual([false, 0]);
    gate.resolve(undefined);
    await closing;
    expect(store.done).toEqual(['claim', 'complete']);
    expect(store.closed).toBe(1);
    expect(running.logger.problems()).toEqual([expect.stringContaining('(HANDLER_TIMEOUT)')]);
  });

  it('calls onModuleDestroy of the app while a handler may run, and onApplicationShutdown afterwards', async () => {
    const running = await start({ handlerTimeout: 20, shutdownTimeout: ENDLESS });
    await expect(deliver(running)).resolves.toBe(503);
    const closing = running.app.close();
    await until(() => order.includes('onModuleDestroy'));
    gate.resolve(undefined);
    await closing;
    expect(order.indexOf('onModuleDestroy')).toBeLessThan(order.indexOf('handler has finished'));
    expect(order.at(-1)).toBe('onApplicationShutdown');
  });

  it('waits no longer than shutdownTimeout, and lets the lease lapse', async () => {
    const store = new ControlledStore();
    const running = await start({
      store,
      handlerTimeout: 20,
      shutdownTimeout: 50,
      lease: 60,
    });
    await expect(deliver(running)).resolves.toBe(503);
    await running.app.close();
    expect(running.logger.ours('warn').at(-1)).toContain(
      '1 notification handlers are still running 50 ms after the shutdown began (shutdownTimeout). What they ' +
        'leave unfinished is handled again after their leases have lapsed.',
    );
    const key = { mchid: merchant.mchid, id: 'EV-1' };
    await until(async () => (await store.claim(key, 1000)).state === 'claimed');
  });

  it('does not wait for a store that is away, and warns about what the store does not know of', async () => {
    gate.resolve(undefined);
    const store = new ControlledStore();
    store.failing.add('complete');
    const running = await start({ store, shutdownTimeout: ENDLESS });
    await expect(deliver(running, 'EV-1')).resolves.toBe(204);
    await expect(deliver(running, 'EV-2')).resolves.toBe(204);
    await running.app.close();
    expect(running.logger.ours('warn')).toEqual([
      expect.stringMatching(/^Notification EV-1 .* was handled, but the store has not recorded it/),
      expect.stringMatching(/^Notification EV-2 .* was handled, but the store has not recorded it/),
      expect.stringContaining(
        '2 notifications were handled, but the store did not record them before the shutdown. Redeliveries of ' +
          'them run the handler again.',
      ),
    ]);
    expect(store.closed).toBe(1);
  });
});
