import { describe, expect, it } from '@jest/globals';
import type { ComplaintHistoryEntry } from 'nestjs-wechatpay-complaint';
import { creationPayload, stepPayload, stepsAfter } from '../../../lib/reconciliation/lost-step.js';

const at = (time: string): number => Date.parse(`2015-05-20T${time}+08:00`);
const entry = (
  log_id: string,
  operate_type: string,
  time: string | undefined,
): ComplaintHistoryEntry => ({
  log_id,
  operate_type,
  operate_time: time === undefined ? undefined : `2015-05-20T${time}+08:00`,
});

describe('stepsAfter', () => {
  const history = [
    entry('5', 'PLATFORM_SERVICE_FINISHED', '10:04:00'),
    entry('4', 'MERCHANT_RESPONSE', '10:03:00'),
    entry('3', 'USER_RESPONSE', '10:02:00.900'),
    entry('2', 'USER_CREATE_COMPLAINT_SYSTEM_MESSAGE', '10:01:00'),
    entry('1', 'USER_CREATE_COMPLAINT', '10:00:00'),
    entry('0', 'USER_RESPONSE', undefined),
  ];
  const ids = (heardAt: number): string[] => stepsAfter(heardAt, history).map(({ logId }) => logId);

  it('has the notified steps after the last one heard of, oldest first', () => {
    expect(ids(at('10:00:00'))).toEqual(['3', '5']);
    expect(ids(at('10:03:00'))).toEqual(['5']);
    expect(ids(at('10:04:00'))).toEqual([]);
  });

  it('takes a step of the same second for heard of: some times have no milliseconds', () => {
    expect(ids(at('10:02:00'))).toEqual(['5']);
    expect(ids(at('10:01:59'))).toEqual(['3', '5']);
  });

  it('never has the creation, which is found by the list', () => {
    expect(ids(-Infinity)).toEqual(['3', '5']);
  });
});

describe('The payload of what was lost', () => {
  it('has the documented fields of a notification, and an id that fits where theirs do', () => {
    const payload = creationPayload('1900000109', 'C-1', at('10:00:00'));
    expect(payload).toEqual({
      mchid: '1900000109',
      id: expect.stringMatching(/^RC-[0-9a-f]{33}$/),
      create_time: '2015-05-20T10:00:00+08:00',
      event_type: 'COMPLAINT.CREATE',
      complaint: { complaint_id: 'C-1', action_type: 'CREATE_COMPLAINT' },
      origin: 'reconciliation',
    });
    expect(creationPayload('1900000109', 'C-1', undefined)).not.toHaveProperty('create_time');
    expect(creationPayload('1900000109', 'C-2', undefined).id).not.toBe(payload.id);
  });

  it('has one id for each step', () => {
    const step = { logId: '3', action: 'USER_RESPONSE', at: at('10:02:00.900') };
    const payload = stepPayload('1900000109', 'C-1', step);
    expect(payload).toMatchObject({
      create_time: '2015-05-20T10:02:00.900+08:00',
      event_type: 'COMPLAINT.STATE_CHANGE',
      complaint: { complaint_id: 'C-1', action_type: 'USER_RESPONSE' },
    });
    expect(stepPayload('1900000109', 'C-1', step).id).toBe(payload.id);
    expect(stepPayload('1900000109', 'C-1', { ...step, logId: '4' }).id).not.toBe(payload.id);
  });
});
