import { describe, expect, it } from '@jest/globals';
import { ComplaintNotificationException } from '../../../lib/notifications/complaint-notification.exception.js';
import { parseEnvelope } from '../../../lib/notifications/notification-envelope.js';

const RESOURCE = {
  algorithm: 'AEAD_AES_256_GCM',
  original_type: 'complaint',
  ciphertext: 'c2VjcmV0',
  nonce: '0123456789ab',
  associated_data: 'complaint',
};
const ENVELOPE = {
  id: 'EV-2018022511223320873',
  create_time: '2015-05-20T13:29:35+08:00',
  resource_type: 'encrypt-resource',
  event_type: 'COMPLAINT.CREATE',
  summary: '产生新投诉',
  resource: RESOURCE,
};

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function rejection(body: Uint8Array): Pick<ComplaintNotificationException, 'code' | 'detail'> {
  try {
    parseEnvelope(body);
  } catch (error) {
    if (error instanceof ComplaintNotificationException) return error;
    throw error;
  }
  throw new Error('The envelope was accepted.');
}

describe('parseEnvelope', () => {
  it('reads the documented envelope', () => {
    expect(parseEnvelope(bytes(ENVELOPE))).toEqual({
      id: 'EV-2018022511223320873',
      create_time: '2015-05-20T13:29:35+08:00',
      resource_type: 'encrypt-resource',
      event_type: 'COMPLAINT.CREATE',
      summary: '产生新投诉',
      original_type: 'complaint',
      resource: { ciphertext: 'c2VjcmV0', nonce: '0123456789ab', associated_data: 'complaint' },
    });
  });

  it('needs nothing but what identifies and decrypts a notification', () => {
    const { id, event_type } = ENVELOPE;
    const { algorithm, ciphertext, nonce } = RESOURCE;
    expect(
      parseEnvelope(bytes({ id, event_type, resource: { algorithm, ciphertext, nonce } })),
    ).toEqual({ id, event_type, resource: { ciphertext, nonce } });
  });

  it.each(['create_time', 'resource_type', 'summary'])('ignores %s that is not text', (field) => {
    for (const value of [null, 7, {}, []]) {
      expect(parseEnvelope(bytes({ ...ENVELOPE, [field]: value }))).toHaveProperty(
        field,
        undefined,
      );
    }
  });

  it.each([null, 7, {}, undefined])('goes by the event type when original_type is %j', (value) => {
    const resource = { ...RESOURCE, original_type: value };
    expect(parseEnvelope(bytes({ ...ENVELOPE, resource }))).toHaveProperty(
      'original_type',
      undefined,
    );
    expect(
      rejection(bytes({ ...ENVELOPE, event_type: 'TRANSACTION.SUCCESS', resource })),
    ).toMatchObject({ code: 'NOT_A_COMPLAINT' });
  });

  it('accepts an event type that it does not know', () => {
    const event_type = 'COMPLAINT.SOMETHING_NEW';
    expect(parseEnvelope(bytes({ ...ENVELOPE, event_type }))).toMatchObject({ event_type });
  });

  it.each([
    ['{"id"', 'The body is not a JSON object in UTF-8.'],
    ['[]', 'The body is not a JSON object in UTF-8.'],
    ['null', 'The body is not a JSON object in UTF-8.'],
    ['', 'The body is empty.'],
  ])('rejects %j as malformed', (text, detail) => {
    expect(rejection(Buffer.from(text))).toMatchObject({ code: 'MALFORMED_BODY', detail });
  });

  it('rejects bytes that are not UTF-8', () => {
    const body = Buffer.concat([Buffer.from('{"id":"'), Buffer.of(0xff), Buffer.from('"}')]);
    expect(rejection(body)).toMatchObject({ code: 'MALFORMED_BODY' });
  });

  it.each<[field: string, envelope: object]>([
    ['event_type', { ...ENVELOPE, event_type: 7 }],
    ['resource.algorithm', { ...ENVELOPE, resource: { ...RESOURCE, algorithm: null } }],
    ['resource.ciphertext', { ...ENVELOPE, resource: { ...RESOURCE, ciphertext: undefined } }],
    ['resource.nonce', { ...ENVELOPE, resource: { ...RESOURCE, nonce: {} } }],
    [
      'resource.algorithm, resource.ciphertext, resource.nonce',
      { ...ENVELOPE, resource: [RESOURCE] },
    ],
  ])('names the notification and the field when %s is malformed', (field, envelope) => {
    expect(rejection(bytes(envelope))).toMatchObject({
      code: 'MALFORMED_BODY',
      detail:
        "Notification 'EV-2018022511223320873' is signed by WeChat Pay, but these fields are missing or " +
        `malformed: ${field}.`,
    });
  });

  it.each([
    undefined,
    null,
    42,
    '',
    ' ',
    'EV 1',
    'EV-1\n2',
    'EV-\u2028',
    'EV-\ud800',
    'x'.repeat(129),
  ])('rejects the id %j, which is neither a key nor a word of a log line', (id) => {
    expect(rejection(bytes({ ...ENVELOPE, id }))).toMatchObject({
      code: 'MALFORMED_BODY',
      detail: expect.stringContaining('Notification without a usable id'),
    });
  });

  it('accepts an id of 128 characters', () => {
    const id = '投'.repeat(128);
    expect(parseEnvelope(bytes({ ...ENVELOPE, id }))).toMatchObject({ id });
  });

  it.each([
    ['TRANSACTION.SUCCESS', 'transaction'],
    ['COMPLAINT.CREATE', 'refund'],
    ['complaint.create', 'complaint'],
  ])('rejects the event type %s on %s', (event_type, original_type) => {
    const resource = { ...RESOURCE, original_type };
    expect(rejection(bytes({ ...ENVELOPE, event_type, resource }))).toMatchObject({
      code: 'NOT_A_COMPLAINT',
      detail:
        `Notification 'EV-2018022511223320873' has the event type '${event_type}' and the original type ` +
        `'${original_type}'. Give the API that sends it a notify_url of its own.`,
    });
  });

  it('rejects another algorithm', () => {
    const resource = { ...RESOURCE, algorithm: 'AEAD_SM4_GCM' };
    expect(rejection(bytes({ ...ENVELOPE, resource }))).toMatchObject({
      code: 'UNSUPPORTED_ALGORITHM',
      detail: expect.stringContaining("'EV-2018022511223320873' is encrypted with 'AEAD_SM4_GCM'"),
    });
  });
});
