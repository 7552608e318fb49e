import { createDecipheriv } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { CERTIFICATES_PATH, closeAll, startSimulator } from '../../../../support/client-bench.js';
import { call, errorIn } from '../signed-call.js';

interface ListedCertificate {
  readonly encrypt_certificate: {
    readonly nonce: string;
    readonly associated_data: string;
    readonly ciphertext: string;
  };
}

describe('The list of certificates', () => {
  let withCertificate: TestMerchant;
  beforeAll(async () => {
    withCertificate = await createTestMerchant({ mode: 'certificate' });
  });
  afterEach(closeAll);

  it("has the documented form, encrypted with the merchant's APIv3 key", async () => {
    const simulator = await startSimulator(withCertificate);
    const { platformCertificate, apiV3Key } = withCertificate;

    const { text } = await call(simulator, withCertificate, { target: CERTIFICATES_PATH });

    const { data } = JSON.parse(text) as { data: ListedCertificate[] };
    expect(data).toEqual([
      {
        serial_no: platformCertificate.id,
        effective_time: expect.any(String),
        expire_time: expect.any(String),
        encrypt_certificate: {
          algorithm: 'AEAD_AES_256_GCM',
          nonce: expect.stringMatching(/^.{12}$/),
          associated_data: 'certificate',
          ciphertext: expect.any(String),
        },
      },
    ]);
    const { nonce = '', ciphertext = '' } = data[0]?.encrypt_certificate ?? {};
    const bytes = Buffer.from(ciphertext, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', apiV3Key, nonce)
      .setAuthTag(bytes.subarray(-16))
      .setAAD(Buffer.from('certificate'));
    const pem = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
    expect(pem.toString()).toBe(platformCertificate.pem);
  });

  it('does not exist for a merchant in public-key mode, nor for another method', async () => {
    const merchant = await createTestMerchant();
    const simulator = await startSimulator(merchant);

    for (const method of ['GET', 'DELETE']) {
      const response = await call(simulator, merchant, { method, target: CERTIFICATES_PATH });
      expect(errorIn(response)).toMatchObject({ status: 404, code: 'RESOURCE_NOT_EXISTS' });
    }
  });
});
