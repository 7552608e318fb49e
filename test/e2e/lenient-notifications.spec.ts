import { createSecretKey } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createNotificationBody,
  createTestMerchant,
  signComplaintNotification,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { encryptAesGcm } from '../../lib/testing/encrypt-aes-gcm.js';
import { type HttpResponse, httpPost } from '../support/http-post.js';
import { ADAPTERS, closeApps, startApp } from '../support/start-app.js';

let merchant: TestMerchant;
let received: ComplaintNotificationPayload[] = [];

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(() => {
  received = [];
});
afterEach(closeApps);

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload() notification: ComplaintNotificationPayload): void {
    received.push(notification);
  }
}

/** The fields that nobody decides by, and where they are. */
const OPTIONAL_FIELDS = [
  ['summary', 'envelope'],
  ['create_time', 'envelope'],
  ['resource_type', 'envelope'],
  ['original_type', 'resource'],
] as const;

/** In place of text. Undefined removes the field. */
const ODD_VALUES = [undefined, null, 7, {}, []];

interface Envelope {
  [field: string]: unknown;
  resource: Record<string, unknown>;
}

describe.each(ADAPTERS)('A genuine notification, on %s', (adapter) => {
  async function deliver(envelope: object): Promise<HttpResponse> {
    const { url } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    });
    const body = JSON.stringify(envelope);
    return httpPost(`${url}/complaints`, signNotificationBody(merchant, body), body);
  }

  function createEnvelope(): Envelope {
    const complaint = { complaint_id: '2002', action_type: 'USER_RESPONSE' };
    return JSON.parse(createNotificationBody(merchant, { id: 'EV-1', complaint })) as Envelope;
  }

  it.each(
    OPTIONAL_FIELDS.flatMap(([field, place]) =>
      ODD_VALUES.map((value) => [field, value, place] as const),
    ),
  )('is handled with %s: %j', async (field, value, place) => {
    const envelope = createEnvelope();
    (place === 'resource' ? envelope.resource : envelope)[field] = value;

    await expect(deliver(envelope)).resolves.toMatchObject({ status: 204 });

    expect(received).toMatchObject([{ id: 'EV-1', complaint: { complaint_id: '2002' } }]);
    expect(received[0]?.[field]).toBeUndefined();
  });

  it('is handled with nothing but what identifies and decrypts it', async () => {
    const { id, event_type, resource } = createEnvelope();
    const { algorithm, ciphertext, nonce, associated_data } = resource;

    const response = await deliver({
      id,
      event_type,
      resource: { algorithm, ciphertext, nonce, associated_data },
    });

    expect(response.status).toBe(204);
    expect(received).toEqual([
      {
        mchid: merchant.mchid,
        origin: 'notification',
        id: 'EV-1',
        event_type: 'COMPLAINT.CREATE',
        request_id: expect.any(String),
        complaint: { complaint_id: '2002', action_type: 'USER_RESPONSE' },
      },
    ]);
  });

  it('is handled in the form of the sample in the documentation of 2025-02-19', async () => {
    const nonce = 'qb1k7ygTAb7W';
    const ciphertext = encryptAesGcm(
      '{"complaint_id":"200201820200101080076610000","action_type":"CREATE_COMPLAINT"}',
      { nonce, associated_data: '' },
      createSecretKey(Buffer.from(merchant.apiV3Key)),
    );

    const response = await deliver({
      id: 'EV-2025021911223320873',
      create_time: '2025-02-19T13:29:35.120+08:00',
      resource_type: 'encrypt-resource',
      event_type: 'COMPLAINT.CREATE',
      resource: { algorithm: 'AEAD_AES_256_GCM', ciphertext, nonce, associated_data: '' },
    });

    expect(response).toMatchObject({ status: 204, text: '' });
    expect(received).toEqual([
      {
        mchid: merchant.mchid,
        origin: 'notification',
        id: 'EV-2025021911223320873',
        create_time: '2025-02-19T13:29:35.120+08:00',
        resource_type: 'encrypt-resource',
        event_type: 'COMPLAINT.CREATE',
        request_id: expect.any(String),
        complaint: {
          complaint_id: '200201820200101080076610000',
          action_type: 'CREATE_COMPLAINT',
        },
      },
    ]);
  });

  it('is recognised by its event type when it has no original type', async () => {
    const envelope = createEnvelope();
    delete envelope.resource.original_type;
    await expect(
      deliver({ ...envelope, event_type: 'COMPLAINT.STATE_CHANGE' }),
    ).resolves.toMatchObject({ status: 204 });
    await expect(
      deliver({ ...envelope, event_type: 'TRANSACTION.SUCCESS' }),
    ).resolves.toMatchObject({ status: 400 });
    expect(received).toHaveLength(1);
  });

  it('is handled without associated data and without a signature type', async () => {
    const { url } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    });
    const { headers, body } = signComplaintNotification(merchant, { associated_data: null });
    const { 'Wechatpay-Signature-Type': _type, ...others } = headers;
    await expect(httpPost(`${url}/complaints`, others, body)).resolves.toMatchObject({
      status: 204,
    });
  });

  it('is handled with a field that nobody knows yet, which the payload does not have', async () => {
    const envelope = createEnvelope();
    const response = await deliver({ ...envelope, brand_new: { deep: [1] } });
    expect(response.status).toBe(204);
    expect(received[0]).not.toHaveProperty('brand_new');
  });
});
