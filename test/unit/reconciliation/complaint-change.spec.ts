import { describe, expect, it } from '@jest/globals';
import type { Complaint } from 'nestjs-wechatpay-complaint';
import { digestOf } from '../../../lib/reconciliation/complaint-change.js';

const complaint: Complaint = {
  complaint_id: '200201820200101080076610000',
  complaint_state: 'PENDING',
  complaint_detail: '没有收到货',
  complaint_full_refunded: false,
  incoming_user_response: true,
  user_complaint_times: 1,
  payer_phone: 'encrypted once',
  complaint_media_list: [{ media_type: 'USER_COMPLAINT_IMAGE', media_url: ['https://one'] }],
  service_order_info: [{ order_id: '15', state: 'DOING' }],
};

describe('digestOf', () => {
  it.each<Partial<Complaint>>([
    { complaint_state: 'PROCESSING' },
    { complaint_full_refunded: true },
    { incoming_user_response: false },
    { user_complaint_times: 2 },
    { in_platform_service: true },
    { need_immediate_service: true },
    { problem_type: 'REFUND' },
    { apply_refund_amount: 1 },
    { complaint_detail: '还是没有收到货' },
    { service_order_info: [{ order_id: '15', state: 'REVOKED' }] },
    { complaint_state: undefined },
  ])('differs after %p', (change) => {
    expect(digestOf({ ...complaint, ...change })).not.toBe(digestOf(complaint));
  });

  it('is the same for what differs at every read', () => {
    const readAgain = {
      ...complaint,
      payer_phone: 'encrypted twice',
      complaint_media_list: [{ media_url: ['https://two'] }],
      payer_openid: 'only in the look-up',
    };
    expect(digestOf(readAgain)).toBe(digestOf(complaint));
    expect(digestOf(complaint)).toMatch(/^[\w-]{16}$/);
  });
});
