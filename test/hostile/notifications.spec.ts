import { inspect, isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type {
  ComplaintNotificationVerifier,
  ComplaintNotificationPayload,
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
import { expectForAll, PATIENCE } from './for-all.js';
import { mutate, mutations, severalOf, wrongTypes } from './mutations.js';
import { codeOfRefusal, CONTENT_CODES, SIGNATURE_CODES } from './refusals.js';
import { readLegal, signedBodies } from './signed-content.js';

let merchant: TestMerchant;
let others: TestPlatformKey[];
let verifier: ComplaintNotificationVerifier;

beforeAll(async () => {
  merchant = await createTestMerchant();
  // A stranger's key, and those of this merchant that the platform does not sign with.
  others = [
    await createTestPublicKey(),
    await createTestCertificate(),
    merchant.platformCertificate,
    { ...merchant.platformCertificate, id: merchant.serial },
  ];
  ({ verifier } = await startClient(merchant.options));
});
afterAll(closeAll);

/** The payload, or the code of the refusal. */
async function handle(delivery: Delivery): Promise<ComplaintNotificationPayload | string> {
  try {
    return await verifier.verify({ headers: toFields(delivery), body: delivery.body });
  } catch (error) {
    return codeOfRefusal(error, merchant, delivery);
  }
}

describe('A genuine notification that something happens to on its way', () => {
  it(
    'is refused, unless every byte under the signature is as it was',
    async () => {
      const genuine = new GenuineNotifications(merchant);
      await expectForAll({
        name: 'notifications changed on their way',
        cases: 5000,
        arbitrary: fc.tuple(fc.nat(7), mutations(others)),
        outcomes: [...SIGNATURE_CODES, 'accepted'],
        check: async ([index, changes]) => {
          const original = genuine.at(index);
          const delivery = mutate(original, changes);
          const result = await handle(delivery);
          if (!isIntact(delivery, original)) {
            if (typeof result === 'string') return result;
            throw new Error(`It was accepted: ${inspect(result)}`);
          }
          if (typeof result === 'string') throw new Error(`It was refused: ${result}`);
          const { id, plaintext } = original;
          if (result.id === id && JSON.stringify(result.complaint) === plaintext) return 'accepted';
          throw new Error(`It is another one: ${inspect(result)}`);
        },
      });
    },
    PATIENCE,
  );

  it(
    'is refused when headers are no text',
    async () => {
      const genuine = new GenuineNotifications(merchant);
      await expectForAll({
        name: 'headers that are no text',
        cases: 1000,
        arbitrary: severalOf(wrongTypes),
        outcomes: ['MISSING_HEADERS', 'MALFORMED_HEADERS', 'UNSUPPORTED_SIGNATURE_TYPE'],
        check: async (changes) => {
          const delivery = mutate(genuine.at(0), changes);
          const result = await handle(delivery);
          if (typeof result === 'string') return result;
          if (isIntact(delivery, genuine.at(0))) return 'accepted';
          throw new Error(`It was accepted: ${inspect(result)}`);
        },
      });
    },
    PATIENCE,
  );
});

describe('Whatever the platform itself signs', () => {
  it(
    'is handed on as it was encrypted, or refused',
    async () => {
      await expectForAll({
        name: 'hostile content under a genuine signature',
        cases: 3000,
        arbitrary: signedBodies(merchant.apiV3Key),
        outcomes: [...CONTENT_CODES, 'accepted'],
        check: async (body) => {
          const headers = Object.entries(signNotificationBody(merchant, body));
          const result = await handle({ headers, body });
          const legal = readLegal(body, merchant.apiV3Key);
          if (!legal) {
            if (typeof result === 'string' && CONTENT_CODES.includes(result)) return result;
            throw new Error(`It is not legal, and gave ${inspect(result)}`);
          }
          if (typeof result === 'string') throw new Error(`It is legal, and gave ${result}`);
          const { complaint, mchid, request_id, ...envelope } = result;
          const isAsSent =
            isDeepStrictEqual(envelope, legal.envelope) &&
            isDeepStrictEqual(complaint, legal.complaint) &&
            Object.getPrototypeOf(complaint) === Object.prototype &&
            mchid === merchant.mchid &&
            request_id !== undefined;
          if (!isAsSent) throw new Error(`It was sent otherwise: ${inspect(result)}`);
          const shown = inspect(result, { depth: 10, showHidden: true });
          if (!shown.includes('[hidden]') || shown.includes(PHONE)) throw new Error(shown);
          return 'accepted';
        },
      });
    },
    PATIENCE,
  );

  it.each(['[', '{"a":'])('may be nested as deep as a body is long: %s', async (opening) => {
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
