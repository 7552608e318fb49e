import { KeyObject, randomBytes, webcrypto } from 'node:crypto';
import type { WechatPayComplaintModuleOptions } from '../config/wechatpay-complaint-options.interface.js';
import { PUBLIC_KEY_ID_PREFIX } from '../protocol/constants.js';

/** A key pair of the pretended WeChat Pay. */
export interface TestPlatformKey {
  /** `PUB_KEY_ID_...`, or the serial number of the certificate. */
  readonly id: string;
  readonly privateKey: KeyObject;
  /** The public half as a merchant gets it: a public key or a certificate. */
  readonly pem: string;
}

/**
 * How WeChat Pay signs for a merchant: with its public key, with platform certificates that are
 * downloaded, or with either, while one is replaced by the other.
 */
export type TestMerchantMode = 'public-key' | 'certificate' | 'migration';

/** A merchant that exists nowhere, with everything that the merchant console would hand out. */
export interface TestMerchant {
  readonly mode: TestMerchantMode;
  readonly mchid: string;
  /** Serial of `certificate`. */
  readonly serial: string;
  /** `apiclient_key.pem` */
  readonly privateKey: string;
  /** `apiclient_cert.pem` */
  readonly certificate: string;
  readonly apiV3Key: string;
  /** What WeChat Pay signs with in public-key mode. */
  readonly publicKey: TestPlatformKey;
  /** What WeChat Pay signs with in platform-certificate mode. */
  readonly platformCertificate: TestPlatformKey;
  /** Ready for `WechatPayComplaintModule.forRoot(...)`, but for `baseUrls`. */
  readonly options: WechatPayComplaintModuleOptions;
  /** The same as `WECHATPAY_*` variables, for apps that use the config factory. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface TestMerchantOptions {
  /** @default 'public-key' */
  readonly mode?: TestMerchantMode;
  /** @default '1900000109' */
  readonly mchid?: string;
}

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};
const YEAR = 365 * 24 * 60 * 60 * 1000;

/** Makes three RSA key pairs, which takes a moment: call it once per suite. */
export async function createTestMerchant({
  mode = 'public-key',
  mchid = '1900000109',
}: TestMerchantOptions = {}): Promise<TestMerchant> {
  const [own, publicKey, platformCertificate] = await Promise.all([
    createTestCertificate({ commonName: mchid }),
    createTestPublicKey(),
    createTestCertificate(),
  ]);
  const merchant = {
    mchid,
    serial: own.id,
    privateKey: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    apiV3Key: randomBytes(16).toString('hex'),
  };
  return {
    ...merchant,
    mode,
    certificate: own.pem,
    publicKey,
    platformCertificate,
    options: {
      ...merchant,
      ...(mode !== 'certificate' && { platformKeys: { [publicKey.id]: publicKey.pem } }),
      platformCertificates: { download: mode !== 'public-key' },
    },
    environment: {
      WECHATPAY_MCHID: merchant.mchid,
      WECHATPAY_SERIAL: merchant.serial,
      WECHATPAY_PRIVATE_KEY: merchant.privateKey,
      WECHATPAY_API_V3_KEY: merchant.apiV3Key,
      ...(mode !== 'certificate' && {
        WECHATPAY_PUBLIC_KEY_ID: publicKey.id,
        WECHATPAY_PUBLIC_KEY: publicKey.pem,
      }),
      WECHATPAY_DOWNLOAD_CERTIFICATES: String(mode !== 'public-key'),
    },
  };
}

/** A key pair as of public-key mode. */
export async function createTestPublicKey(): Promise<TestPlatformKey> {
  const { privateKey, publicKey } = await generateKeys();
  const digits = BigInt(`0x${randomBytes(16).toString('hex')}`)
    .toString()
    .padStart(39, '0');
  return {
    id: `${PUBLIC_KEY_ID_PREFIX}${digits.slice(0, 34)}`,
    privateKey: KeyObject.from(privateKey),
    pem: KeyObject.from(publicKey).export({ type: 'spki', format: 'pem' }).toString(),
  };
}

export interface TestCertificateOptions {
  /** @default 'Tenpay.com sign' */
  readonly commonName?: string;
  /** @default an hour ago */
  readonly notBefore?: Date;
  /** @default in five years */
  readonly notAfter?: Date;
}

/** A key pair with a self-signed certificate. */
export async function createTestCertificate({
  commonName = 'Tenpay.com sign',
  notBefore = new Date(Date.now() - 60 * 60 * 1000),
  notAfter = new Date(Date.now() + 5 * YEAR),
}: TestCertificateOptions = {}): Promise<TestPlatformKey> {
  const { X509CertificateGenerator } = await loadX509();
  const keys = await generateKeys();
  const serial = randomBytes(20);
  // Positive and without a leading zero, so that its hex has 40 digits everywhere.
  serial[0] = (serial.readUInt8(0) & 0x3f) | 0x40;
  const id = serial.toString('hex').toUpperCase();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: id,
      name: `CN=${commonName}`,
      notBefore,
      notAfter,
      keys,
      signingAlgorithm: RSA,
    },
    webcrypto,
  );
  return { id, privateKey: KeyObject.from(keys.privateKey), pem: certificate.toString('pem') };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
}

/** An optional peer: needed by tests only, and only by this entry point. */
async function loadX509() {
  try {
    await import('reflect-metadata');
    return await import('@peculiar/x509');
  } catch (cause) {
    throw new Error(
      'nestjs-wechatpay-complaint/testing makes X.509 certificates with @peculiar/x509: ' +
        'npm install --save-dev @peculiar/x509',
      { cause },
    );
  }
}
