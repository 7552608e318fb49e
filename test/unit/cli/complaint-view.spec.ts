import { describe, expect, it } from '@jest/globals';
import { of } from 'rxjs';
import {
  describeComplaint,
  describeEntry,
  flagsOf,
  presentable,
  shortTime,
  yuan,
} from '../../../lib/cli/complaint-view.js';

/** Stands for the service of a merchant: decryption is tested with the service itself. */
const service = { decryptPayerPhone: () => of('13912345678') };

describe('presentable', () => {
  const complaint = {
    complaint_id: '1',
    payer_phone: 'ciphertext',
    unreadFields: { payer_phone: 13912345678, complaint_time: {} },
  };

  it('leaves the phone number out in every form', async () => {
    await expect(presentable(complaint, service, false)).resolves.toEqual({
      complaint_id: '1',
      unreadFields: { complaint_time: {} },
    });
  });

  it('decrypts it when it may be shown', async () => {
    await expect(presentable(complaint, service, true)).resolves.toMatchObject({
      payer_phone: '13912345678',
    });
  });
});

describe('describeComplaint', () => {
  it('prints the fields that are there', () => {
    const complaint = {
      complaint_id: '1',
      problem_type: 'REFUND',
      complaint_order_info: [{ out_trade_no: 'S1', transaction_id: 'T1', amount: 8800 }],
      complaint_media_list: [{ media_url: ['a', 'b'] }],
      incoming_user_response: true,
    };
    expect(describeComplaint(complaint, false)).toEqual([
      ['complaint', '1'],
      ['flags', 'waiting'],
      ['problem', 'REFUND'],
      ['order', 'S1 (T1) ¥88.00'],
      ['pictures', 2],
      ['phone', 'hidden: --reveal shows it'],
    ]);
    expect(describeComplaint({ complaint_id: '1' }, true)).toContainEqual(['phone', 'none']);
  });
});

describe('describeEntry', () => {
  it('reads whatever form a message has', () => {
    expect(
      describeEntry({
        log_id: '1',
        operate_time: '2026-11-25T09:30:00+08:00',
        operator: '投诉人',
        operate_type: 'USER_RESPONSE',
        operate_details: '你好',
        complaint_media_list: [{ media_url: ['a'] }],
      }),
    ).toEqual(['2026-11-25 09:30', '投诉人', 'USER_RESPONSE', '你好 [1 picture]']);
    expect(
      describeEntry({
        log_id: '2',
        normal_message: { blocks: [{ type: 'TEXT', text: { text: '您好' } }, { type: 'IMAGE' }] },
        image_list: ['a', 'b'],
      }),
    ).toEqual(['', undefined, undefined, '您好 [2 pictures]']);
  });
});

describe('The parts of a line', () => {
  it('are amounts, times and flags', () => {
    expect([yuan(1), yuan(undefined)]).toEqual(['¥0.01', '']);
    expect([shortTime('2026-11-25T09:30:00.123+08:00'), shortTime('soon')]).toEqual([
      '2026-11-25 09:30',
      'soon',
    ]);
    expect(
      flagsOf({
        complaint_id: '1',
        incoming_user_response: true,
        need_immediate_service: true,
        in_platform_service: true,
        complaint_full_refunded: true,
      }),
    ).toBe('waiting immediate platform refunded');
  });
});
