import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ArgumentsHost, Catch, Controller, Post, UseFilters } from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintNotificationException,
  ComplaintNotificationFilter,
  ComplaintPayload,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createNotificationBody,
  createTestMerchant,
  createTestPublicKey,
  signComplaintNotification,
  signNotificationBody,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import { httpPost } from '../support/http-post.js';
import type { LogLevel } from '../support/recording-logger.js';
import { ADAPTERS, closeApps, type RunningApp, startApp } from '../support/start-app.js';

type Headers = Record<string, string | string[] | undefined>;
interface Request {
  headers: Headers;
  body: string | Uint8Array;
}
interface Row {
  readonly what: string;
  readonly status: number;
  readonly code: string;
  /** Where the refusal is logged. */
  readonly level?: LogLevel;
  /** Has to be in the log line. */
  readonly says?: string[];
  readonly make: () => Request;
}

const PHONE = '13800138000';

let merchant: TestMerchant;
let other: TestMerchant;
let stranger: TestPlatformKey;

beforeAll(async () => {
  [merchant, other, stranger] = await Promise.all([
    createTestMerchant(),
    createTestMerchant(),
    createTestPublicKey(),
  ]);
});

const now = (): number => Math.floor(Date.now() / 1000);

/** A genuine notification with some headers changed after signing. */
function withHeaders(change: Headers): Request {
  const { headers, body } = signComplaintNotification(merchant);
  return { headers: { ...headers, ...change }, body };
}

/** Any body with a genuine signature over it. */
function signed(body: string | Uint8Array): Request {
  return { headers: signNotificationBody(merchant, body), body };
}

/** A genuine notification of which the envelope was changed before signing. */
function signedEnvelope(change: (envelope: Record<string, unknown>) => void): Request {
  const envelope = JSON.parse(createNotificationBody(merchant)) as Record<string, unknown>;
  change(envelope);
  return signed(JSON.stringify(envelope));
}

function resourceOf(envelope: Record<string, unknown>): Record<string, unknown> {
  return envelope.resource as Record<string, unknown>;
}

const ROWS: readonly Row[] = [
  {
    what: 'no signature headers at all',
    status: 400,
    code: 'MISSING_HEADERS',
    says: ['Wechatpay-Timestamp', 'Wechatpay-Nonce', 'Wechatpay-Serial', 'Wechatpay-Signature'],
    make: () => ({
      headers: { 'Content-Type': 'application/json' },
      body: createNotificationBody(merchant),
    }),
  },
  {
    what: 'one header missing and one malformed',
    status: 400,
    code: 'MISSING_HEADERS',
    says: ['missing: Wechatpay-Nonce', 'malformed: Wechatpay-Timestamp'],
    make: () => withHeaders({ 'Wechatpay-Nonce': undefined, 'Wechatpay-Timestamp': 'soon' }),
  },
  {
    what: 'a repeated header',
    status: 400,
    code: 'MALFORMED_HEADERS',
    says: ['Wechatpay-Nonce'],
    make: () => withHeaders({ 'Wechatpay-Nonce': ['a', 'b'] }),
  },
  {
    what: 'a repeated signature',
    status: 400,
    code: 'MALFORMED_HEADERS',
    says: ['Wechatpay-Signature'],
    make: () => {
      const { headers, body } = signComplaintNotification(merchant);
      const signature = headers['Wechatpay-Signature'] ?? '';
      return { headers: { ...headers, 'Wechatpay-Signature': [signature, signature] }, body };
    },
  },
  {
    what: 'a signature that is not base64',
    status: 400,
    code: 'MALFORMED_HEADERS',
    make: () => withHeaders({ 'Wechatpay-Signature': '!!!' }),
  },
  {
    what: 'the SM2 signature type',
    status: 400,
    code: 'UNSUPPORTED_SIGNATURE_TYPE',
    make: () => withHeaders({ 'Wechatpay-Signature-Type': 'WECHATPAY2-SM2-WITH-SM3' }),
  },
  {
    what: 'a timestamp too old',
    status: 401,
    code: 'TIMESTAMP_TOO_OLD',
    make: () => signComplaintNotification(merchant, { timestamp: now() - 310 }),
  },
  {
    what: 'a timestamp too far ahead',
    status: 401,
    code: 'TIMESTAMP_TOO_NEW',
    make: () => signComplaintNotification(merchant, { timestamp: now() + 310 }),
  },
  {
    what: 'a probe',
    status: 401,
    code: 'SIGNATURE_PROBE',
    level: 'debug',
    make: () => withHeaders({ 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/not+base64/at,all' }),
  },
  {
    what: 'an unknown public key id',
    status: 401,
    code: 'UNKNOWN_SERIAL',
    make: () => signComplaintNotification(merchant, { signWith: stranger }),
  },
  {
    what: 'an unknown certificate serial',
    status: 401,
    code: 'UNKNOWN_SERIAL',
    make: () => withHeaders({ 'Wechatpay-Serial': 'AB'.repeat(20) }),
  },
  {
    what: 'a known serial with the signature of another key',
    status: 401,
    code: 'SIGNATURE_MISMATCH',
    make: () =>
      signComplaintNotification(merchant, {
        signWith: { ...stranger, id: merchant.publicKey.id },
      }),
  },
  {
    what: 'a body changed by one space',
    status: 401,
    code: 'SIGNATURE_MISMATCH',
    make: () => {
      const { headers, body } = signComplaintNotification(merchant);
      return { headers, body: `${body} ` };
    },
  },
  {
    what: 'a timestamp changed within the tolerance',
    status: 401,
    code: 'SIGNATURE_MISMATCH',
    make: () => withHeaders({ 'Wechatpay-Timestamp': String(now() - 1) }),
  },
  {
    what: 'a genuine JSON array',
    status: 400,
    code: 'MALFORMED_BODY',
    make: () => signed('[]'),
  },
  {
    what: 'a genuine body without id, ciphertext and algorithm',
    status: 400,
    code: 'MALFORMED_BODY',
    says: ['id', 'resource.ciphertext', 'resource.algorithm'],
    make: () =>
      signedEnvelope((envelope) => {
        delete envelope.id;
        delete resourceOf(envelope).ciphertext;
        delete resourceOf(envelope).algorithm;
      }),
  },
  {
    what: 'a genuine body whose resource is text',
    status: 400,
    code: 'MALFORMED_BODY',
    make: () =>
      signedEnvelope((envelope) => {
        envelope.resource = 'none';
      }),
  },
  {
    what: 'a genuine body with an id of another type',
    status: 400,
    code: 'MALFORMED_BODY',
    make: () =>
      signedEnvelope((envelope) => {
        envelope.id = 42;
      }),
  },
  {
    what: 'a genuine body whose id is too long to be remembered',
    status: 400,
    code: 'MALFORMED_BODY',
    make: () => signComplaintNotification(merchant, { id: 'x'.repeat(129) }),
  },
  ...['EV-1\n2', 'EV-1 2', 'EV-\u2028', 'EV-\ud800', ''].map((id) => ({
    what: `a genuine body whose id is ${JSON.stringify(id)}, unfit for keys and logs`,
    status: 400,
    code: 'MALFORMED_BODY',
    make: () => signComplaintNotification(merchant, { id }),
  })),
  {
    what: 'a genuine body over 64 KiB',
    status: 413,
    code: 'BODY_TOO_LARGE',
    make: () => signComplaintNotification(merchant, { summary: 'x'.repeat(65 * 1024) }),
  },
  {
    what: 'another algorithm',
    status: 400,
    code: 'UNSUPPORTED_ALGORITHM',
    make: () => signComplaintNotification(merchant, { algorithm: 'AEAD_SM4_GCM' }),
  },
  {
    what: 'a resource encrypted with another APIv3 key',
    status: 400,
    code: 'DECRYPTION_FAILED',
    make: () => signed(createNotificationBody(other)),
  },
  {
    what: 'a wrong tag',
    status: 400,
    code: 'DECRYPTION_FAILED',
    make: () =>
      signedEnvelope((envelope) => {
        const bytes = Buffer.from(String(resourceOf(envelope).ciphertext), 'base64');
        bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
        resourceOf(envelope).ciphertext = bytes.toString('base64');
      }),
  },
  {
    what: 'a nonce that is too short',
    status: 400,
    code: 'DECRYPTION_FAILED',
    make: () =>
      signedEnvelope((envelope) => {
        resourceOf(envelope).nonce = 'short';
      }),
  },
  {
    what: 'associated data that was left out after encrypting',
    status: 400,
    code: 'DECRYPTION_FAILED',
    make: () =>
      signedEnvelope((envelope) => {
        delete resourceOf(envelope).associated_data;
      }),
  },
  {
    what: 'a plaintext that is not JSON',
    status: 400,
    code: 'MALFORMED_RESOURCE',
    make: () => signComplaintNotification(merchant, { plaintext: `phone ${PHONE}` }),
  },
  {
    what: 'a plaintext without complaint_id',
    status: 400,
    code: 'MALFORMED_RESOURCE',
    make: () =>
      signComplaintNotification(merchant, {
        plaintext: JSON.stringify({ action_type: 'CREATE_COMPLAINT', payer_phone: PHONE }),
      }),
  },
  {
    what: 'a payment notification',
    status: 400,
    code: 'NOT_A_COMPLAINT',
    says: ['TRANSACTION.SUCCESS'],
    make: () =>
      signComplaintNotification(merchant, {
        event_type: 'TRANSACTION.SUCCESS',
        original_type: 'transaction',
        associated_data: 'transaction',
      }),
  },
  {
    what: 'a complaint event on something else',
    status: 400,
    code: 'NOT_A_COMPLAINT',
    make: () => signComplaintNotification(merchant, { original_type: 'refund' }),
  },
  {
    what: 'another content type',
    status: 415,
    code: 'UNSUPPORTED_CONTENT_TYPE',
    level: 'debug',
    make: () => withHeaders({ 'Content-Type': 'text/plain' }),
  },
];

const seen: ComplaintNotificationException[] = [];

/** A filter of the user's, above the decorator: sees the reason, leaves the answer as it is. */
@Catch(ComplaintNotificationException)
class ReasonFilter extends ComplaintNotificationFilter {
  override catch(exception: ComplaintNotificationException, host: ArgumentsHost): void {
    seen.push(exception);
    super.catch(exception, host);
  }
}

let handled = 0;

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload('id') _id: string): void {
    handled += 1;
  }
}

describe.each(ADAPTERS)('A notification that is refused, on %s', (adapter) => {
  let server: RunningApp;

  beforeAll(async () => {
    server = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    });
  });
  afterAll(closeApps);

  it.each(ROWS)(
    '$what: $status $code',
    async ({ make, status, code, level = 'warn', says = [] }) => {
      const before = { handled, lines: server.logger.lines.length };
      const { headers, body } = make();

      const answer = await httpPost(`${server.url}/complaints`, headers, body);

      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.text)).toEqual({ code: 'FAIL', message: expect.any(String) });
      expect(handled).toBe(before.handled);
      const logged = server.logger.lines.slice(before.lines);
      expect(logged).toEqual([{ level, text: expect.stringContaining(`(${code})`) }]);
      for (const text of says) expect(logged[0]?.text).toContain(text);
      expect(`${answer.text}${server.logger.text}`).not.toContain(PHONE);
    },
  );

  it('tells the sender nothing about this side', async () => {
    const { headers, body } = signComplaintNotification(merchant, { timestamp: now() - 1000 });
    const answer = await httpPost(`${server.url}/complaints`, headers, body);
    expect(answer.text).toBe('{"code":"FAIL","message":"The timestamp is too old"}');
  });

  it('accepts the genuine one', async () => {
    const before = handled;
    const { headers, body } = signComplaintNotification(merchant);
    const answer = await httpPost(`${server.url}/complaints`, headers, body);
    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(handled).toBe(before + 1);
  });

  it('accepts a genuine one without associated data and signature type', async () => {
    const { headers, body } = signComplaintNotification(merchant, { associated_data: null });
    const { 'Wechatpay-Signature-Type': _type, ...others } = headers;
    const answer = await httpPost(`${server.url}/complaints`, others, body);
    expect(answer.status).toBe(204);
  });
});

describe.each(ADAPTERS)('The reason code, on %s', (adapter) => {
  afterAll(closeApps);

  it('is on the exception for a filter of the user, with the Request-ID', async () => {
    @Controller()
    class FilteredController {
      @Post('complaints')
      @UseFilters(ReasonFilter)
      @ComplaintNotification()
      handle(): void {
        throw new Error('never reached');
      }
    }
    const { url } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [FilteredController],
    });
    seen.length = 0;
    const { headers, body } = signComplaintNotification(merchant);

    const answer = await httpPost(`${url}/complaints`, headers, `${body} `);

    expect(answer).toMatchObject({ status: 401, text: expect.stringContaining('FAIL') });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBeInstanceOf(ComplaintNotificationException);
    expect(seen[0]).toMatchObject({
      code: 'SIGNATURE_MISMATCH',
      requestId: headers['Request-ID'],
    });
    expect(seen[0]?.getStatus()).toBe(401);
  });
});
