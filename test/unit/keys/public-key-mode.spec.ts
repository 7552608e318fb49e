import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  createTestCertificate,
  createTestMerchant,
  createTestPublicKey,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import {
  closeAll,
  downloadsOf,
  errorOf,
  startBench,
  startClient,
  startServer,
  URL_PATH,
  valuesOf,
} from '../../support/client-bench.js';
import { incoming } from '../../support/client-certificates.js';

const CALLBACK_URL = 'https://shop.example.com/wechatpay/complaints';
const HOUR = 60 * 60 * 1000;

describe('A merchant in public-key mode', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  it('verifies responses and notifications with the key of the options', async () => {
    const { service, verifier, simulator } = await startBench(merchant);

    expect(await valuesOf(service.create({ url: CALLBACK_URL }))).toHaveLength(1);
    expect(await verifier.verify(incoming(merchant, { id: 'EV-1' }))).toMatchObject({ id: 'EV-1' });
    expect(downloadsOf(simulator)).toEqual([]);
  });

  it.each([
    ['a certificate', createTestCertificate],
    ['another public key', createTestPublicKey],
  ])('never downloads certificates for a notification signed with %s', async (_case, create) => {
    const { verifier, simulator } = await startBench(merchant);
    const signWith = await create();

    await expect(verifier.verify(incoming(merchant, { signWith }))).rejects.toMatchObject({
      code: 'UNKNOWN_SERIAL',
      detail: expect.stringContaining(signWith.id),
    });
    expect(simulator.requests).toEqual([]);
  });

  it.each([
    ['a certificate', createTestCertificate],
    ['another public key', createTestPublicKey],
  ])('never downloads certificates for a response signed with %s', async (_case, create) => {
    const signWith = await create();
    const body = JSON.stringify({ mchid: merchant.mchid, url: CALLBACK_URL });
    const paths: (string | undefined)[] = [];
    const url = await startServer((request, response) => {
      paths.push(request.url);
      response.writeHead(200, signNotificationBody(merchant, body, { signWith })).end(body);
    });
    const { service } = await startClient({ ...merchant.options, baseUrls: [url] });

    const error = await errorOf(service.get());

    expect(error).toMatchObject({ code: 'UNKNOWN_SERIAL' });
    expect((error as Error).message).toContain(signWith.id);
    expect((error as Error).message).toContain(`known: ${merchant.publicKey.id}`);
    expect(paths).toEqual([URL_PATH]);
  });

  it('learns that a certificate of the options has expired since startup', async () => {
    const pinned = await createTestCertificate({ notAfter: new Date(Date.now() + HOUR) });
    const { verifier, simulator } = await startBench(merchant, {
      platformKeys: { [pinned.id]: pinned.pem },
    });
    await expect(verifier.verify(incoming(merchant, { signWith: pinned }))).resolves.toBeDefined();

    const later = Date.now() + 2 * HOUR;
    jest.spyOn(Date, 'now').mockReturnValue(later);
    await expect(verifier.verify(incoming(merchant, { signWith: pinned }))).rejects.toMatchObject({
      code: 'UNKNOWN_SERIAL',
      detail: expect.stringContaining('expired'),
    });
    expect(simulator.requests).toEqual([]);
  });

  it('learns which option is missing when another public key has signed a notification', async () => {
    const { verifier } = await startBench(merchant);
    const signWith = await createTestPublicKey();

    await expect(verifier.verify(incoming(merchant, { signWith }))).rejects.toMatchObject({
      code: 'UNKNOWN_SERIAL',
      detail: expect.stringMatching(
        new RegExp(`${signWith.id}.*option platformKeys.*WECHATPAY_PUBLIC_KEY_ID`),
      ),
    });
  });
});
