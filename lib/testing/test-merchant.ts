import { KeyObject, randomBytes, randomInt, webcrypto } from 'node:crypto';
import type {
  MerchantOptions,
  SingleMerchantOptions,
} from '../config/wechatpay-complaint-options.interface.js';
import { PUBLIC_KEY_ID_PREFIX } from '../protocol/constants.js';

/** A key pair of the simulated WeChat Pay. */
export interface TestPlatformKey {
  /** `PUB_KEY_ID_...`, or the serial number of the certificate. */
  readonly id: string;
  readonly privateKey: KeyObject;
  /** The public half as a merchant gets it: a public key or a certificate. */
  readonly pem: string;
}

/**
 * How WeChat Pay signs for a merchant: with its public key, with platform certificates that the
 * merchant downloads, or, during a migration from certificates to the public key, with either.
 */
export type TestMerchantMode = 'public-key' | 'certificate' | 'migration';

/** A fictitious merchant with everything that the merchant console would provide. */
export interface TestMerchant {
  readonly mode: TestMerchantMode;
  readonly mchid: string;
  /** Serial number of `certificate`. */
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
  /**
   * For `WechatPayComplaintModule.forRoot(...)`. Calls go to a closed port of loopback, never to
   * WeChat Pay: `WechatPaySimulator#moduleOptions` replaces `baseUrls`.
   */
  readonly options: SingleMerchantOptions;
  /**
   * For the option `merchants`, or the result of its `find`. An app behind a proxy needs
   * `request: { proxy: false }` beside it.
   */
  readonly merchantOptions: MerchantOptions;
  /**
   * The same as environment variables, for apps that use the config factory. Every variable that the
   * factory reads is set, those that do not apply to an empty string, so that nothing of a `.env` is
   * mixed in (unless `ConfigModule` has the option `override`). `NO_PROXY` keeps its value and excludes
   * 127.0.0.1 as well; with NODE_USE_ENV_PROXY, Node reads it only when a process starts.
   * `WechatPaySimulator#environment` replaces `WECHATPAY_BASE_URLS`.
   */
  readonly environment: Readonly<Record<string, string>>;
}

export interface TestMerchantOptions {
  /** @default 'public-key' */
  readonly mode?: TestMerchantMode;
  /** @default an id that no other merchant of this process has */
  readonly mchid?: string;
}

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};
const YEAR = 365 * 24 * 60 * 60 * 1000;

/** The discard port, on which nothing listens: a test without a simulator must not reach anybody. */
const CLOSED_PORT = 'http://127.0.0.1:9';

/** Ten digits, as WeChat Pay's merchant ids have. */
let lastMchid = 1_900_000_000 + randomInt(90_000_000);

/** Generates three RSA key pairs, which takes a moment: call it once per suite. */
export async function createTestMerchant({
  mode = 'public-key',
  mchid = String((lastMchid += 1)),
}: TestMerchantOptions = {}): Promise<TestMerchant> {
  const [own, publicKey, platformCertificate] = await Promise.all([
    createTestCertificate({ commonName: mchid }),
    createTestPublicKey(),
    createTestCertificate(),
  ]);
  return completeTestMerchant({
    mode,
    mchid,
    serial: own.id,
    privateKey: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: own.pem,
    apiV3Key: randomBytes(16).toString('hex'),
    publicKey,
    platformCertificate,
  });
}

/** Adds options and environment to what identifies a merchant. */
export function completeTestMerchant(
  identity: Omit<TestMerchant, 'options' | 'merchantOptions' | 'environment'>,
): TestMerchant {
  const { mode, publicKey, mchid, serial, privateKey, apiV3Key } = identity;
  const merchant = { mchid, serial, privateKey, apiV3Key };
  const hasPublicKey = mode !== 'certificate';
  const download = mode !== 'public-key';
  const merchantOptions: MerchantOptions = {
    ...merchant,
    ...(hasPublicKey && { platformKeys: { [publicKey.id]: publicKey.pem } }),
    platformCertificates: { download },
    baseUrls: [CLOSED_PORT],
  };
  return {
    ...identity,
    options: { ...merchantOptions, request: { proxy: false } },
    merchantOptions,
    environment: {
      WECHATPAY_MERCHANTS_PATH: '',
      WECHATPAY_MCHID: merchant.mchid,
      WECHATPAY_SERIAL: merchant.serial,
      WECHATPAY_PRIVATE_KEY: merchant.privateKey,
      WECHATPAY_PRIVATE_KEY_PATH: '',
      WECHATPAY_API_V3_KEY: merchant.apiV3Key,
      WECHATPAY_PUBLIC_KEY_ID: hasPublicKey ? publicKey.id : '',
      WECHATPAY_PUBLIC_KEY: hasPublicKey ? publicKey.pem : '',
      WECHATPAY_PUBLIC_KEY_PATH: '',
      WECHATPAY_PLATFORM_CERTIFICATE: '',
      WECHATPAY_PLATFORM_CERTIFICATE_PATH: '',
      WECHATPAY_DOWNLOAD_CERTIFICATES: String(download),
      WECHATPAY_REFRESH_INTERVAL: '',
      WECHATPAY_BASE_URLS: CLOSED_PORT,
      WECHATPAY_CALLBACK_URL: '',
      WECHATPAY_TIMEOUT: '',
      WECHATPAY_CLOCK_TOLERANCE: '',
      ...excludeLoopbackFromProxies(),
    },
  };
}

/** Clients read the variable in lower case first; both hosts of the kit are 127.0.0.1. */
function excludeLoopbackFromProxies(): { NO_PROXY: string; no_proxy: string } {
  const inherited = process.env.no_proxy || process.env.NO_PROXY;
  const value = inherited ? `${inherited},127.0.0.1` : '127.0.0.1';
  return { NO_PROXY: value, no_proxy: value };
}

/** A key pair for public-key mode. */
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
  // Positive and without a leading zero, so that every tool prints 40 hex digits.
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

/** An optional peer dependency: only tests need it, and only this entry point loads it. */
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
