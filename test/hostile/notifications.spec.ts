import { inspect, isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type {
  ComplaintNotificationPayload,
  ComplaintNotificationVerifier,
} from 'nestjs-wechatpay-complaint';
import {
  createNotificationBody,
  createTestCertificate,
  createTestMerchant,
  createTestPublicKey,
  signNotificationBody,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, startClient } from '../support/client-bench.js';
import { type Delivery, GenuineNotifications, isIntact, PHONE, toFields } from './delivery.js';
import { expectForAll, PROPERTY_TIMEOUT } from './for-all.js';
import { mutate, mutations, severalOf, wrongTypes } from './mutations.js';
import { CONTENT_CODES, rejectionCode, SIGNATURE_CODES } from './rejections.js';
import { readAcceptable, signedBodies } from './signed-content.js';

let merchant: TestMerchant;
let otherKeys: TestPlatformKey[];
let verifier: ComplaintNotificationVerifier;

beforeAll(async () => {
  merchant = await createTestMerchant();
  // Keys of strangers, and keys of this merchant with which WeChat Pay does not sign.
  otherKeys = [
    await createTestPublicKey(),
    await createTestCertificate(),
    merchant.platformCertificate,
    { ...merchant.platformCertificate, id: merchant.serial },
  ];
  ({ verifier } = await startClient(merchant.options));
});
afterAll(closeAll);

/** The payload, or the code of the rejection. */
async function verify(delivery: Delivery): Promise<ComplaintNotificationPayload | string> {
  try {
    return await verifier.verify({ headers: toFields(delivery), body: delivery.body });
  } catch (error) {
    return rejectionCode(error, merchant, delivery);
  }
}

describe('A genuine notification that is changed on its way', () => {
  it(
    'is rejected unless every signed byte is unchanged',
    async () => {
      const genuine = new GenuineNotifications(merchant);
      await expectForAll({
        name: 'notifications changed on their way',
        cases: 5000,
        arbitrary: fc.tuple(fc.nat(7), mutations(otherKeys)),
        outcomes: [...SIGNATURE_CODES, 'accepted'],
        check: async ([index, changes]) => {
          const original = genuine.at(index);
          const delivery = mutate(original, changes);
          const result = await verify(delivery);
          if (!isIntact(delivery, original)) {
            if (typeof result === 'string') return result;
            throw new Error(`A changed notification was accepted: ${inspect(result)}`);
          }
          if (typeof result === 'string') {
            throw new Error(`An intact notification was rejected: ${result}`);
          }
          const { id, plaintext } = original;
          if (result.id === id && JSON.stringify(result.complaint) === plaintext) return 'accepted';
          throw new Error(`The payload is not what was sent: ${inspect(result)}`);
        },
      });
    },
    PROPERTY_TIMEOUT,
  );

  it(
    'is rejected when a signature header is not text',
    async () => {
      const genuine = new GenuineNotifications(merchant);
      await expectForAll({
        name: 'headers that are not text',
        cases: 1000,
        arbitrary: severalOf(wrongTypes),
        outcomes: ['MISSING_HEADERS', 'MALFORMED_HEADERS', 'UNSUPPORTED_SIGNATURE_TYPE'],
        check: async (changes) => {
          const delivery = mutate(genuine.at(0), changes);
          const result = await verify(delivery);
          if (typeof result === 'string') return result;
          if (isIntact(delivery, genuine.at(0))) return 'accepted';
          throw new Error(`A changed notification was accepted: ${inspect(result)}`);
        },
      });
    },
    PROPERTY_TIMEOUT,
  );
});

describe('A notification with any content that WeChat Pay signs', () => {
  it(
    'becomes the payload that was encrypted, or is rejected',
    async () => {
      await expectForAll({
        name: 'hostile content under a genuine signature',
        cases: 3000,
        arbitrary: signedBodies(merchant.apiV3Key),
        outcomes: [...CONTENT_CODES, 'accepted'],
        check: async (body) => {
          const headers = Object.entries(signNotificationBody(merchant, body));
          const result = await verify({ headers, body });
          const acceptable = readAcceptable(body, merchant.apiV3Key);
          if (!acceptable) {
            if (typeof result === 'string' && CONTENT_CODES.includes(result)) return result;
            throw new Error(`The body has to be rejected, and the result is ${inspect(result)}`);
          }
          if (typeof result === 'string') {
            throw new Error(`The body has to be accepted, and was rejected: ${result}`);
          }
          const { complaint, mchid, origin, request_id, ...envelope } = result;
          const present: [string, unknown][] = Object.entries(envelope);
          const isAsSent =
            isDeepStrictEqual(
              Object.fromEntries(present.filter(([, value]) => value !== undefined)),
              acceptable.envelope,
            ) &&
            isDeepStrictEqual(complaint, acceptable.complaint) &&
            Object.getPrototypeOf(complaint) === Object.prototype &&
            mchid === merchant.mchid &&
            origin === 'notification' &&
            request_id !== undefined;
          if (!isAsSent) throw new Error(`The payload is not what was sent: ${inspect(result)}`);
          const shown = inspect(result, { depth: 10, showHidden: true });
          if (!shown.includes('[hidden]') || shown.includes(PHONE)) throw new Error(shown);
          return 'accepted';
        },
      });
    },
    PROPERTY_TIMEOUT,
  );

  it.each(['[', '{"a":'])('may be nested as deeply as the body is long: %s', async (opening) => {
    const closing = opening === '[' ? ']' : '}';
    const depth = Math.floor(44_000 / (opening.length + 1));
    const deep = `${opening.repeat(depth)}1${closing.repeat(depth)}`;
    const plaintext = `{"complaint_id":"1","action_type":"X","deep":${deep}}`;
    const body = Buffer.from(createNotificationBody(merchant, { plaintext }));
    const headers = Object.entries(signNotificationBody(merchant, body));

    const payload = await verifier.verify({ headers: toFields({ headers, body }), body });

    expect(payload.complaint.complaint_id).toBe('1');
    expect(inspect(payload, { depth: Infinity })).toContain("deep: '[hidden]'");
  });
});
