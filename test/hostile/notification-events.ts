import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll } from '@jest/globals';
import { NOTIFICATION_CHANNEL, type NotificationEvent } from 'nestjs-wechatpay-complaint';

/**
 * What diagnostics publish about notifications during the tests of a `describe` block, oldest first.
 * The log has only the first rejections of each code.
 */
export function recordNotificationEvents(): NotificationEvent[] {
  const events: NotificationEvent[] = [];
  const record = (event: unknown): unknown => events.push(event as NotificationEvent);
  beforeAll(() => {
    subscribe(NOTIFICATION_CHANNEL, record);
  });
  afterAll(() => {
    unsubscribe(NOTIFICATION_CHANNEL, record);
  });
  return events;
}
