import type { OnApplicationShutdown } from '@nestjs/common';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';

/** A WeChat Pay simulator on loopback, with one merchant. */
export class Simulation implements OnApplicationShutdown {
  private constructor(
    readonly simulator: WechatPaySimulator,
    readonly merchant: TestMerchant,
    private readonly clock: { ago: number },
  ) {}

  static async start(): Promise<Simulation> {
    // The default is another one each time, which would show in the pictures of the desk.
    const merchant = await createTestMerchant({ mchid: '1900000109' });
    const clock = { ago: 0 };
    const simulator = await WechatPaySimulator.start({
      merchants: [merchant],
      clock: () => Date.now() - clock.ago,
    });
    return new Simulation(simulator, merchant, clock);
  }

  /** The environment variables of an app that uses this simulator as its WeChat Pay. */
  get environment(): Readonly<Record<string, string>> {
    return { ...this.merchant.environment, WECHATPAY_BASE_URLS: this.simulator.url };
  }

  /** From now on the simulator dates everything this many minutes back. */
  turnBack(minutes: number): void {
    this.clock.ago = minutes * 60_000;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.simulator.stop();
  }
}
