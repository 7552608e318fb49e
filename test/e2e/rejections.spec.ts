import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  Injectable,
  Post,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintNotificationException,
  ComplaintNotificationFilter,
  ComplaintNotificationGuard,
  NOTIFICATION_CHANNEL,
  type NotificationEvent,
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
import { type HttpResponse, httpPost } from '../support/http-post.js';
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
  /** Level of the log line. */
  readonly level?: LogLevel;
  /** Parts of the log line. */
  readonly logged?: string[];
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

/** A genuine notification of which some headers were changed after signing. */
function withHeaders(change: Headers): Request {
  const { headers, body } = signComplaintNotification(merchant);
  return { headers: { ...headers, ...change }, body };
}

/** Any body, with a genuine signature over it. */
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
    logged: ['Wechatpay-Timestamp', 'Wechatpay-Nonce', 'Wechatpay-Serial', 'Wechatpay-Signature'],
    make: () => ({
      headers: { 'Content-Type': 'application/json' },
      body: createNotificationBody(merchant),
    }),
  },
  {
    what: 'one header missing and one malformed',
    status: 400,
    code: 'MISSING_HEADERS',
    logged: ['missing: Wechatpay-Nonce', 'malformed: Wechatpay-Timestamp'],
    make: () => withHeaders({ 'Wechatpay-Nonce': undefined, 'Wechatpay-Timestamp': 'soon' }),
  },
  {
    what: 'a repeated header',
    status: 400,
    code: 'MALFORMED_HEADERS',
    logged: ['Wechatpay-Nonce'],
    make: () => withHeaders({ 'Wechatpay-Nonce': ['a', 'b'] }),
  },
  {
    what: 'a repeated signature',
    status: 400,
    code: 'MALFORMED_HEADERS',
    logged: ['Wechatpay-Signature'],
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
    logged: ['id', 'resource.ciphertext', 'resource.algorithm'],
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
    logged: ['EV-9', 'resource.algorithm, resource.ciphertext, resource.nonce'],
    make: () =>
      signedEnvelope((envelope) => {
        envelope.id = 'EV-9';
        envelope.resource = 'none';
      }),
  },
  {
    what: 'a genuine body with an id of another type',
    status: 400,
    code: 'MALFORMED_BODY',
    logged: ['without a usable id', 'malformed: id.'],
    make: () =>
      signedEnvelope((envelope) => {
        envelope.id = 42;
      }),
  },
  {
    what: 'a genuine body whose id is too long for a key of a store',
    status: 400,
    code: 'MALFORMED_BODY',
    make: () => signComplaintNotification(merchant, { id: 'x'.repeat(129) }),
  },
  ...['EV-1\n2', 'EV-1 2', 'EV-\u2028', 'EV-\ud800', ''].map((id) => ({
    what: `a genuine body whose id is ${JSON.stringify(id)}, unusable in keys and log lines`,
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
    logged: ['EV-9', 'AEAD_SM4_GCM'],
    make: () => signComplaintNotification(merchant, { id: 'EV-9', algorithm: 'AEAD_SM4_GCM' }),
  },
  {
    what: 'a resource encrypted with another APIv3 key',
    status: 400,
    code: 'DECRYPTION_FAILED',
    logged: ['EV-9', 'Check that apiV3Key is the key now set in the merchant console.'],
    make: () => signed(createNotificationBody(other, { id: 'EV-9' })),
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
    what: 'associated data that was removed after encrypting',
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
    logged: ['EV-9'],
    make: () => signComplaintNotification(merchant, { id: 'EV-9', plaintext: `phone ${PHONE}` }),
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
    logged: ['EV-9', 'TRANSACTION.SUCCESS', 'Give the API that sends it a notify_url of its own.'],
    make: () =>
      signComplaintNotification(merchant, {
        id: 'EV-9',
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

let handled = 0;
let events: NotificationEvent[] = [];

const record = (message: unknown): void => {
  events.push(message as NotificationEvent);
};

beforeEach(() => {
  handled = 0;
  events = [];
  subscribe(NOTIFICATION_CHANNEL, record);
});
afterEach(async () => {
  unsubscribe(NOTIFICATION_CHANNEL, record);
  await closeApps();
});

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  handle(): void {
    handled += 1;
  }
}

describe.each(ADAPTERS)('A rejected notification, on %s', (adapter) => {
  function start(controller: new () => object = ComplaintsController): Promise<RunningApp> {
    return startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [controller],
    });
  }

  function send({ url }: RunningApp, { headers, body }: Request): Promise<HttpResponse> {
    return httpPost(`${url}/complaints`, headers, body);
  }

  it.each(ROWS)(
    '$what: $status $code',
    async ({ make, status, code, level = 'warn', logged = [] }) => {
      const app = await start();
      const { lines } = app.logger;
      const before = lines.length;

      const response = await send(app, make());

      expect(response.status).toBe(status);
      expect(JSON.parse(response.text)).toEqual({ code: 'FAIL', message: expect.any(String) });
      expect(handled).toBe(0);
      expect(lines.slice(before)).toEqual([
        { level, text: expect.stringContaining(`Notification rejected (${code}): `) },
      ]);
      for (const text of logged) expect(lines.at(-1)?.text).toContain(text);
      expect(`${response.text}${app.logger.text}`).not.toContain(PHONE);
      expect(events).toMatchObject([{ outcome: 'rejected', code, late: false }]);
    },
  );

  it('tells the sender nothing about this app', async () => {
    const response = await send(
      await start(),
      signComplaintNotification(merchant, { timestamp: now() - 1000 }),
    );
    expect(response.text).toBe('{"code":"FAIL","message":"The timestamp is too old"}');
  });

  it('is published to the diagnostics channel without anything of its body', async () => {
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-1' });
    await send(await start(), { headers, body: `${body} ` });
    expect(events).toEqual([
      {
        mchid: merchant.mchid,
        outcome: 'rejected',
        code: 'SIGNATURE_MISMATCH',
        requestId: headers['Request-ID'],
        late: false,
        duration: expect.any(Number),
      },
    ]);
  });

  it('in a flood of them gets a log line up to five times per code, and is counted in a summary', async () => {
    const app = await start();
    const { headers, body } = signComplaintNotification(merchant);
    const forged = Array.from({ length: 40 }, () => send(app, { headers, body: `${body} ` }));
    const probe = withHeaders({ 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/x' });
    const probes = Array.from({ length: 7 }, () => send(app, probe));
    const responses = await Promise.all([...forged, ...probes, send(app, signed('[]'))]);

    const line = (code: string, level: LogLevel): string[] =>
      app.logger.ours(level).filter((text) => text.includes(`rejected (${code})`));
    expect(line('SIGNATURE_MISMATCH', 'warn')).toHaveLength(5);
    expect(line('SIGNATURE_PROBE', 'debug')).toHaveLength(5);
    expect(line('MALFORMED_BODY', 'warn')).toHaveLength(1);

    await app.app.close();
    expect(line('SIGNATURE_MISMATCH', 'warn').slice(5)).toEqual([
      expect.stringContaining('40 notifications were rejected (SIGNATURE_MISMATCH)'),
    ]);
    expect(line('SIGNATURE_PROBE', 'debug').slice(5)).toEqual([
      expect.stringContaining('7 notifications were rejected (SIGNATURE_PROBE)'),
    ]);
    expect(line('MALFORMED_BODY', 'warn')).toHaveLength(1);
    expect(events.map(({ code }) => code).sort()).toEqual([
      'MALFORMED_BODY',
      ...Array.from({ length: 40 }, () => 'SIGNATURE_MISMATCH'),
      ...Array.from({ length: 7 }, () => 'SIGNATURE_PROBE'),
    ]);
    expect(responses.map(({ status }) => status).sort()).toEqual([
      400,
      ...Array.from({ length: 47 }, () => 401),
    ]);
  });

  it('does not keep genuine ones from being handled', async () => {
    const app = await start();
    const { headers, body } = signComplaintNotification(merchant);
    await send(app, { headers, body: `${body} ` });
    await expect(send(app, { headers, body })).resolves.toMatchObject({ status: 204, text: '' });
    expect(handled).toBe(1);
  });

  it('reaches a filter of the app with its code and Request-ID', async () => {
    const caught: ComplaintNotificationException[] = [];

    /** Above the decorator: sees the reason, and leaves the response as it is. */
    @Catch(ComplaintNotificationException)
    class ReasonFilter extends ComplaintNotificationFilter {
      override catch(exception: ComplaintNotificationException, host: ArgumentsHost): void {
        caught.push(exception);
        super.catch(exception, host);
      }
    }
    @Controller()
    class FilteredController {
      @Post('complaints')
      @UseFilters(ReasonFilter)
      @ComplaintNotification()
      handle(): void {
        handled += 1;
      }
    }
    const { headers, body } = signComplaintNotification(merchant);

    const response = await send(await start(FilteredController), { headers, body: `${body} ` });

    expect(response).toMatchObject({ status: 401, text: expect.stringContaining('FAIL') });
    expect(caught).toHaveLength(1);
    expect(caught[0]).toBeInstanceOf(ComplaintNotificationException);
    expect(caught[0]).toMatchObject({
      code: 'SIGNATURE_MISMATCH',
      requestId: headers['Request-ID'],
    });
    expect(caught[0]?.getStatus()).toBe(401);
    expect(handled).toBe(0);
  });

  it('is logged with its id when a guard of the app rejects it', async () => {
    @Injectable()
    class NoUpdatesGuard extends ComplaintNotificationGuard {
      protected override isAccepted(): boolean {
        throw new ComplaintNotificationException('NOT_A_COMPLAINT', 'Only new complaints.');
      }
    }
    @Controller()
    class GuardedController {
      @Post('complaints')
      @UseGuards(NoUpdatesGuard)
      @ComplaintNotification()
      handle(): void {
        handled += 1;
      }
    }
    const app = await start(GuardedController);

    const response = await send(app, signComplaintNotification(merchant, { id: 'EV-2' }));

    expect(response.status).toBe(400);
    expect(app.logger.problems()).toEqual([
      expect.stringMatching(
        /Notification EV-2 \(CREATE_COMPLAINT, complaint \d+\) was not handled: ComplaintNotificationException: .* \(status 400\)/,
      ),
    ]);
    expect(handled).toBe(0);
  });
});
