import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  TerminusModule,
} from '@nestjs/terminus';
import {
  ComplaintReconciler,
  OnComplaint,
  WechatPayComplaintHealth,
  WechatPayComplaintModule,
  type WechatPayComplaintModuleOptions,
} from 'nestjs-wechatpay-complaint';
import { WechatPayComplaintHealthIndicator } from 'nestjs-wechatpay-complaint/terminus';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { ControlledStore } from '../../support/controlled-store.js';
import { closeApps, startApp } from '../../support/start-app.js';
import { closeModules, startModule } from '../../support/start-module.js';

const DAY = 24 * 60 * 60 * 1000;

let merchant: TestMerchant;
beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(async () => {
  await closeApps();
  await closeModules();
});

@Controller()
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly complaints: WechatPayComplaintHealthIndicator,
  ) {}

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([
      () => this.complaints.isHealthy('complaints', { expiryNotice: 10 * DAY }),
    ]);
  }
}

class Listener {
  @OnComplaint()
  hear(): void {
    // Sweeps need somebody to give complaints to.
  }
}

interface HealthResponse {
  readonly status: number;
  readonly body: unknown;
}

async function getHealth(options: WechatPayComplaintModuleOptions): Promise<HealthResponse> {
  const { url } = await startApp({
    imports: [TerminusModule, WechatPayComplaintModule.forRoot(options)],
    controllers: [HealthController],
    providers: [WechatPayComplaintHealthIndicator],
  });
  const response = await fetch(`${url}/health`);
  return { status: response.status, body: await response.json() };
}

async function endingCertificate(): Promise<WechatPayComplaintModuleOptions['platformKeys']> {
  const { id, pem } = await createTestCertificate({ notAfter: new Date(Date.now() + 9 * DAY) });
  return { [id]: pem };
}

describe('WechatPayComplaintHealthIndicator', () => {
  it('responds with 200 and what it knows', async () => {
    await expect(getHealth(merchant.options)).resolves.toEqual({
      status: 200,
      body: expect.objectContaining({
        status: 'ok',
        details: {
          complaints: {
            status: 'up',
            problems: [],
            store: 'reachable',
            merchants: [
              { mchid: merchant.mchid, platformKeys: { known: [merchant.publicKey.id] } },
            ],
          },
        },
      }),
    });
  });

  it('responds with 200 and degraded while notifications are handled', async () => {
    const options = { ...merchant.options, platformKeys: await endingCertificate() };

    await expect(getHealth(options)).resolves.toMatchObject({
      status: 200,
      body: {
        status: 'degraded',
        details: {
          complaints: { status: 'degraded', problems: [expect.stringContaining('expires at')] },
        },
      },
    });
  });

  it('has the last sweep', async () => {
    // Nobody listens at the port of these options, so that a sweep fails.
    const { module } = await startModule(
      { ...merchant.options, retry: false, reconciliation: { interval: false } },
      { providers: [Listener] },
    );
    await expect(module.get(ComplaintReconciler).sweep()).rejects.toThrow();
    const indicator = new WechatPayComplaintHealthIndicator(
      new HealthIndicatorService(),
      module.get(WechatPayComplaintHealth),
    );

    await expect(indicator.isHealthy('complaints')).resolves.toMatchObject({
      complaints: {
        status: 'degraded',
        merchants: [{ lastSweep: { outcome: 'failed', endedAt: expect.stringMatching(/Z$/) } }],
      },
    });
  });

  it('responds with 503 when notifications cannot be handled', async () => {
    const store = new ControlledStore();
    store.failing.add('ping');

    await expect(getHealth({ ...merchant.options, store })).resolves.toMatchObject({
      status: 503,
      body: {
        status: 'error',
        error: { complaints: { status: 'down', store: 'unreachable' } },
      },
    });
  });

  it('is up with its problems where Terminus does not know degraded, before version 12', async () => {
    const { module } = await startModule({
      ...merchant.options,
      platformKeys: await endingCertificate(),
    });
    const indicators = new HealthIndicatorService();
    const terminus11 = {
      check: (key: string) => {
        const session = indicators.check(key);
        return { up: session.up.bind(session), down: session.down.bind(session) };
      },
    };
    const indicator: WechatPayComplaintHealthIndicator = Reflect.construct(
      WechatPayComplaintHealthIndicator,
      [terminus11, module.get(WechatPayComplaintHealth)],
    );

    await expect(
      indicator.isHealthy('complaints', { expiryNotice: 10 * DAY }),
    ).resolves.toMatchObject({
      complaints: { status: 'up', problems: [expect.stringContaining('expires at')] },
    });
  });
});
