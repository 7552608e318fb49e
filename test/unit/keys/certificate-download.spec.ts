import { createPublicKey, createSecretKey } from 'node:crypto';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import {
  type CertificateDownloadSettings,
  type CertificateListResponse,
  downloadCertificates,
  summarize,
} from '../../../lib/keys/certificate-download.js';
import { listed, listResponse, signedList } from '../../support/client-certificates.js';

const HOUR = 60 * 60 * 1000;

describe('downloadCertificates', () => {
  let merchant: TestMerchant;
  let current: TestPlatformKey;
  let next: TestPlatformKey;
  let expired: TestPlatformKey;

  beforeAll(async () => {
    [merchant, next, expired] = await Promise.all([
      createTestMerchant({ mode: 'certificate' }),
      createTestCertificate(),
      createTestCertificate({
        notBefore: new Date(Date.now() - 2 * HOUR),
        notAfter: new Date(Date.now() - HOUR),
      }),
    ]);
    current = merchant.platformCertificate;
  });

  function download(
    response: CertificateListResponse | Promise<never>,
    settings: Partial<CertificateDownloadSettings> = {},
  ) {
    return downloadCertificates(
      {
        fetch: () => Promise.resolve(response),
        apiV3Key: createSecretKey(Buffer.from(merchant.apiV3Key)),
        clockTolerance: 300,
        findKey: () => undefined,
        ...settings,
      },
      new AbortController().signal,
    );
  }

  it('verifies a first list with the certificates that it brings', async () => {
    const { certificates } = await download(listResponse(merchant, [current, next], current));

    expect(certificates.map(({ serial }) => serial)).toEqual([current.id, next.id]);
  });

  it('verifies a list with a key that is known already', async () => {
    const known = createPublicKey(merchant.publicKey.pem);
    const findKey = jest.fn(() => known);

    await download(listResponse(merchant, [current], merchant.publicKey), { findKey });

    expect(findKey.mock.calls).toEqual([[merchant.publicKey.id]]);
  });

  it('returns the readable entries of a list, and why the others are not', async () => {
    const data = [
      { ...listed(next, merchant.apiV3Key), encrypt_certificate: { algorithm: 'AEAD_SM4_GCM' } },
      listed(current, merchant.apiV3Key),
    ];

    const { certificates, unreadable } = await download(signedList(merchant, data, current));

    expect(certificates.map(({ serial }) => serial)).toEqual([current.id]);
    expect(unreadable).toEqual(['its algorithm is not supported']);
  });

  it('hands the signal to the request', async () => {
    const fetch = jest.fn(() => Promise.resolve(listResponse(merchant, [current])));
    const { signal } = new AbortController();

    await downloadCertificates(
      {
        fetch,
        apiV3Key: createSecretKey(Buffer.from(merchant.apiV3Key)),
        clockTolerance: 300,
        findKey: () => undefined,
      },
      signal,
    );

    expect(fetch.mock.calls).toEqual([[signal]]);
  });

  it.each<[string, () => CertificateListResponse | Promise<never>, string]>([
    ['is signed with an unknown key', () => listResponse(merchant, [current], next), 'neither in'],
    [
      'is signed with an expired certificate',
      () => listResponse(merchant, [expired]),
      'neither in',
    ],
    ['is empty', () => signedList(merchant, [], current), 'the list is empty'],
    [
      'has unreadable entries only',
      () => signedList(merchant, [{}, {}], current),
      'no entry of the list can be read: it has no encrypt_certificate',
    ],
    [
      'was encrypted with another APIv3 key',
      () => signedList(merchant, [listed(current, 'x'.repeat(32))], current),
      'wrong APIv3 key',
    ],
    [
      'was changed on the way',
      () => ({ ...listResponse(merchant, [current]), ...changed(merchant, current) }),
      'does not match',
    ],
    ['does not arrive', () => Promise.reject(new Error('no network')), 'no network'],
  ])('rejects a list that %s', async (_what, response, reason) => {
    await expect(download(response())).rejects.toThrow(reason);
  });

  it('rejects a list of expired certificates that a known key has signed', async () => {
    const findKey = () => createPublicKey(merchant.publicKey.pem);
    const response = listResponse(merchant, [expired], merchant.publicKey);

    await expect(download(response, { findKey })).rejects.toThrow(
      'every certificate in the list has expired',
    );
  });

  it('rejects a list that is older than the clock tolerance', async () => {
    const response = listResponse(merchant, [current]);
    const later = Date.now() + 61_000;
    jest.spyOn(Date, 'now').mockReturnValue(later);

    await expect(download(response, { clockTolerance: 60 })).rejects.toMatchObject({
      code: 'TIMESTAMP_TOO_OLD',
    });
  });
});

/** The body of another list, under the same headers. */
function changed(merchant: TestMerchant, certificate: TestPlatformKey): { body: Buffer } {
  return { body: listResponse(merchant, [certificate]).body };
}

describe('summarize', () => {
  it('names each reason once', () => {
    expect(summarize(['a', 'b', 'a'])).toBe('a; b');
  });

  it('names three reasons at most', () => {
    expect(summarize(['a', 'b', 'c', 'd', 'e'])).toBe('a; b; c; and 2 further reasons');
  });
});
