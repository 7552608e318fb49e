import { constants, privateDecrypt } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import {
  createRecord,
  OPERATORS,
  presentComplaint,
  presentEntry,
} from '../../../../../lib/testing/simulator/state/complaint-record.js';
import { ImageLinks } from '../../../../../lib/testing/simulator/state/image-links.js';
import { SimulatedImages } from '../../../../../lib/testing/simulator/state/simulated-images.js';
import { PNG } from '../../../../support/small-images.js';

const TIME = '2026-04-01T00:00:05+08:00';

describe('The record of a complaint', () => {
  let merchant: TestMerchant;
  let images: SimulatedImages;
  beforeAll(async () => {
    merchant = await createTestMerchant();
    const links = new ImageLinks(
      () => 'http://127.0.0.1:3000',
      () => 0,
    );
    images = new SimulatedImages(links);
  });

  const decrypt = (phone: string): string =>
    privateDecrypt(
      {
        key: merchant.privateKey,
        padding: constants.RSA_PKCS1_OAEP_PADDING,
        oaepHash: 'sha1',
      },
      Buffer.from(phone, 'base64'),
    ).toString();

  it('has every documented field by default', () => {
    const { complaint } = createRecord(merchant, {}, [], TIME);

    expect(complaint).toEqual({
      complaint_id: expect.stringMatching(/^\d{27}$/),
      complaint_time: TIME,
      complaint_detail: expect.stringMatching(/./),
      complaint_state: 'PENDING',
      complainted_mchid: merchant.mchid,
      payer_phone: expect.any(String),
      complaint_media_list: [],
      payer_openid: expect.stringMatching(/^oUpF8uMuAJO_\d{16}$/),
      complaint_order_info: [
        {
          transaction_id: expect.stringMatching(/^42000000\d{20}$/),
          out_trade_no: expect.stringMatching(/^S\d{18}$/),
          amount: 1990,
        },
      ],
      complaint_full_refunded: false,
      incoming_user_response: false,
      problem_description: '商品质量问题',
      user_complaint_times: 1,
      problem_type: 'REFUND',
      apply_refund_amount: 1990,
      user_tag_list: ['TRUSTED'],
      in_platform_service: false,
      need_immediate_service: false,
      is_agent_mode: false,
    });
    expect(decrypt(complaint.payer_phone)).toBe('13800138000');
  });

  it('has the content that it is given, with the phone number encrypted', () => {
    const content = {
      complaint_id: 'C-1',
      complaint_detail: '没有收到货',
      complainted_mchid: '1900009999',
      problem_type: 'REFUND',
      apply_refund_amount: 100,
      service_order_info: [{ order_id: '1', state: 'DONE' }],
    };
    const order = { transaction_id: '4', out_trade_no: 'S', amount: 8800 };

    const { complaint } = createRecord(
      merchant,
      { ...content, order, payer_phone: '13912345678', images: [PNG] },
      [],
      TIME,
    );

    expect(complaint).toMatchObject({ ...content, complaint_order_info: [order] });
    expect(complaint).not.toHaveProperty('images');
    expect(complaint).not.toHaveProperty('order');
    expect(decrypt(complaint.payer_phone)).toBe('13912345678');
  });

  it('presents its images as a list, which can be empty', () => {
    const key = images.add(PNG);

    const record = createRecord(merchant, {}, [key], TIME);
    const without = createRecord(merchant, {}, [], TIME);

    expect(presentComplaint(record, images).complaint_media_list).toEqual([
      {
        media_type: 'USER_COMPLAINT_IMAGE',
        media_url: [expect.stringContaining('https://api.mch.weixin.qq.com/')],
      },
    ]);
    expect(presentComplaint(without, images).complaint_media_list).toEqual([]);
  });

  it.each([
    ['consumer', 0],
    ['merchant', 1],
    ['platform', 1],
  ] as const)('presents the image of a %s with %i links', (operator, links) => {
    const fields = {
      log_id: '3',
      operator: OPERATORS[operator],
      operate_time: TIME,
      operate_type: 'ANY',
    };
    const entry = { fields, images: [images.add(PNG)], media_type: 'OPERATION_IMAGE' };

    const presented = presentEntry(entry, images);

    expect(presented).toMatchObject(fields);
    expect(presented.image_list).toHaveLength(links);
    expect(presented.complaint_media_list).toEqual({
      media_type: 'OPERATION_IMAGE',
      media_url: [expect.any(String)],
    });
    expect(presentEntry({ ...entry, images: [] }, images)).toEqual({ ...fields, image_list: [] });
  });
});
