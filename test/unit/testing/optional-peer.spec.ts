import { describe, expect, it, jest } from '@jest/globals';

const notInstalled = new Error("Cannot find package '@peculiar/x509'");

// A mock, because the package is installed here.
jest.unstable_mockModule('@peculiar/x509', () => {
  throw notInstalled;
});

const { createTestMerchant, createTestPublicKey } =
  await import('nestjs-wechatpay-complaint/testing');

describe('Without @peculiar/x509', () => {
  it('createTestMerchant rejects with what to install', async () => {
    await expect(createTestMerchant()).rejects.toMatchObject({
      message: expect.stringContaining('npm install --save-dev @peculiar/x509'),
      cause: notInstalled,
    });
  });

  it('createTestPublicKey still works', async () => {
    await expect(createTestPublicKey()).resolves.toMatchObject({
      id: expect.stringContaining('PUB_KEY_ID_'),
    });
  });
});
