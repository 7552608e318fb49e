import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { firstValueFrom } from 'rxjs';
import {
  ComplaintService,
  WechatPayApiError,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import type { TestMerchant, WechatPaySimulator } from 'nestjs-wechatpay-complaint/testing';
import type { HandledComplaints } from './handled-complaints.js';

/** How a complaint goes on after the merchant has replied. */
const LIVES = [
  'solved',
  'solved',
  'solved',
  'message',
  'refund',
  'platform',
  'again',
  'solved',
  'message',
  // Nobody replies, so that both deadlines pass.
  'ignored',
] as const;

export type Life = (typeof LIVES)[number];

/** What an action of the staff, or of a consumer, takes in milliseconds. */
const PAUSE = 1200;

/** The staff of the shop, and its consumers: each complaint is lived to its end. */
export class Lives {
  /** Times at which the merchant replied for the first time. */
  readonly replies = new Map<string, number>();
  /** Times at which the merchant completed a complaint. */
  readonly completions = new Map<string, number>();
  readonly lives = new Map<string, Life>();

  private constructor(
    private readonly merchant: TestMerchant,
    private readonly simulator: WechatPaySimulator,
    private readonly handled: HandledComplaints,
    private readonly complaints: ComplaintService,
    readonly close: () => Promise<void>,
  ) {}

  static async start(
    merchant: TestMerchant,
    simulator: WechatPaySimulator,
    handled: HandledComplaints,
  ): Promise<Lives> {
    const options = simulator.moduleOptions(merchant);
    const desk = await NestFactory.createApplicationContext(
      WechatPayComplaintModule.forRoot(options),
      { logger: false },
    );
    return new Lives(merchant, simulator, handled, desk.get(ComplaintService), () => desk.close());
  }

  /** Resolves when the complaint is completed, or when nobody will care for it any more. */
  async live(index: number): Promise<void> {
    const { simulator, merchant } = this;
    const life = LIVES[index % LIVES.length] ?? 'solved';
    const { complaint } = await simulator.complain(merchant, {
      problem_type: life === 'refund' ? 'REFUND' : 'OTHERS',
      payer_phone: '',
    });
    const id = complaint.complaint_id;
    this.lives.set(id, life);
    // The staff does not know of a complaint before the app has handled it.
    await this.handled.wait(id, 'CREATE_COMPLAINT');
    if (life === 'ignored') return;
    await delay(PAUSE * Math.random());
    await this.act(() => firstValueFrom(this.complaints.reply(id, { response_content: '您好' })));
    this.replies.set(id, Date.now());
    await delay(PAUSE);
    await this.goOn(id, life);
    await this.act(() => firstValueFrom(this.complaints.complete(id)));
    this.completions.set(id, Date.now());
  }

  private async goOn(id: string, life: Life): Promise<void> {
    const { simulator, merchant, handled, complaints } = this;
    const reply = () =>
      this.act(() => firstValueFrom(complaints.reply(id, { response_content: '已处理' })));
    switch (life) {
      case 'message':
        await simulator.sendUserMessage(merchant, id, { text: '在吗' });
        await handled.wait(id, 'USER_RESPONSE');
        await reply();
        break;
      case 'refund':
        await this.act(() => firstValueFrom(complaints.approveRefund(id)));
        await delay(PAUSE);
        await simulator.settleRefund(merchant, id);
        await handled.wait(id, 'REFUND_SUCCESS');
        break;
      case 'platform':
        await simulator.applyPlatformService(merchant, id);
        await handled.wait(id, 'USER_APPLY_PLATFORM_SERVICE');
        await delay(PAUSE);
        await simulator.finishPlatformService(merchant, id);
        await handled.wait(id, 'PLATFORM_SERVICE_FINISHED');
        break;
      case 'again':
        await simulator.continueComplaint(merchant, id, { text: '还是没有解决' });
        await handled.wait(id, 'CONTINUE_COMPLAINT');
        await reply();
        break;
      case 'solved':
      case 'ignored':
        break;
    }
    await delay(PAUSE * Math.random());
  }

  /** The simulator fails now and then. An action that cannot be done again has been done. */
  private async act(action: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await action();
        return;
      } catch (error) {
        if (error instanceof WechatPayApiError && error.code === 'INVALID_REQUEST') return;
        await delay(100);
      }
    }
  }
}
