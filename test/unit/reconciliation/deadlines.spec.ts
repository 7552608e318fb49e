import { describe, expect, it } from '@jest/globals';
import { deadlinesOf } from 'nestjs-wechatpay-complaint';
import { complainedAgainAt, latest } from '../../../lib/reconciliation/deadlines.js';

const HOUR = 60 * 60 * 1000;
const FILED = '2015-05-20T13:29:35+08:00';
const filed = Date.parse(FILED);
const again = (operate_time?: string) => ({
  operate_type: 'USER_CONTINUE_COMPLAINT' as const,
  operate_time,
});

describe('deadlinesOf', () => {
  it('gives a pending complaint 24 hours for the first reply and 72 for its completion', () => {
    expect(deadlinesOf({ complaint_time: FILED, complaint_state: 'PENDING' })).toEqual({
      firstReply: new Date(filed + 24 * HOUR),
      completion: new Date(filed + 72 * HOUR),
    });
  });

  it('reads a time without an offset as China Standard Time', () => {
    expect(deadlinesOf({ complaint_time: '2015-05-20 13:29:35' })).toEqual(
      deadlinesOf({ complaint_time: FILED }),
    );
  });

  it('gives only the completion once the merchant has acted, and nothing once it is done', () => {
    const at = (complaint_state: string) => deadlinesOf({ complaint_time: FILED, complaint_state });
    expect(at('PROCESSING')).toEqual({ completion: new Date(filed + 72 * HOUR) });
    expect(at('PROCESSED')).toEqual({});
    // A state that is not known yet.
    expect(at('SUSPENDED')).toEqual({ completion: new Date(filed + 72 * HOUR) });
  });

  it('counts again from the last repeated complaint', () => {
    const history = [
      again('2015-05-21T13:29:35+08:00'),
      again('2015-05-22T13:29:35+08:00'),
      { operate_type: 'USER_RESPONSE' as const, operate_time: '2015-05-23T13:29:35+08:00' },
      again(undefined),
      again('yesterday'),
    ];
    expect(deadlinesOf({ complaint_time: FILED }, history)).toEqual({
      firstReply: new Date(filed + 72 * HOUR),
      completion: new Date(filed + 120 * HOUR),
    });
    expect(deadlinesOf({}, history)).toEqual(deadlinesOf({ complaint_time: FILED }, history));
  });

  it('takes other limits', () => {
    const limits = { firstReply: HOUR, completion: 2 * HOUR };
    expect(deadlinesOf({ complaint_time: FILED }, [], limits)).toEqual({
      firstReply: new Date(filed + HOUR),
      completion: new Date(filed + 2 * HOUR),
    });
  });

  it('has none when no time can be read', () => {
    expect(deadlinesOf({})).toEqual({});
    expect(deadlinesOf({ complaint_time: 'yesterday' })).toEqual({});
  });
});

describe('complainedAgainAt', () => {
  it('is undefined unless the consumer complained again', () => {
    expect(complainedAgainAt([])).toBeUndefined();
    expect(complainedAgainAt([{ operate_type: 'USER_RESPONSE', operate_time: FILED }])).toBe(
      undefined,
    );
  });
});

describe('latest', () => {
  it('ignores what is not known', () => {
    expect(latest(1, 2)).toBe(2);
    expect(latest(1, undefined)).toBe(1);
    expect(latest(undefined, 2)).toBe(2);
    expect(latest(undefined, undefined)).toBeUndefined();
  });
});
