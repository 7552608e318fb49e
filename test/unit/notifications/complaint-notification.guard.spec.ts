import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type ExecutionContext, Injectable, Post, UseGuards } from '@nestjs/common';
import {
  COMPLAINT_NOTIFICATION_RECEIVER,
  ComplaintNotificationGuard,
  type ComplaintNotificationPayload,
  type ComplaintNotificationReceiver,
  type IncomingRequest,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { findNotification } from '../../../lib/notifications/received-notification.js';
import { httpPost } from '../../support/http-post.js';
import { ADAPTERS, closeApps, startApp } from '../../support/start-app.js';
import { closeModules, startModule } from '../../support/start-module.js';

let merchant: TestMerchant;
let accepted: string[] = [];

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(async () => {
  accepted = [];
  await closeApps();
  await closeModules();
});

@Injectable()
class AsyncGuard extends ComplaintNotificationGuard {
  protected override async isAccepted({ id }: ComplaintNotificationPayload): Promise<boolean> {
    accepted.push(id);
    return Promise.resolve(id !== 'EV-unwanted');
  }
}

@Controller()
class ComplaintsController {
  @Post('complaints')
  @UseGuards(ComplaintNotificationGuard, AsyncGuard)
  handle(): void {}
}

describe.each(ADAPTERS)('ComplaintNotificationGuard, on %s', (adapter) => {
  it('lets genuine notifications pass that a subclass accepts, and verifies each only once', async () => {
    const { url, logger } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    });
    const send = async (id: string, change = ''): Promise<number> => {
      const { headers, body } = signComplaintNotification(merchant, { id });
      return (await httpPost(`${url}/complaints`, headers, `${body}${change}`)).status;
    };
    await expect(send('EV-1')).resolves.toBe(201);
    await expect(send('EV-unwanted')).resolves.toBe(403);
    await expect(send('EV-2', ' ')).resolves.toBe(401);
    expect(accepted).toEqual(['EV-1', 'EV-unwanted']);
    // The first guard throws, so the second one never runs.
    expect(logger.problems()).toHaveLength(1);
  });
});

describe('A guard whose HTTP request is not the first argument', () => {
  it('keeps the notification where @ComplaintPayload() looks for it', async () => {
    interface Event {
      readonly request: IncomingRequest;
    }
    class EventGuard extends ComplaintNotificationGuard {
      protected override getRequest(context: ExecutionContext): IncomingRequest {
        return context.getArgByIndex<Event>(0).request;
      }
    }
    const { module } = await startModule(merchant.options);
    const guard = new EventGuard(
      module.get<ComplaintNotificationReceiver>(COMPLAINT_NOTIFICATION_RECEIVER),
    );
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-1' });
    const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    const event: Event = {
      request: {
        headers: Object.fromEntries(lowerCase) as Record<string, string>,
        rawBody: Buffer.from(body),
      },
    };
    const context = {
      getArgByIndex: (index: number) => [event][index],
      getHandler: () => () => undefined,
    };
    await expect(guard.canActivate(context as unknown as ExecutionContext)).resolves.toBe(true);
    expect(findNotification(event)?.payload.id).toBe('EV-1');
  });
});
