import { Agent } from 'node:http';
import { inspect, isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';
import {
  type ComplaintNotificationService,
  type WechatPayComplaintModuleOptions,
  WechatPayError,
  type WechatPayRequestConfig,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  createTestPublicKey,
  signNotificationBody,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { type CallbackUrlCall, CALLS, URL_NEW } from '../support/callback-url-calls.js';
import { closeAll, startClient } from '../support/client-bench.js';
import { writtenDown } from '../support/written-down.js';
import { EXACTLY, framings, statuses } from './responses.js';
import { asReceived, type Delivery, isHttp, isIntact } from './delivery.js';
import { expectForAll, PROPERTY_TIMEOUT } from './for-all.js';
import { HostileServer } from './hostile-server.js';
import { mutate, mutations } from './mutations.js';
import { breaksLine } from './rejections.js';
import { edited, editsOf, hostileJson, otherMembers, text, toJson } from './signed-content.js';

const server = new HostileServer();
let merchant: TestMerchant;
let otherKeys: TestPlatformKey[];
let service: ComplaintNotificationService;

beforeAll(async () => {
  merchant = await createTestMerchant();
  otherKeys = [await createTestPublicKey(), merchant.platformCertificate];
  const options: WechatPayComplaintModuleOptions = {
    ...merchant.options,
    baseUrls: [await server.start()],
    timeout: 300,
    // Each case needs a connection of its own, because the server may ruin it.
    request: { httpAgent: new Agent({ keepAlive: false }) },
  };
  ({ service } = await startClient(options));
});
afterAll(async () => {
  await closeAll();
  await server.stop();
});

const call: Arbitrary<CallbackUrlCall> = fc.constantFrom(
  ...CALLS.map((one) => ({ ...one, [fc.toStringMethod]: () => one.name })),
);

type Outcome = { readonly value: unknown } | { readonly code: string };

/**
 * The value that a call emits, or the code of its error.
 *
 * @throws Error when the error is not a WechatPayError, or is unfit for people to read
 */
async function outcomeOf(
  { run }: CallbackUrlCall,
  config?: WechatPayRequestConfig,
): Promise<Outcome> {
  let value: unknown;
  try {
    value = await firstValueFrom(run(service, config), { defaultValue: undefined });
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error;
    const fault = faultOf(error);
    if (fault === undefined) return { code: error.code };
    throw new Error(`${fault}: ${inspect(error)}`, { cause: error });
  }
  return { value };
}

function faultOf(error: WechatPayError): string | undefined {
  const { code, message } = error;
  if (!/^\w{1,64}$/.test(code)) return 'The code is malformed';
  if (message.length > 2000) return 'The message is too long';
  if (breaksLine(message)) return 'The message breaks a log line';
  const printed = writtenDown(error);
  return ['WECHATPAY2-SHA256-RSA2048 mchid', 'PRIVATE KEY', merchant.apiV3Key].some((secret) =>
    printed.includes(secret),
  )
    ? 'The error contains a secret'
    : undefined;
}

/** Puts the codes that are made of a status into one class each. */
const classOf = (code: string): string => code.replace(/^HTTP_(\d)\d\d$/, 'HTTP_$1xx');

const registration = { mchid: '1900000109', url: URL_NEW };

/** The response of a call that succeeds. */
function genuine({ name }: CallbackUrlCall): Delivery {
  const body = Buffer.from(name === 'delete' ? '' : JSON.stringify(registration));
  const headers = Object.entries(signNotificationBody(merchant, body));
  return { headers: [...headers, ['Location', '/elsewhere']], body };
}

describe('A genuine response that is changed on its way', () => {
  it(
    'is rejected unless every signed byte is unchanged',
    async () => {
      await expectForAll({
        name: 'responses changed on their way',
        cases: 1000,
        arbitrary: fc.tuple(
          call,
          fc.oneof(
            { arbitrary: fc.constant([]), weight: 1 },
            { arbitrary: mutations(otherKeys), weight: 5 },
          ),
          statuses,
          framings,
        ),
        outcomes: [
          ...['accepted', 'MISSING_HEADERS', 'MALFORMED_HEADERS', 'UNSUPPORTED_SIGNATURE_TYPE'],
          ...['TIMESTAMP_TOO_OLD', 'TIMESTAMP_TOO_NEW', 'SIGNATURE_PROBE', 'UNKNOWN_SERIAL'],
          ...['SIGNATURE_MISMATCH', 'HTTP_3xx', 'HTTP_5xx'],
        ],
        check: async ([request, changes, status, framing]) => {
          const original = genuine(request);
          const delivery = mutate(original, changes);
          server.script = framing.write(status, delivery);

          const outcome = await outcomeOf(request);

          const isGenuine = isIntact(asReceived(delivery), original);
          if ('code' in outcome) {
            const isClear = isGenuine && isHttp(delivery) && status === '200 OK';
            if (framing !== EXACTLY || !isClear || outcome.code === 'TIMEOUT') {
              return classOf(outcome.code);
            }
            throw new Error(`An intact response was rejected: ${outcome.code}`);
          }
          const expected = request.name === 'delete' ? undefined : registration;
          const isExpected = isDeepStrictEqual(outcome.value, expected);
          if (isExpected && (isGenuine || framing !== EXACTLY)) return 'accepted';
          throw new Error(`A changed response was accepted: ${inspect(outcome.value)}`);
        },
      });
    },
    PROPERTY_TIMEOUT,
  );
});

/** Bodies of responses: as WeChat Pay sends them, with faults, and others. */
const contents: Arbitrary<Buffer> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(otherMembers, editsOf(['mchid', 'url']), otherMembers)
      .map(([first, edits, last]) => {
        const documented = [
          ['mchid', text(registration.mchid)],
          ['url', text(registration.url)],
        ] as const;
        return Buffer.from(toJson([...first, ...edited(documented, edits), ...last]));
      }),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.oneof(
          hostileJson,
          fc.constant(text('NO_AUTH')),
          fc.constantFrom(text('A\nB'), text('x'.repeat(99))),
        ),
        fc.oneof(hostileJson, fc.constantFrom(text('无权限'), text('\u001b[2J\nERROR forged'))),
        hostileJson,
      )
      .map(([code, message, detail]) =>
        Buffer.from(
          toJson([
            ['code', code],
            ['message', message],
            ['detail', detail],
          ]),
        ),
      ),
  },
  { weight: 1, arbitrary: hostileJson.map((json) => Buffer.from(json)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        '<html><body>502 Bad Gateway</body></html>',
        `{"detail":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
        `{"mchid":"1","url":"2","deep":${'['.repeat(400_000)}${']'.repeat(400_000)}}`,
        `{"code":"NO_AUTH","message":"${'x'.repeat(900_000)}"}`,
      )
      .map((page) => Buffer.from(page)),
  },
);

describe('A response of any content', () => {
  it(
    'is accepted when it is signed and as documented, and is a typed error otherwise',
    async () => {
      await expectForAll({
        name: 'responses of hostile content',
        cases: 1000,
        arbitrary: fc.tuple(
          call,
          contents,
          statuses,
          fc.constantFrom('1', '99999999999', 'Tue, 01 Jan 2999 00:00:00 GMT', 'soon', '-1'),
          fc.boolean(),
        ),
        outcomes: ['accepted', 'MALFORMED_RESPONSE', 'MISSING_HEADERS', 'NO_AUTH', 'HTTP_5xx'],
        check: async ([request, body, status, retryAfter, isSigned]) => {
          const signed = isSigned ? Object.entries(signNotificationBody(merchant, body)) : [];
          const headers = [...signed, ['Retry-After', retryAfter] as const];
          server.script = EXACTLY.write(status, { headers, body });

          const outcome = await outcomeOf(request);

          if ('code' in outcome) return classOf(outcome.code);
          if (!isSigned || !status.startsWith('2')) {
            throw new Error('An unsigned or failed response was accepted');
          }
          const { mchid, url } =
            request.name === 'delete'
              ? {}
              : (JSON.parse(body.toString()) as Record<string, unknown>);
          const expected = request.name === 'delete' ? undefined : { mchid, url };
          if (typeof mchid === typeof url && isDeepStrictEqual(outcome.value, expected)) {
            return 'accepted';
          }
          throw new Error(`The value is not what was sent: ${inspect(outcome.value)}`);
        },
      });
    },
    PROPERTY_TIMEOUT,
  );

  it('does not affect the next call', async () => {
    const [, get] = CALLS;
    if (!get) throw new Error('There is no call.');
    server.script = EXACTLY.write('200 OK', genuine(get));
    expect(await outcomeOf(get, { timeout: 10_000 })).toEqual({ value: registration });
  });
});
