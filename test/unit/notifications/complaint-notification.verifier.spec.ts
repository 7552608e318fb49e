import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ComplaintNotificationException,
  ComplaintNotificationVerifier,
} from 'nestjs-wechatpay-complaint';
import {
  createNotificationBody,
  createTestMerchant,
  signComplaintNotification,
  type SignedNotification,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, startServer } from '../../support/client-bench.js';
import { closeModules, startModule } from '../../support/start-module.js';
import { Deadline } from '../../../lib/utils/deadline.js';

let merchant: TestMerchant;
let verifier: ComplaintNotificationVerifier;

beforeAll(async () => {
  merchant = await createTestMerchant();
  const { module } = await startModule(merchant.options);
  verifier = module.get(ComplaintNotificationVerifier);
});
afterAll(async () => {
  await closeModules();
  await closeAll();
});

/** As Node's HTTP server has them. */
function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function incoming({ headers, body }: SignedNotification) {
  return { headers: lowerCase(headers), body: Buffer.from(body) };
}

async function rejection(verification: Promise<unknown>): Promise<ComplaintNotificationException> {
  const error: unknown = await verification.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ComplaintNotificationException) return error;
  throw new Error(`It was not rejected, but: ${String(error)}`);
}

describe('The headers of a notification', () => {
  it.each<[how: string, spell: (headers: Record<string, string>) => Headers | object]>([
    ['as they are sent', (headers) => headers],
    ['in lower case', lowerCase],
    [
      'in upper case',
      (headers) =>
        Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
        ),
    ],
    [
      'partly in lower case',
      ({ 'Wechatpay-Signature': signature = '', ...others }) => ({
        ...others,
        'wechatpay-signature': signature,
      }),
    ],
    ['in a web Headers object', (headers) => new Headers(headers)],
  ])('are found %s', async (_how, spell) => {
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-1' });
    await expect(
      verifier.verify({ headers: spell(headers) as Headers, body: Buffer.from(body) }),
    ).resolves.toMatchObject({ id: 'EV-1', request_id: headers['Request-ID'] });
  });

  it.each([null, undefined, {}])('are missing when they are %p', async (headers) => {
    const exception = await rejection(
      verifier.verify({ headers: headers as Headers, body: Buffer.from('{}') }),
    );
    expect(exception).toMatchObject({
      code: 'MISSING_HEADERS',
      detail: expect.stringContaining('Wechatpay-Timestamp'),
    });
  });

  it('have to pass before the body is read', async () => {
    let reads = 0;
    const read = (body: Uint8Array) => () => {
      reads += 1;
      return Promise.resolve(body);
    };
    const { headers, body } = incoming(signComplaintNotification(merchant));

    const probe = { ...headers, 'wechatpay-signature': 'WECHATPAY/SIGNTEST/x' };
    await expect(verifier.verify({ headers: probe, body: read(body) })).rejects.toMatchObject({
      code: 'SIGNATURE_PROBE',
    });
    const stranger = { ...headers, 'wechatpay-serial': 'PUB_KEY_ID_0' };
    await expect(verifier.verify({ headers: stranger, body: read(body) })).rejects.toMatchObject({
      code: 'UNKNOWN_SERIAL',
    });
    expect(reads).toBe(0);

    await expect(verifier.verify({ headers, body: read(body) })).resolves.toMatchObject({
      mchid: merchant.mchid,
      origin: 'notification',
    });
    expect(reads).toBe(1);
  });

  it('give the payload a Request-ID only in the known form, because it goes into logs', async () => {
    const { headers, body } = incoming(signComplaintNotification(merchant));
    const genuine = await verifier.verify({ headers, body });
    expect(genuine.request_id).toBe(headers['request-id']);

    for (const id of ['two\nlines', 'x'.repeat(200), ['a', 'b'], undefined]) {
      const payload = await verifier.verify({ headers: { ...headers, 'request-id': id }, body });
      expect(payload).not.toHaveProperty('request_id');
    }
  });

  it('give every rejection the Request-ID', async () => {
    const requestId = '0123-abc';
    const { headers } = incoming(signComplaintNotification(merchant));
    await expect(
      verifier.verify({
        headers: { ...headers, 'request-id': requestId },
        body: Buffer.from('{}'),
      }),
    ).rejects.toMatchObject({ code: 'SIGNATURE_MISMATCH', requestId });

    const text = '{"id":7}';
    const signed = lowerCase(signNotificationBody(merchant, text));
    await expect(
      verifier.verify({
        headers: { ...signed, 'request-id': requestId },
        body: Buffer.from(text),
      }),
    ).rejects.toMatchObject({ code: 'MALFORMED_BODY', requestId });
  });
});

describe('The body of a notification', () => {
  it.each<[type: string, body: (text: string) => unknown]>([
    ['string', (text) => text],
    ['string', (text) => () => Promise.resolve(text)],
    ['object', (text) => JSON.parse(text) as object],
    ['object', (text) => new Uint8Array(Buffer.from(text)).buffer],
    ['null', () => null],
    ['undefined', () => undefined],
  ])('given as %s is rejected: bytes are needed', async (type, spell) => {
    const { headers, body } = signComplaintNotification(merchant);
    const exception = await rejection(
      verifier.verify({ headers, body: spell(body) as Uint8Array }),
    );
    expect(exception).toMatchObject({
      code: 'RAW_BODY_UNAVAILABLE',
      requestId: headers['Request-ID'],
      detail:
        `The body was given as ${type}; the exact bytes are needed, as a Buffer or Uint8Array. For an event of an ` +
        "API gateway: Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8').",
    });
  });

  it('can be a Uint8Array', async () => {
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-1' });
    await expect(
      verifier.verify({ headers, body: new TextEncoder().encode(body) }),
    ).resolves.toMatchObject({ id: 'EV-1' });
  });

  it('hands on the error with which reading it fails', async () => {
    const { headers } = incoming(signComplaintNotification(merchant));
    const body = () => Promise.reject(new RangeError('disk full'));
    await expect(verifier.verify({ headers, body })).rejects.toThrow(new RangeError('disk full'));
  });

  it('can begin with a byte order mark', async () => {
    const body = Buffer.from(`\uFEFF${createNotificationBody(merchant, { id: 'EV-2' })}`);
    const headers = lowerCase(signNotificationBody(merchant, body));
    await expect(verifier.verify({ headers, body })).resolves.toMatchObject({ id: 'EV-2' });
  });

  it('may have null for absent associated data', async () => {
    const envelope = JSON.parse(
      createNotificationBody(merchant, { id: 'EV-3', associated_data: null }),
    ) as { resource: Record<string, unknown> };
    envelope.resource.associated_data = null;
    const body = Buffer.from(JSON.stringify(envelope));
    const headers = lowerCase(signNotificationBody(merchant, body));
    await expect(verifier.verify({ headers, body })).resolves.toMatchObject({ id: 'EV-3' });
  });

  it('is rejected above 64 KiB, after its signature has passed', async () => {
    const body = Buffer.alloc(64 * 1024 + 1, ' ');
    const headers = signNotificationBody(merchant, body);
    await expect(verifier.verify({ headers, body })).rejects.toMatchObject({
      code: 'BODY_TOO_LARGE',
      detail: 'The body has 65537 bytes; at most 65536 are read.',
    });
    await expect(
      verifier.verify({ headers, body: Buffer.concat([body, body]) }),
    ).rejects.toMatchObject({ code: 'SIGNATURE_MISMATCH' });
  });
});

describe('A rejection', () => {
  it('holds no key and no signature, even when it is printed whole', async () => {
    const { headers, body } = incoming(signComplaintNotification(merchant));
    const exception = await rejection(
      verifier.verify({ headers, body: Buffer.concat([body, Buffer.from(' ')]) }),
    );
    const printed = `${inspect(exception, { depth: 20, showHidden: true })}${JSON.stringify(exception)}`;
    expect(printed).toContain('SIGNATURE_MISMATCH');
    expect(printed).not.toContain(merchant.apiV3Key);
    expect(printed).not.toContain(headers['wechatpay-signature']);
  });
});

describe('The deadline', () => {
  it('bounds the wait for a platform certificate', async () => {
    const certificateMerchant = await createTestMerchant({ mode: 'certificate' });
    const url = await startServer(() => {
      // Nothing ever comes.
    });
    const { module } = await startModule({ ...certificateMerchant.options, baseUrls: [url] });
    const { headers, body } = incoming(signComplaintNotification(certificateMerchant));
    await expect(
      module.get(ComplaintNotificationVerifier).verify({ headers, body }, new Deadline(20)),
    ).rejects.toMatchObject({ code: 'UNKNOWN_SERIAL' });
  });
});
