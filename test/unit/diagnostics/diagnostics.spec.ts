import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  CALL_CHANNEL,
  type CallEvent,
  NOTIFICATION_CHANNEL,
  type NotificationEvent,
} from 'nestjs-wechatpay-complaint';
import { publishCall, publishNotification } from '../../../lib/diagnostics/diagnostics.js';

const NOTIFICATION: NotificationEvent = {
  mchid: '1900000109',
  outcome: 'handled',
  late: false,
  id: 'EV-1',
  duration: 3,
};
const CALL: CallEvent = {
  mchid: '1900000109',
  method: 'GET',
  baseUrl: 'https://api.mch.weixin.qq.com',
  target: '/v3/certificates',
  outcome: 'succeeded',
  duration: 30,
};

describe.each([
  [
    'publishNotification',
    NOTIFICATION_CHANNEL,
    () => {
      publishNotification(NOTIFICATION);
    },
    NOTIFICATION,
  ],
  [
    'publishCall',
    CALL_CHANNEL,
    () => {
      publishCall(CALL);
    },
    CALL,
  ],
])('%s', (_name, channelName, publish, event) => {
  const received: unknown[] = [];
  const subscriber = (message: unknown, name: string | symbol): void => {
    received.push([name, message]);
  };

  afterEach(() => {
    unsubscribe(channelName, subscriber);
    received.length = 0;
  });

  it('hands the event to subscribers of its channel', () => {
    subscribe(channelName, subscriber);
    publish();
    expect(received).toEqual([[channelName, event]]);
  });

  it('does nothing without subscribers', () => {
    expect(channel(channelName).hasSubscribers).toBe(false);
    publish();
    subscribe(channelName, subscriber);
    expect(received).toEqual([]);
  });
});
