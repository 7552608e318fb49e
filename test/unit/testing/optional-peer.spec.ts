import { describe, expect, it, jest } from '@jest/globals';

const notInstalled = new Error("Cannot find package '@peculiar/x509'");

// The one thing that cannot be had for real here: a place where it is not installed.
jest.unstable_mockModule('@peculiar/x509', () => {
  throw notInstalled;
});

const { createTestMerchant, createTestPublicKey } =
  await import('nestjs-wechatpay-complaint/testing');

describe('Without @peculiar/x509', () => {
  it('a test merchant is not to be had, and the error says what to install', async () => {
    await expect(createTestMerchant()).rejects.toMatchObject({
      message: expect.stringContaining('npm install --save-dev @peculiar/x509'),
      cause: notInstalled,
    });
  });

  it('public keys are still made', async () => {
    await expect(createTestPublicKey()).resolves.toMatchObject({
      id: expect.stringContaining('PUB_KEY_ID_'),
    });
  });
});
