import { createDecipheriv, createPublicKey, verify } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createNotificationBody,
  createTestMerchant,
  createTestPublicKey,
  signComplaintNotification,
  signNotificationBody,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';

interface Envelope {
  readonly [field: string]: unknown;
  readonly resource: {
    readonly algorithm: string;
    readonly original_type: string;
    readonly ciphertext: string;
    readonly nonce: string;
    readonly associated_data?: string;
  };
}

/** Verifies with Node's own means. */
function isGenuine(
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  { id, pem }: TestPlatformKey,
): boolean {
  const { 'Wechatpay-Timestamp': timestamp, 'Wechatpay-Nonce': nonce } = headers;
  const message = Buffer.concat([
    Buffer.from(`${timestamp}\n${nonce}\n`),
    typeof body === 'string' ? Buffer.from(body) : body,
    Buffer.from('\n'),
  ]);
  return (
    headers['Wechatpay-Serial'] === id &&
    verify(
      'RSA-SHA256',
      message,
      createPublicKey(pem),
      Buffer.from(headers['Wechatpay-Signature'] ?? '', 'base64'),
    )
  );
}

function decrypt(
  { ciphertext, nonce, associated_data = '' }: Envelope['resource'],
  apiV3Key: string,
): string {
  const bytes = Buffer.from(ciphertext, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', apiV3Key, nonce)
    .setAuthTag(bytes.subarray(-16))
    .setAAD(Buffer.from(associated_data));
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString();
}

describe('signComplaintNotification', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });

  const envelopeOf = (body: string): Envelope => JSON.parse(body) as Envelope;

  it('makes a notification of a new complaint by default', () => {
    const { headers, body } = signComplaintNotification(merchant);

    expect(isGenuine(headers, body, merchant.publicKey)).toBe(true);
    expect(headers).toMatchObject({
      'Content-Type': 'application/json',
      'Request-ID': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
    });
    expect(Math.abs(Date.now() / 1000 - Number(headers['Wechatpay-Timestamp']))).toBeLessThan(60);
    const envelope = envelopeOf(body);
    expect(envelope).toEqual({
      id: expect.stringMatching(/^EV-\w{1,33}$/),
      create_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/),
      event_type: 'COMPLAINT.CREATE',
      resource_type: 'encrypt-resource',
      summary: '产生新投诉',
      resource: {
        algorithm: 'AEAD_AES_256_GCM',
        original_type: 'complaint',
        ciphertext: expect.any(String),
        nonce: expect.stringMatching(/^.{12}$/),
        associated_data: 'complaint',
      },
    });
    expect(JSON.parse(decrypt(envelope.resource, merchant.apiV3Key))).toEqual({
      complaint_id: expect.stringMatching(/^\d+$/),
      action_type: 'CREATE_COMPLAINT',
    });
  });

  it('makes a different notification every time', () => {
    const made = Array.from({ length: 3 }, () => signComplaintNotification(merchant));
    const envelopes = made.map(({ body }) => envelopeOf(body));

    expect(new Set(envelopes.map(({ id }) => id)).size).toBe(3);
    expect(new Set(envelopes.map(({ resource }) => resource.nonce)).size).toBe(3);
    expect(new Set(made.map(({ headers }) => headers['Wechatpay-Nonce'])).size).toBe(3);
  });

  it('chooses summary and action type to fit the event type', () => {
    const { body } = signComplaintNotification(merchant, { event_type: 'COMPLAINT.STATE_CHANGE' });

    const envelope = envelopeOf(body);
    expect(envelope).toMatchObject({
      event_type: 'COMPLAINT.STATE_CHANGE',
      summary: '投诉状态变更',
    });
    expect(JSON.parse(decrypt(envelope.resource, merchant.apiV3Key))).toMatchObject({
      action_type: 'USER_RESPONSE',
    });
  });

  it('uses every field of the envelope that it is given', () => {
    const fields = {
      id: 'EV-2018022511223320873',
      create_time: '2015-05-20T13:29:35+08:00',
      event_type: 'REFUND.SUCCESS',
      resource_type: 'other-resource',
      summary: 'another summary',
    };
    const { body } = signComplaintNotification(merchant, {
      ...fields,
      original_type: 'refund',
      algorithm: 'AEAD_SM4_GCM',
      associated_data: 'refund',
      complaint: { complaint_id: '2', action_type: 'REFUND_SUCCESS', payer_phone: '13900000000' },
    });

    const envelope = envelopeOf(body);
    expect(envelope).toMatchObject({
      ...fields,
      resource: {
        original_type: 'refund',
        algorithm: 'AEAD_SM4_GCM',
        associated_data: 'refund',
      },
    });
    expect(JSON.parse(decrypt(envelope.resource, merchant.apiV3Key))).toEqual({
      complaint_id: '2',
      action_type: 'REFUND_SUCCESS',
      payer_phone: '13900000000',
    });
  });

  it.each(['create_time', 'resource_type', 'summary'])('omits %s when it is null', (field) => {
    const { headers, body } = signComplaintNotification(merchant, { [field]: null });

    const { resource, ...others } = envelopeOf(body);
    const all = ['id', 'create_time', 'resource_type', 'event_type', 'summary'];
    expect(Object.keys(others)).toEqual(all.filter((name) => name !== field));
    expect(resource).toHaveProperty('original_type', 'complaint');
    expect(isGenuine(headers, body, merchant.publicKey)).toBe(true);
  });

  it.each([
    ['original_type', ['algorithm', 'ciphertext', 'nonce', 'associated_data'], 'complaint'],
    ['associated_data', ['algorithm', 'original_type', 'ciphertext', 'nonce'], undefined],
  ])('omits %s of the resource when it is null', (field, others, associated_data) => {
    const { body } = signComplaintNotification(merchant, { [field]: null, plaintext: 'x' });

    const { resource } = envelopeOf(body);
    expect(Object.keys(resource)).toEqual(others);
    expect(resource.associated_data).toBe(associated_data);
    expect(decrypt(resource, merchant.apiV3Key)).toBe('x');
  });

  it("can have the form of the documentation's sample of 2025-02-19", () => {
    const { body } = signComplaintNotification(merchant, {
      id: 'EV-2025021911223320873',
      create_time: '2025-02-19T13:29:35.120+08:00',
      summary: null,
      original_type: null,
      associated_data: '',
      plaintext: 'x',
    });

    const { resource, ...others } = envelopeOf(body);
    expect(others).toEqual({
      id: 'EV-2025021911223320873',
      create_time: '2025-02-19T13:29:35.120+08:00',
      resource_type: 'encrypt-resource',
      event_type: 'COMPLAINT.CREATE',
    });
    expect(resource).toEqual({
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: expect.any(String),
      nonce: expect.any(String),
      associated_data: '',
    });
    expect(decrypt(resource, merchant.apiV3Key)).toBe('x');
  });

  it('encrypts any plaintext in place of a complaint', () => {
    const { body } = signComplaintNotification(merchant, {
      complaint: { complaint_id: '2' },
      plaintext: 'not even JSON',
    });

    expect(decrypt(envelopeOf(body).resource, merchant.apiV3Key)).toBe('not even JSON');
  });

  it('signs with the key, time and nonce that it is given', async () => {
    const signWith = await createTestPublicKey();
    const { headers, body } = signComplaintNotification(merchant, {
      signWith,
      timestamp: 1554208460,
      nonce: 'c5ac7061fccab6bf3e254dcf98995b8c',
    });

    expect(headers).toMatchObject({
      'Wechatpay-Timestamp': '1554208460',
      'Wechatpay-Nonce': 'c5ac7061fccab6bf3e254dcf98995b8c',
    });
    expect(isGenuine(headers, body, signWith)).toBe(true);
    expect(isGenuine(headers, `${body} `, signWith)).toBe(false);
  });

  it.each([
    ['certificate', 'platformCertificate'],
    ['migration', 'publicKey'],
  ] as const)('signs in %s mode with the %s', async (mode, key) => {
    const other = await createTestMerchant({ mode });

    expect(signComplaintNotification(other).headers['Wechatpay-Serial']).toBe(other[key].id);
  });
});

describe('createNotificationBody and signNotificationBody', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });

  it('let a test change the body before it is signed', () => {
    const body = `${createNotificationBody(merchant, { id: 'EV-1' }).replaceAll('/', '\\/')}\n`;
    const headers = signNotificationBody(merchant, body);

    expect(JSON.parse(body)).toMatchObject({ id: 'EV-1' });
    expect(isGenuine(headers, body, merchant.publicKey)).toBe(true);
  });

  it('sign bytes unchanged', () => {
    const body = Buffer.from([0xff, 0x00, 0xfe]);
    const headers = signNotificationBody(merchant, body);

    expect(isGenuine(headers, body, merchant.publicKey)).toBe(true);
  });
});
