import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CALL_CHANNEL, WechatPayApiError } from 'nestjs-wechatpay-complaint';
import { NEVER, of, throwError } from 'rxjs';
import { publishOutcome } from '../../../lib/http/attempt-events.js';
import { errorOf, valuesOf } from '../../support/client-bench.js';

const ATTEMPT = {
  mchid: '1900000109',
  method: 'GET',
  baseUrl: 'https://api.mch.weixin.qq.com',
  target: '/v3/certificates',
};
const RESPONSE = { status: 200, headers: {}, requestId: '08F2D0' };

let events: unknown[] = [];
const record = (event: unknown): void => {
  events.push(event);
};

beforeEach(() => {
  events = [];
  subscribe(CALL_CHANNEL, record);
});
afterEach(() => {
  unsubscribe(CALL_CHANNEL, record);
});

describe('publishOutcome', () => {
  it('publishes an attempt that has a response', async () => {
    await expect(valuesOf(of(RESPONSE).pipe(publishOutcome(ATTEMPT)))).resolves.toEqual([RESPONSE]);

    expect(events).toEqual([
      {
        ...ATTEMPT,
        outcome: 'succeeded',
        status: 200,
        requestId: '08F2D0',
        duration: expect.any(Number),
      },
    ]);
  });

  it('publishes an attempt that fails, with the code, status and Request-ID of its error', async () => {
    const error = new WechatPayApiError('GET /', 'NO_AUTH', '无权限', undefined, {
      status: 403,
      requestId: '08F2D1',
    });

    expect(await errorOf(throwError(() => error).pipe(publishOutcome(ATTEMPT)))).toBe(error);

    expect(events).toMatchObject([
      { ...ATTEMPT, outcome: 'failed', code: 'NO_AUTH', status: 403, requestId: '08F2D1' },
    ]);
  });

  it('publishes an attempt that is unsubscribed from as ABORTED', () => {
    NEVER.pipe(publishOutcome(ATTEMPT)).subscribe().unsubscribe();

    expect(events).toMatchObject([{ ...ATTEMPT, outcome: 'failed', code: 'ABORTED' }]);
  });

  it('publishes one event per subscription', async () => {
    const attempt = of(RESPONSE).pipe(publishOutcome(ATTEMPT));
    expect(events).toEqual([]);

    await valuesOf(attempt);
    await valuesOf(attempt);

    expect(events).toHaveLength(2);
  });
});
