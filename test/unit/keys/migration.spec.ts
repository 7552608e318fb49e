import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { closeAll, downloadsOf, startBench, valuesOf } from '../../support/client-bench.js';
import { incoming } from '../../support/client-certificates.js';

const CALLBACK_URL = 'https://shop.example.com/wechatpay/complaints';

describe('A merchant that migrates from certificates to a public key', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant({ mode: 'migration' });
  });
  afterEach(closeAll);

  it('asks for responses signed with the public key, and needs no certificate for them', async () => {
    const { service, simulator } = await startBench(merchant);

    await valuesOf(service.create({ url: CALLBACK_URL }));
    await valuesOf(service.get());

    expect(simulator.requests.map(({ headers }) => headers['wechatpay-serial'])).toEqual([
      merchant.publicKey.id,
      merchant.publicKey.id,
    ]);
    expect(downloadsOf(simulator)).toEqual([]);
  });

  it('accepts notifications signed with the public key without any download', async () => {
    const { verifier, simulator } = await startBench(merchant);

    const notification = incoming(merchant, { signWith: merchant.publicKey, id: 'EV-1' });

    expect(await verifier.verify(notification)).toMatchObject({ id: 'EV-1' });
    expect(simulator.requests).toEqual([]);
  });

  it('accepts notifications signed with a certificate, which it downloads once', async () => {
    const { verifier, simulator } = await startBench(merchant);

    for (const id of ['EV-1', 'EV-2', 'EV-3']) {
      const notification = incoming(merchant, { signWith: merchant.platformCertificate, id });
      expect(await verifier.verify(notification)).toMatchObject({ id });
    }
    expect(downloadsOf(simulator)).toHaveLength(1);
  });

  it('accepts a list of certificates that is signed with the public key', async () => {
    const { verifier, simulator, logger } = await startBench(merchant);
    const notification = incoming(merchant, { signWith: merchant.platformCertificate });

    await verifier.verify(notification);

    // The request asks for it, so the list is signed with it.
    expect(downloadsOf(simulator)[0]?.headers['wechatpay-serial']).toBe(merchant.publicKey.id);
    expect(logger.ours('error')).toEqual([]);
    expect(logger.ours('log')).toEqual([expect.stringContaining(merchant.platformCertificate.id)]);
  });

  it('rejects a list that is forged in the name of the public key', async () => {
    const { verifier, simulator, logger } = await startBench(merchant);
    simulator.injectFaults('tampered');

    await expect(
      verifier.verify(incoming(merchant, { signWith: merchant.platformCertificate })),
    ).rejects.toMatchObject({ code: 'UNKNOWN_SERIAL' });
    expect(logger.ours('error')).toEqual([expect.stringContaining(merchant.publicKey.id)]);
  });
});
