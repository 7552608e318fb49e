import { createPublicKey, createSecretKey, X509Certificate } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc, { type Arbitrary } from 'fast-check';
import {
  createTestCertificate,
  createTestMerchant,
  signNotificationBody,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import { PlatformCertificates } from '../../lib/keys/platform-certificates.js';
import { listed } from '../support/client-certificates.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { type Delivery, isIntact, toFields } from './delivery.js';
import { expectForAll, PROPERTY_TIMEOUT } from './for-all.js';
import { mutate, mutations } from './mutations.js';
import { edited, editsOf, hostileJson, otherMembers, toJson } from './signed-content.js';

let merchant: TestMerchant;
let stranger: TestMerchant;
let current: TestPlatformKey;
let next: TestPlatformKey;
let expired: TestPlatformKey;
let logger: RecordingLogger;

beforeAll(async () => {
  [merchant, stranger, next, expired] = await Promise.all([
    createTestMerchant({ mode: 'certificate' }),
    createTestMerchant({ mode: 'certificate' }),
    createTestCertificate(),
    createTestCertificate({ notAfter: new Date(Date.now() - 1000) }),
  ]);
  current = merchant.platformCertificate;
});
beforeEach(() => {
  logger = new RecordingLogger();
  Logger.overrideLogger(logger);
});

/** Whose certificate an entry holds. The stranger's is encrypted with the stranger's APIv3 key. */
type Owner = 'current' | 'next' | 'expired' | 'stranger';

function entriesOf(): Record<Owner, ReturnType<typeof listed>> {
  const own = (key: TestPlatformKey) => listed(key, merchant.apiV3Key);
  return {
    current: own(current),
    next: own(next),
    expired: own(expired),
    stranger: listed(stranger.platformCertificate, stranger.apiV3Key),
  };
}

function membersOf(object: object): readonly (readonly [string, string])[] {
  return Object.entries(object).map(([name, value]) => [name, JSON.stringify(value)]);
}

/** An entry as WeChat Pay lists it, or one with faults. */
function entries(owners: readonly Owner[], isFaulty: boolean): Arbitrary<string> {
  const sources = entriesOf();
  return fc
    .tuple(
      fc.constantFrom(...owners),
      otherMembers,
      editsOf(isFaulty ? ['serial_no', 'encrypt_certificate', 'expire_time'] : ['expire_time']),
      editsOf(isFaulty ? ['algorithm', 'nonce', 'associated_data', 'ciphertext'] : ['expire_time']),
      fc.option(fc.constantFrom(...owners), { nil: undefined }),
    )
    .map(([owner, others, edits, encryptedEdits, claimed]) => {
      const { encrypt_certificate, ...entry } = sources[owner];
      const claim = isFaulty && claimed ? { serial_no: sources[claimed].serial_no } : {};
      const encrypted = edited([...others, ...membersOf(encrypt_certificate)], encryptedEdits);
      const members = membersOf({ ...entry, ...claim });
      return toJson(
        edited([...others, ...members, ['encrypt_certificate', toJson(encrypted)]], edits),
      );
    });
}

function lists(): Arbitrary<Buffer> {
  const valid = fc.array(entries(['current', 'next', 'expired'], false), { maxLength: 4 });
  const faulty = fc.array(
    fc.oneof(
      { arbitrary: entries(['current', 'next', 'expired', 'stranger'], true), weight: 6 },
      { arbitrary: hostileJson, weight: 1 },
    ),
    { maxLength: 4 },
  );
  return fc.oneof(
    ...[valid, faulty].map((list) =>
      fc.tuple(otherMembers, list).map(([others, data]) => {
        return Buffer.from(toJson([...others, ['data', `[${data.join(',')}]`]]));
      }),
    ),
    hostileJson.map((json) => Buffer.from(`{"data":${json}}`)),
    hostileJson.map((json) => Buffer.from(json)),
  );
}

async function download(delivery: Delivery): Promise<PlatformCertificates> {
  const certificates = new PlatformCertificates({
    mchid: merchant.mchid,
    fetch: () => Promise.resolve({ headers: toFields(delivery), body: delivery.body }),
    findPinned: () => undefined,
    apiV3Key: createSecretKey(Buffer.from(merchant.apiV3Key)),
    clockTolerance: 300,
    refreshInterval: 3_600_000,
    unknownSerialCooldown: 60_000,
  });
  await certificates.refresh();
  certificates.stop();
  return certificates;
}

function publicKeyOf({ pem }: TestPlatformKey) {
  return pem.includes('CERTIFICATE') ? new X509Certificate(pem).publicKey : createPublicKey(pem);
}

describe('A list of platform certificates', () => {
  it(
    'provides only keys of WeChat Pay, and only when one of them signed it',
    async () => {
      await expectForAll({
        name: 'lists of certificates',
        cases: 1000,
        arbitrary: fc.tuple(
          lists(),
          fc.constantFrom(current, current, next, expired, stranger.platformCertificate),
          fc.oneof(
            { arbitrary: fc.constant([]), weight: 3 },
            { arbitrary: mutations([expired, stranger.platformCertificate]), weight: 1 },
          ),
        ),
        outcomes: ['accepted', 'rejected'],
        check: async ([body, signWith, changes]) => {
          logger.lines.length = 0;
          const headers = Object.entries(signNotificationBody(merchant, body, { signWith }));
          const original = { headers, body };
          const delivery = mutate(original, changes);

          const certificates = await download(delivery);

          const log = logger.text;
          if (log.includes(merchant.apiV3Key) || log.includes('-----BEGIN')) throw new Error(log);
          if (log.length > 2000) throw new Error(`The log has ${log.length} characters`);
          if (certificates.find(stranger.platformCertificate.id)) {
            throw new Error('The certificate of a stranger was accepted');
          }
          if (certificates.find(expired.id)) {
            throw new Error('An expired certificate was accepted');
          }
          if (!certificates.hasValid()) {
            if (logger.ours('error').length === 1) return 'rejected';
            throw new Error(`The list was rejected without one error line: ${log}`);
          }
          if (!isIntact(delivery, original)) throw new Error('A changed list was accepted');
          if (signWith !== current && signWith !== next) {
            throw new Error('A list was accepted that WeChat Pay did not sign');
          }
          for (const key of [current, next]) {
            const found = certificates.find(key.id);
            if (found && !found.equals(publicKeyOf(key))) {
              throw new Error('A key was accepted under the serial of another');
            }
          }
          return 'accepted';
        },
      });
    },
    PROPERTY_TIMEOUT,
  );

  it('may be as long as any response', async () => {
    const { current: entry } = entriesOf();
    const body = Buffer.from(JSON.stringify({ data: Array.from({ length: 400 }, () => entry) }));
    const headers = Object.entries(signNotificationBody(merchant, body, { signWith: current }));
    const certificates = await download({ headers, body });
    expect(certificates.find(current.id)?.equals(publicKeyOf(current))).toBe(true);
  });
});
