import type { INestApplication } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import {
  ComplaintNotificationGuard,
  ComplaintNotificationService,
  ComplaintService,
  WechatPayApiError,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  acceptNotification,
  createTestMerchant,
  signComplaintNotification,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { ComplaintsController } from '../../docs/examples/receiving.js';
import { ComplaintDesk } from '../../docs/examples/quickstart/complaint-desk.js';
import { AppModule } from '../../docs/examples/quickstart/app.module.js';

// The code of the guide "Testing", run as a reader would run it.
describe('The guide to testing', () => {
  const started: { close(): Promise<void> }[] = [];
  let simulator: WechatPaySimulator | undefined;

  afterEach(async () => {
    await Promise.all(started.splice(0).map((app) => app.close()));
    await simulator?.stop();
    simulator = undefined;
  });

  function closeLater(app: INestApplication): void {
    started.push(app);
  }

  it('signs a notification', async () => {
    // #region signed
    const merchant = await createTestMerchant(); // once per suite: it generates RSA keys
    const testing = await Test.createTestingModule({
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    }).compile();
    const app = testing.createNestApplication({ rawBody: true });
    await app.listen(0, '127.0.0.1');

    const { headers, body } = signComplaintNotification(merchant, {
      event_type: 'COMPLAINT.STATE_CHANGE',
      complaint: { complaint_id: '200201820200101080076610000', action_type: 'USER_RESPONSE' },
    });
    const url = `${await app.getUrl()}/wechatpay/complaints`;
    const response = await fetch(url, { method: 'POST', headers, body });
    expect(response.status).toBe(204);
    // #endregion signed
    closeLater(app);
  });

  it('takes the place of the guard', async () => {
    const merchant = await createTestMerchant();
    // #region guard
    const testing = await Test.createTestingModule({
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    })
      .overrideGuard(ComplaintNotificationGuard)
      .useValue(acceptNotification({ complaint: { action_type: 'USER_RESPONSE' } }))
      .compile();
    const app = testing.createNestApplication({ rawBody: true });
    await app.listen(0, '127.0.0.1');

    // Without a signature and a body: every request counts as this notification.
    const url = `${await app.getUrl()}/wechatpay/complaints`;
    const response = await fetch(url, { method: 'POST' });
    expect(response.status).toBe(204);
    // #endregion guard
    closeLater(app);
  });

  it('simulates WeChat Pay', async () => {
    // #region simulator
    const merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
    const options = { ...simulator.moduleOptions(merchant), route: 'wechatpay/complaints' };
    const testing = await Test.createTestingModule({
      imports: [WechatPayComplaintModule.forRoot(options)],
      providers: [ComplaintDesk],
    }).compile();
    const app = testing.createNestApplication({ rawBody: true });
    await app.listen(0, '127.0.0.1');
    simulator.mapHost('shop.example.com', await app.getUrl());
    const url = 'https://shop.example.com/wechatpay/complaints';
    await firstValueFrom(app.get(ComplaintNotificationService).ensure({ url }));

    const { complaint, delivery } = await simulator.complain(merchant, {
      complaint_detail: '收到的杯子是碎的',
      payer_phone: '13800138000', // the simulator encrypts it for the merchant
    });
    expect(delivery?.attempts[0]?.status).toBe(204);

    const [reply] = simulator.complaintHistory(merchant, complaint.complaint_id);
    expect(reply?.operate_type).toBe('MERCHANT_RESPONSE'); // the listener has replied
    // #endregion simulator
    closeLater(app);

    // #region faults
    simulator.injectFaults('drop', { status: 403, code: 'NO_AUTH', message: '无权限' });
    const complaints = app.get(ComplaintService);
    // The first attempt gets no response and is retried, the second is refused.
    const failure: unknown = await firstValueFrom(complaints.get(complaint.complaint_id)).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(WechatPayApiError);
    expect(failure).toHaveProperty('code', 'NO_AUTH');
    // #endregion faults

    // #region notifications
    const probe = await simulator.notify(merchant, { kind: 'probe' });
    expect(probe.attempts[0]?.status).toBe(401);

    const { accepted } = await simulator.notify(merchant, {
      complaint: { complaint_id: complaint.complaint_id },
      copies: 2, // at the same moment, as with two servers
      redeliver: true, // until a response is 200 or 204, a thousand times as fast
    });
    expect(accepted).toBe(true);
    // #endregion notifications

    // #region consumer
    const id = complaint.complaint_id;
    await simulator.sendUserMessage(merchant, id, { text: '请尽快处理' });
    await firstValueFrom(complaints.approveRefund(id, { launch_refund_day: 0 }));
    await simulator.settleRefund(merchant, id); // notifies REFUND_SUCCESS
    // #endregion consumer
    expect(simulator.complaints(merchant)).toHaveLength(1);
  });

  it('sets the environment', async () => {
    const merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
    const before = { ...process.env };
    // #region environment
    Object.assign(process.env, simulator.environment(merchant));
    const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
    // #endregion environment
    process.env = before;
    expect(testing.get(AppModule)).toBeInstanceOf(AppModule);
  });
});
