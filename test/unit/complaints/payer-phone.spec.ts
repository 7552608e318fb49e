import { constants, publicEncrypt, X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WechatPayDecryptionError, WechatPayError } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { closeAll } from '../../support/client-bench.js';
import { startComplaintBench } from '../../support/complaint-server.js';
import { COMPLAINT, COMPLAINT_ID } from '../../support/complaint-samples.js';

const PHONE = '13800138000';

/** As WeChat Pay encrypts for a merchant. */
function sealFor({ certificate }: TestMerchant, text: string, oaepHash = 'sha1'): string {
  const key = new X509Certificate(certificate).publicKey;
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key, padding, oaepHash }, Buffer.from(text)).toString('base64');
}

describe("A user's phone number", () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  /** A complaint as it comes from WeChat Pay. */
  async function receive(payer_phone: unknown) {
    const bench = await startComplaintBench(merchant, () => ({
      json: { ...COMPLAINT, payer_phone },
    }));
    const complaint = await firstValueFrom(bench.complaints.get(COMPLAINT_ID));
    return { ...bench, complaint };
  }

  it('is decrypted when it is asked for, and only then', async () => {
    const sealed = sealFor(merchant, PHONE);
    const { complaints, complaint, logger } = await receive(sealed);

    expect(complaint.payer_phone).toBe(sealed);
    expect(complaints.decryptPayerPhone(complaint)).toBe(PHONE);
    expect(complaint.payer_phone).toBe(sealed);
    const shown = `${inspect(complaint)} ${JSON.stringify(complaint)} ${inspect(complaints, { depth: 20 })}`;
    expect(shown).not.toContain(PHONE);
    expect(logger.text).not.toContain(PHONE);
  });

  it.each([undefined, null, ''])('is undefined when there is none (%j)', async (payer_phone) => {
    const { complaints, complaint } = await receive(payer_phone);

    expect(complaints.decryptPayerPhone(complaint)).toBeUndefined();
  });

  it('cannot be read when it was encrypted for someone else', async () => {
    const sealed = sealFor(await createTestMerchant(), PHONE);
    const { complaints, complaint } = await receive(sealed);

    expectUnreadable(() => complaints.decryptPayerPhone(complaint), sealed);
  });

  it.each([
    ['with another hash', () => sealFor(merchant, PHONE, 'sha256')],
    ['and cut off', () => sealFor(merchant, PHONE).slice(0, 100)],
    ['as no base64 at all', () => '!'],
  ])('cannot be read when it comes %s', async (_case, seal) => {
    const sealed = seal();
    const { complaints, complaint } = await receive(sealed);

    expectUnreadable(() => complaints.decryptPayerPhone(complaint), sealed);
  });

  function expectUnreadable(decrypt: () => unknown, sealed: string): void {
    let thrown: unknown;
    try {
      decrypt();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(WechatPayDecryptionError);
    expect(thrown).toBeInstanceOf(WechatPayError);
    expect(thrown).toMatchObject({ code: 'DECRYPTION_FAILED', field: 'payer_phone' });
    expect(thrown).not.toHaveProperty('cause');
    const text = inspect(thrown, { depth: 20, showHidden: true }) + JSON.stringify(thrown);
    expect(text).toContain(`payer_phone of complaint '${COMPLAINT_ID}' does not decrypt`);
    expect(text.replaceAll(/\s|'/g, '')).not.toContain(
      sealed.length > 1 ? sealed.slice(0, 40) : '!',
    );
    expect(text).not.toMatch(/KeyObject|PRIVATE KEY|oaep/i);
  }
});
