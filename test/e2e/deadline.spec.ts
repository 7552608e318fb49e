import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  WechatPayComplaintModule,
  type SingleMerchantOptions,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import {
  CERTIFICATES_PATH,
  closeAll,
  startServer,
  startSimulator,
} from '../support/client-bench.js';
import { ControlledStore } from '../support/controlled-store.js';
import { type HttpResponse, httpPost } from '../support/http-post.js';
import { closeApps, type RunningApp, startApp } from '../support/start-app.js';
import { until } from '../support/until.js';

/** Milliseconds. */
const HANDLER_TIMEOUT = 1500;
/** One wait of this length fits into the deadline, and two do not. */
const MOST_OF_IT = 0.6 * HANDLER_TIMEOUT;

let merchant: TestMerchant;
let handling = 0;
let runs = 0;

beforeAll(async () => {
  merchant = await createTestMerchant({ mode: 'certificate' });
});
beforeEach(() => {
  handling = 0;
  runs = 0;
});
afterEach(async () => {
  await closeApps();
  await closeAll();
});

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  async handle(): Promise<void> {
    runs += 1;
    await delay(handling);
  }
}

interface SlowWechatPay extends RunningApp {
  /** Sends a notification that is signed with a certificate which the app has to download first. */
  readonly sendUnderNewCertificate: () => Promise<HttpResponse>;
}

/** An app that has downloaded a certificate, and whose next download takes a while. */
async function start(
  downloading: number,
  options: Partial<SingleMerchantOptions> = {},
): Promise<SlowWechatPay> {
  const simulator = await startSimulator(merchant);
  let pause = 0;
  const slowUrl = await startServer((request, response) => {
    const forward = async (): Promise<void> => {
      if (request.url === CERTIFICATES_PATH) await delay(pause);
      const { status, headers, text } = await httpPost(
        `${simulator.url}${request.url}`,
        request.headers,
        '',
        request.method,
      );
      response.writeHead(status, headers).end(text);
    };
    forward().catch(() => response.destroy());
  });
  const app = await startApp({
    imports: [
      WechatPayComplaintModule.forRoot({
        ...simulator.moduleOptions(merchant),
        baseUrls: [slowUrl],
        platformCertificates: { download: true, unknownSerialCooldown: 1 },
        handlerTimeout: HANDLER_TIMEOUT,
        ...options,
      }),
    ],
    controllers: [ComplaintsController],
  });
  const send = (signWith?: TestPlatformKey): Promise<HttpResponse> => {
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-1', signWith });
    return httpPost(`${app.url}/complaints`, headers, body);
  };
  const { headers, body } = signComplaintNotification(merchant, { id: 'EV-0' });
  await until(async () => (await httpPost(`${app.url}/complaints`, headers, body)).status === 204);
  runs = 0;
  const certificate = await simulator.rotateCertificate(merchant);
  pause = downloading;
  return { ...app, sendUnderNewCertificate: () => send(certificate) };
}

describe('The deadline of a response', () => {
  it('leaves time for a quick handler after a slow certificate download', async () => {
    const { sendUnderNewCertificate } = await start(MOST_OF_IT);
    await expect(sendUnderNewCertificate()).resolves.toMatchObject({ status: 204 });
    expect(runs).toBe(1);
  });

  it('covers a certificate download and the handler together', async () => {
    handling = 0;
    const { sendUnderNewCertificate, logger } = await start(MOST_OF_IT);
    handling = MOST_OF_IT;
    await expect(sendUnderNewCertificate()).resolves.toMatchObject({ status: 503 });
    expect(logger.ours('warn')).toEqual([
      expect.stringMatching(/Notification EV-1 .*\(HANDLER_TIMEOUT\)/),
    ]);
    expect(runs).toBe(1);
  });

  it('covers a claim and the handler together', async () => {
    const store = new ControlledStore();
    const { sendUnderNewCertificate, logger } = await start(0, { store });
    store.waitFor.set('claim', delay(MOST_OF_IT));
    handling = MOST_OF_IT;
    await expect(sendUnderNewCertificate()).resolves.toMatchObject({ status: 503 });
    expect(logger.ours('warn')).toEqual([
      expect.stringMatching(/Notification EV-1 .*\(HANDLER_TIMEOUT\)/),
    ]);
    expect(runs).toBe(1);
  });

  it('bounds the wait for a certificate, whose download goes on for the redelivery', async () => {
    const { sendUnderNewCertificate, logger } = await start(2 * HANDLER_TIMEOUT);
    await expect(sendUnderNewCertificate()).resolves.toMatchObject({ status: 401 });
    expect(logger.ours('warn')).toEqual([expect.stringContaining('(UNKNOWN_SERIAL)')]);
    expect(runs).toBe(0);
    await until(async () => (await sendUnderNewCertificate()).status === 204);
    expect(runs).toBe(1);
  }, 15_000);
});
