import { channel } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { Subscription } from '../../../lib/opentelemetry/subscription.js';

const NAME = 'nestjs-wechatpay-complaint:subscription.spec';

describe('A subscription', () => {
  it('receives once while it is on, however often it is switched on', () => {
    const messages: unknown[] = [];
    const subscription = new Subscription(NAME, (message) => messages.push(message));
    const published = channel(NAME);

    published.publish(1);
    subscription.switchOn();
    subscription.switchOn();
    published.publish(2);
    subscription.switchOff();
    subscription.switchOff();
    published.publish(3);
    subscription.switchOn();
    published.publish(4);
    subscription.switchOff();

    expect(messages).toEqual([2, 4]);
    expect(published.hasSubscribers).toBe(false);
  });
});
