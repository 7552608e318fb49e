import { beforeAll, describe, expect, it } from '@jest/globals';
import { Environment } from '../../../lib/config/environment.js';
import { readPlatformKeys } from '../../../lib/config/platform-key-variables.js';
import { createTestMerchant, type TestMerchant } from '../../../lib/testing/index.js';
import { collect, problem } from '../../support/option-problems.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});

const read = (variables: Readonly<Record<string, string>>) =>
  collect((report) => readPlatformKeys(new Environment(variables, report), report));

describe('readPlatformKeys', () => {
  it('finds none in an empty environment', () => {
    expect(read({})).toEqual({ result: { isAnySet: false, entries: [] }, problems: [] });
  });

  it('names a public key by its id, and a certificate by its own serial number', () => {
    const { publicKey, platformCertificate } = merchant;
    const { result, problems } = read({
      WECHATPAY_PUBLIC_KEY_ID: publicKey.id,
      WECHATPAY_PUBLIC_KEY: publicKey.pem,
      WECHATPAY_PLATFORM_CERTIFICATE: platformCertificate.pem,
    });

    expect(problems).toEqual([]);
    expect(result).toMatchObject({
      isAnySet: true,
      entries: [
        { id: publicKey.id, variable: 'WECHATPAY_PUBLIC_KEY' },
        { id: platformCertificate.id, variable: 'WECHATPAY_PLATFORM_CERTIFICATE' },
      ],
    });
  });

  it('reports an id without a key, which counts as set', () => {
    const { result, problems } = read({ WECHATPAY_PUBLIC_KEY_ID: merchant.publicKey.id });

    expect(result).toEqual({ isAnySet: true, entries: [] });
    expect(problems).toEqual([
      problem('WECHATPAY_PUBLIC_KEY', 'is not set', /WECHATPAY_PUBLIC_KEY_PATH/),
    ]);
  });

  it('reports each key that is in the variable of the other', () => {
    const { publicKey, platformCertificate } = merchant;
    const { result, problems } = read({
      WECHATPAY_PUBLIC_KEY_ID: publicKey.id,
      WECHATPAY_PUBLIC_KEY: platformCertificate.pem,
      WECHATPAY_PLATFORM_CERTIFICATE: publicKey.pem,
    });

    expect(result).toEqual({ isAnySet: true, entries: [] });
    expect(problems).toEqual([
      problem('WECHATPAY_PUBLIC_KEY', 'is a platform certificate', /PLATFORM_CERTIFICATE to it/),
      problem('WECHATPAY_PLATFORM_CERTIFICATE', 'is a public key', /PUBLIC_KEY to it/),
    ]);
  });
});
