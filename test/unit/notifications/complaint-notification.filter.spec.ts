import { afterEach, describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  Controller,
  ForbiddenException,
  HttpException,
  Post,
  Req,
  UseFilters,
} from '@nestjs/common';
import {
  ComplaintNotificationException,
  ComplaintNotificationFilter,
} from 'nestjs-wechatpay-complaint';
import {
  attachNotification,
  ReceivedNotification,
} from '../../../lib/notifications/received-notification.js';
import { httpPost } from '../../support/http-post.js';
import { runTasks } from '../../support/run-tasks.js';
import { ADAPTERS, closeApps, startApp } from '../../support/start-app.js';

const PAYLOAD = {
  mchid: '1900000109',
  id: 'EV-1',
  event_type: 'COMPLAINT.CREATE',
  complaint: { complaint_id: '2002', action_type: 'CREATE_COMPLAINT' },
};
const WITHOUT_NOTIFICATION = 'A request to a complaint notification route';
const WITH_NOTIFICATION = 'Notification EV-1 (CREATE_COMPLAINT, complaint 2002)';

/** What the route does with a request. */
let act: (request: object) => Promise<unknown>;

@Controller()
class ComplaintsController {
  @Post()
  @UseFilters(ComplaintNotificationFilter)
  handle(@Req() request: object): Promise<unknown> {
    return act(request);
  }
}

afterEach(closeApps);

describe.each(ADAPTERS)('ComplaintNotificationFilter, on %s', (adapter) => {
  async function post(what: typeof act) {
    act = what;
    const { url, logger } = await startApp({ adapter, controllers: [ComplaintsController] });
    const { status, text } = await httpPost(url, {}, '');
    return { status, body: JSON.parse(text) as unknown, problems: logger.problems() };
  }

  it.each<[error: Error, status: number, message: string]>([
    [new BadRequestException('unknown order'), 400, 'unknown order'],
    [new ForbiddenException(), 403, 'Forbidden'],
    [new HttpException(new Error('SELECT *'), 404), 404, 'Not Found'],
    [new HttpException('redirected', 302), 500, 'Internal Server Error'],
    [new HttpException('db-1 is down', 503), 503, 'Service Unavailable'],
    [new Error('db-1 is down'), 500, 'Internal Server Error'],
  ])(
    'sends %p as WeChat Pay expects failures, without internals',
    async (error, status, message) => {
      const response = await post(() => Promise.reject(error));
      expect(response).toMatchObject({ status, body: { code: 'FAIL', message } });
      expect(response.problems).toEqual([
        expect.stringContaining(`${WITHOUT_NOTIFICATION} was not handled`),
      ]);
    },
  );

  it('sends the message of its own exceptions with a 5xx too', async () => {
    const exception = new ComplaintNotificationException('STORE_UNAVAILABLE', 'for the log');
    await expect(post(() => Promise.reject(exception))).resolves.toEqual({
      status: 503,
      body: { code: 'FAIL', message: 'The notification cannot be handled at present' },
      // Thrown before there was a notification, it was logged by the receiver.
      problems: [],
    });
  });

  it('does not log what was logged when the notification was processed', async () => {
    const response = await post(async (request) => {
      const notification = new ReceivedNotification(PAYLOAD, runTasks);
      attachNotification(request, notification);
      await notification.process([{ handle: () => Promise.reject(new Error('locked')) }]);
    });
    expect(response).toMatchObject({ status: 500, problems: [] });
  });

  it.each([
    ['an error', () => new Error('of an interceptor')],
    [
      'its own exception',
      () => new ComplaintNotificationException('NOT_A_COMPLAINT', 'Only new complaints.'),
    ],
  ])(
    'logs %s that something else throws beside a notification, with its id',
    async (_what, error) => {
      const { problems } = await post((request) => {
        attachNotification(request, new ReceivedNotification(PAYLOAD, runTasks));
        return Promise.reject(error());
      });
      expect(problems).toEqual([expect.stringContaining(`${WITH_NOTIFICATION} was not handled`)]);
    },
  );
});
