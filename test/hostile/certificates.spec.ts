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
import { expectForAll, PATIENCE } from './for-all.js';
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

/** Whose certificate an entry brings; the stranger's is encrypted with the stranger's APIv3 key. */
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

/** An entry as WeChat Pay lists it, or one that it never would. */
function entries(owners: readonly Owner[], isEdited: boolean): Arbitrary<string> {
  const sources = entriesOf();
  return fc
    .tuple(
      fc.constantFrom(...owners),
      otherMembers,
      editsOf(isEdited ? ['serial_no', 'encrypt_certificate', 'expire_time'] : ['expire_time']),
      editsOf(isEdited ? ['algorithm', 'nonce', 'associated_data', 'ciphertext'] : ['expire_time']),
      fc.option(fc.constantFrom(...owners), { nil: undefined }),
    )
    .map(([owner, others, edits, encryptedEdits, claimed]) => {
      const { encrypt_certificate, ...entry } = sources[owner];
      const claim = isEdited && claimed ? { serial_no: sources[claimed].serial_no } : {};
      const encrypted = edited([...others, ...membersOf(encrypt_certificate)], encryptedEdits);
      const members = membersOf({ ...entry, ...claim });
      return toJson(
        edited([...others, ...members, ['encrypt_certificate', toJson(encrypted)]], edits),
      );
    });
}

function lists(): Arbitrary<Buffer> {
  const fair = fc.array(entries(['current', 'next', 'expired'], false), { maxLength: 4 });
  const foul = fc.array(
    fc.oneof(
      { arbitrary: entries(['current', 'next', 'expired', 'stranger'], true), weight: 6 },
      { arbitrary: hostileJson, weight: 1 },
    ),
    { maxLength: 4 },
  );
  return fc.oneof(
    ...[fair, foul].map((list) =>
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
    'brings keys of the platform only, and only under their signature',
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
        outcomes: ['accepted', 'refused'],
        check: async ([body, signWith, changes]) => {
          logger.lines.length = 0;
          const headers = Object.entries(signNotificationBody(merchant, body, { signWith }));
          const original = { headers, body };
          const delivery = mutate(original, changes);

          const certificates = await download(delivery);

          const log = logger.text;
          if (log.includes(merchant.apiV3Key) || log.includes('-----BEGIN')) throw new Error(log);
          if (log.length > 2000) throw new Error(`${log.length} characters`);
          if (certificates.find(stranger.platformCertificate.id)) throw new Error('a stranger');
          if (certificates.find(expired.id)) throw new Error('an expired one');
          if (!certificates.hasValid()) {
            if (logger.ours('error').length === 1) return 'refused';
            throw new Error(`It was refused, and logged so: ${log}`);
          }
          if (!isIntact(delivery, original)) throw new Error('It was changed');
          if (signWith !== current && signWith !== next)
            throw new Error('It was signed by another');
          for (const key of [current, next]) {
            const found = certificates.find(key.id);
            if (found && !found.equals(publicKeyOf(key))) throw new Error('It is another key');
          }
          return 'accepted';
        },
      });
    },
    PATIENCE,
  );

  it('may be as long as an answer may be', async () => {
    const { current: entry } = entriesOf();
    const body = Buffer.from(JSON.stringify({ data: Array.from({ length: 400 }, () => entry) }));
    const headers = Object.entries(signNotificationBody(merchant, body, { signWith: current }));
    const certificates = await download({ headers, body });
    expect(certificates.find(current.id)?.equals(publicKeyOf(current))).toBe(true);
  });
});
