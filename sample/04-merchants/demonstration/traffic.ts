import { setTimeout as delay } from 'node:timers/promises';
import type {
  Delivery,
  TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';

/** A notification to a merchant, with all attempts to deliver it. */
export interface Sent {
  readonly mchid: string;
  readonly delivery: Delivery;
}

/** Milliseconds between two notifications to one merchant, at most. */
const PAUSE = 40;

/** The notifications of a simulated WeChat Pay to many merchants. */
export class Traffic {
  readonly sent: Sent[] = [];
  /** The number of the last notification to each merchant. */
  private readonly numbers = new Map<string, number>();

  constructor(private readonly simulator: WechatPaySimulator) {}

  /** Makes the complaint that the notifications to a merchant are about. */
  async begin(merchant: TestMerchant): Promise<void> {
    await this.simulator.complain(merchant, { complaint_id: complaintOf(merchant) });
  }

  /** Sends notifications one after the other, two copies of each, and again what is not accepted. */
  async send(merchant: TestMerchant, count: number): Promise<void> {
    const { mchid } = merchant;
    for (let index = 0; index < count; index += 1) {
      const number = (this.numbers.get(mchid) ?? 0) + 1;
      this.numbers.set(mchid, number);
      const delivery = await this.simulator.notify(merchant, {
        // Every merchant gets the same ids, because an id is unique for one merchant only.
        id: `EV-${number}`,
        event_type: 'COMPLAINT.STATE_CHANGE',
        complaint: { complaint_id: complaintOf(merchant), action_type: 'USER_RESPONSE' },
        copies: 2,
        redeliver: true,
      });
      this.sent.push({ mchid, delivery });
      await delay(PAUSE * Math.random());
    }
  }
}

function complaintOf({ mchid }: TestMerchant): string {
  return `C-${mchid}`;
}
