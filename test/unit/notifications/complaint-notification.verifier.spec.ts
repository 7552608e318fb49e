import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import {
  ComplaintNotificationException,
  ComplaintNotificationVerifier,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createNotificationBody,
  createTestMerchant,
  signComplaintNotification,
  type SignedNotification,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import type { INestApplicationContext } from '@nestjs/common';

let merchant: TestMerchant;
let app: INestApplicationContext;
let handler: ComplaintNotificationVerifier;

beforeAll(async () => {
  merchant = await createTestMerchant();
  app = await NestFactory.createApplicationContext(
    { module: class {}, imports: [WechatPayComplaintModule.forRoot(merchant.options)] },
    { logger: false },
  );
  handler = app.get(ComplaintNotificationVerifier);
});
afterAll(() => app.close());

/** As Node gives them. */
function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function incoming({ headers, body }: SignedNotification) {
  return { headers: lowerCase(headers), body: Buffer.from(body) };
}

describe('ComplaintNotificationHandler', () => {
  it('asks for the body only when the headers are worth it', async () => {
    let reads = 0;
    const read = (body: Uint8Array) => () => {
      reads += 1;
      return Promise.resolve(body);
    };
    const { headers, body } = incoming(signComplaintNotification(merchant));

    const probe = { ...headers, 'wechatpay-signature': 'WECHATPAY/SIGNTEST/x' };
    await expect(handler.verify({ headers: probe, body: read(body) })).rejects.toMatchObject({
      code: 'SIGNATURE_PROBE',
    });
    const stranger = { ...headers, 'wechatpay-serial': 'PUB_KEY_ID_0' };
    await expect(handler.verify({ headers: stranger, body: read(body) })).rejects.toMatchObject({
      code: 'UNKNOWN_SERIAL',
    });
    expect(reads).toBe(0);

    await expect(handler.verify({ headers, body: read(body) })).resolves.toMatchObject({
      mchid: merchant.mchid,
    });
    expect(reads).toBe(1);
  });

  it('hands on what goes wrong while the body is read', async () => {
    const { headers } = incoming(signComplaintNotification(merchant));
    const body = () => Promise.reject(new RangeError('disk full'));
    await expect(handler.verify({ headers, body })).rejects.toThrow(new RangeError('disk full'));
  });

  it('takes over a Request-ID of the known form only, for it goes into logs', async () => {
    const { headers, body } = incoming(signComplaintNotification(merchant));
    const genuine = await handler.verify({ headers, body });
    expect(genuine.request_id).toBe(headers['request-id']);

    for (const id of ['two\nlines', 'x'.repeat(200), ['a', 'b'], undefined]) {
      const payload = await handler.verify({ headers: { ...headers, 'request-id': id }, body });
      expect(payload).not.toHaveProperty('request_id');
    }
  });

  it('puts the Request-ID on refusals of either kind', async () => {
    const requestId = '0123-abc';
    const { headers, body } = incoming(signComplaintNotification(merchant, { id: 'EV-1' }));
    await expect(
      handler.verify({ headers: { ...headers, 'request-id': requestId }, body: Buffer.from('{}') }),
    ).rejects.toMatchObject({ code: 'SIGNATURE_MISMATCH', requestId });

    const text = '{"id":7}';
    const signed = lowerCase(signNotificationBody(merchant, text));
    await expect(
      handler.verify({
        headers: { ...signed, 'request-id': requestId },
        body: Buffer.from(text),
      }),
    ).rejects.toMatchObject({ code: 'MALFORMED_BODY', requestId });
    expect(body.toString()).toContain('EV-1');
  });

  it('reads a body with a byte order mark', async () => {
    const body = Buffer.from(`\uFEFF${createNotificationBody(merchant, { id: 'EV-2' })}`);
    const headers = lowerCase(signNotificationBody(merchant, body));
    await expect(handler.verify({ headers, body })).resolves.toMatchObject({ id: 'EV-2' });
  });

  it('refuses genuine bytes that are not UTF-8 instead of guessing at them', async () => {
    const body = Buffer.concat([
      Buffer.from('{"id":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    const headers = lowerCase(signNotificationBody(merchant, body));
    await expect(handler.verify({ headers, body })).rejects.toMatchObject({
      code: 'MALFORMED_BODY',
      detail: expect.stringContaining('UTF-8'),
    });
  });

  it('says of an empty body that it is empty', async () => {
    const headers = lowerCase(signNotificationBody(merchant, ''));
    await expect(handler.verify({ headers, body: Buffer.alloc(0) })).rejects.toMatchObject({
      code: 'MALFORMED_BODY',
      detail: 'The body is empty.',
    });
  });

  it('takes null for absent associated data', async () => {
    const envelope = JSON.parse(
      createNotificationBody(merchant, { id: 'EV-3', associated_data: null }),
    ) as { resource: Record<string, unknown> };
    envelope.resource.associated_data = null;
    const body = Buffer.from(JSON.stringify(envelope));
    const headers = lowerCase(signNotificationBody(merchant, body));
    await expect(handler.verify({ headers, body })).resolves.toMatchObject({ id: 'EV-3' });
  });

  it('refuses with an exception that names nothing secret, even when printed whole', async () => {
    const { headers, body } = incoming(signComplaintNotification(merchant));
    const error: unknown = await handler
      .verify({ headers, body: Buffer.concat([body, Buffer.from(' ')]) })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ComplaintNotificationException);
    const { inspect } = await import('node:util');
    const printed = `${inspect(error, { depth: 20, showHidden: true })}${JSON.stringify(error)}`;
    expect(printed).toContain('SIGNATURE_MISMATCH');
    expect(printed).not.toContain(merchant.apiV3Key);
    expect(printed).not.toContain(headers['wechatpay-signature']);
  });
});
