import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { ComplaintListener } from '../../sample/06-serverless/complaint.listener.js';
import { close, type GatewayEvent, handler } from '../../sample/06-serverless/handler.js';
import { RecordingLogger } from '../support/recording-logger.js';

describe('The function of sample/06-serverless', () => {
  const environment = { ...process.env };
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;
  let logger: RecordingLogger;

  beforeAll(async () => {
    merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
    Object.assign(process.env, simulator.environment(merchant));
    delete process.env.REDIS_URL;
    logger = new RecordingLogger();
    Logger.overrideLogger(logger);
  });
  afterEach(close);
  afterAll(async () => {
    process.env = environment;
    Logger.overrideLogger(['error']);
    await simulator.stop();
  });

  function event(id: string, change: Partial<GatewayEvent> = {}): GatewayEvent {
    const { headers, body } = signComplaintNotification(merchant, {
      id,
      complaint: { complaint_id: `C-${id}`, action_type: 'CREATE_COMPLAINT' },
    });
    return { headers, body, ...change };
  }

  const heard = (id: string): number =>
    logger.lines.filter(({ text }) => text.startsWith(`New complaint C-${id}:`)).length;

  it('has its listeners handle a notification once', async () => {
    await expect(handler(event('EV-1'))).resolves.toEqual({ statusCode: 204, body: '' });
    await expect(handler(event('EV-1'))).resolves.toEqual({ statusCode: 204, body: '' });
    expect(heard('EV-1')).toBe(1);
  });

  it('takes a body in base64', async () => {
    const { body = '', ...others } = event('EV-2');
    await expect(
      handler({ ...others, body: Buffer.from(body).toString('base64'), isBase64Encoded: true }),
    ).resolves.toMatchObject({ statusCode: 204 });
    expect(heard('EV-2')).toBe(1);
  });

  it('rejects what is not genuine', async () => {
    await expect(handler(event('EV-3', { body: '{}' }))).resolves.toEqual({
      statusCode: 401,
      body: '{"code":"FAIL","message":"The signature is wrong"}',
    });
    expect(heard('EV-3')).toBe(0);
    expect(logger.lines.at(-1)).toMatchObject({
      level: 'warn',
      text: expect.stringContaining('signature'),
    });
  });

  it('has a notification delivered again whose listener has failed', async () => {
    const { open } = ComplaintListener.prototype;
    ComplaintListener.prototype.open = () => {
      throw new Error('locked');
    };
    await expect(handler(event('EV-4'))).resolves.toMatchObject({ statusCode: 500 });
    ComplaintListener.prototype.open = open;
    await expect(handler(event('EV-4'))).resolves.toMatchObject({ statusCode: 204 });
    expect(heard('EV-4')).toBe(1);
  });
});
