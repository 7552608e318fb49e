import { describe, expect, it } from '@jest/globals';
import { assertDispatchable, assertTimeout } from '../../../lib/listeners/dispatch-arguments.js';

const PAYLOAD = {
  mchid: '1900000109',
  id: 'EV-1',
  event_type: 'COMPLAINT.CREATE',
  complaint: { complaint_id: '2002', action_type: 'CREATE_COMPLAINT' },
};

describe('assertDispatchable', () => {
  it('accepts what identifies a notification and its complaint', () => {
    expect(() => {
      assertDispatchable(PAYLOAD);
    }).not.toThrow();
  });

  it.each<[payload: unknown, message: string]>([
    [undefined, 'undefined that is no ComplaintNotificationPayload'],
    ['{}', 'string that is no ComplaintNotificationPayload'],
    [{}, 'missing or no text: mchid, id, complaint.complaint_id, complaint.action_type.'],
    [{ ...PAYLOAD, id: '' }, 'missing or no text: id.'],
    [{ ...PAYLOAD, id: 7 }, 'missing or no text: id.'],
    [{ ...PAYLOAD, complaint: null }, 'complaint.complaint_id, complaint.action_type.'],
    [{ ...PAYLOAD, complaint: { complaint_id: '2002' } }, 'no text: complaint.action_type.'],
  ])('refuses %j', (payload, message) => {
    expect(() => {
      assertDispatchable(payload);
    }).toThrow(message);
  });
});

describe('assertTimeout', () => {
  it.each([undefined, 1, 0.5, 2 ** 31 - 1])('accepts %p', (timeout) => {
    expect(() => {
      assertTimeout(timeout);
    }).not.toThrow();
  });

  it.each([[0], [-1], [NaN], [Infinity], [2 ** 31], ['1000'], [null]])('refuses %p', (timeout) => {
    expect(() => {
      assertTimeout(timeout);
    }).toThrow(TypeError);
  });
});
