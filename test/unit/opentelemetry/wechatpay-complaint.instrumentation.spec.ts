import { channel, tracingChannel } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { CALL_CHANNEL, NOTIFICATION_CHANNEL, SWEEP_CHANNEL } from 'nestjs-wechatpay-complaint';
import { WechatPayComplaintInstrumentation } from 'nestjs-wechatpay-complaint/opentelemetry';
import { VERSION } from '../../../lib/version.js';

let instrumentation: WechatPayComplaintInstrumentation | undefined;

afterEach(() => instrumentation?.disable());

function listening(): boolean[] {
  return [
    channel(NOTIFICATION_CHANNEL).hasSubscribers,
    tracingChannel(NOTIFICATION_CHANNEL).hasSubscribers,
    tracingChannel(CALL_CHANNEL).hasSubscribers,
    channel(SWEEP_CHANNEL).hasSubscribers,
  ];
}

describe('WechatPayComplaintInstrumentation', () => {
  it('has the name and the version of the package', () => {
    instrumentation = new WechatPayComplaintInstrumentation();
    expect(instrumentation).toMatchObject({
      instrumentationName: 'nestjs-wechatpay-complaint',
      instrumentationVersion: VERSION,
    });
  });

  it('listens from its creation until it is disabled', () => {
    instrumentation = new WechatPayComplaintInstrumentation();
    expect(listening()).toEqual([true, true, true, true]);
    expect(instrumentation.getConfig()).toEqual({ enabled: true });

    instrumentation.disable();
    expect(listening()).toEqual([false, false, false, false]);

    instrumentation.enable();
    expect(listening()).toEqual([true, true, true, true]);
  });

  it('with enabled: false listens once it is registered', () => {
    instrumentation = new WechatPayComplaintInstrumentation({ enabled: false });
    expect(listening()).toEqual([false, false, false, false]);

    const unregister = registerInstrumentations({ instrumentations: [instrumentation] });
    expect(listening()).toEqual([true, true, true, true]);

    unregister();
    expect(listening()).toEqual([false, false, false, false]);
  });

  it('keeps the configuration that it is given', () => {
    instrumentation = new WechatPayComplaintInstrumentation({ enabled: false });
    instrumentation.setConfig({});
    expect(instrumentation.getConfig()).toEqual({ enabled: true });
  });
});
