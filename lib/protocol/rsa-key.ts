import { createPrivateKey, createPublicKey, KeyObject, X509Certificate } from 'node:crypto';
import { typeName } from '../utils/type-name.js';

/** Key material as an application has it: PEM text, PEM bytes, or a key that is already parsed. */
export type KeyMaterial = string | Uint8Array | KeyObject;

const MIN_RSA_BITS = 2048;

/** A platform key ready for use: parsed once, never again. */
export interface PlatformKey {
  readonly key: KeyObject;
  /** Milliseconds since 1970; absent for a public key, which has no end. */
  readonly expiresAt?: number;
}

export interface PlatformCertificate extends PlatformKey {
  /** Serial number in upper-case hex. */
  readonly serial: string;
  readonly expiresAt: number;
}

/** The key of a serial, unless it has expired; public keys never do. */
export function findValidKey(
  keys: ReadonlyMap<string, PlatformKey>,
  serial: string,
  now: number,
): KeyObject | undefined {
  const found = keys.get(serial);
  return found && (found.expiresAt ?? Infinity) > now ? found.key : undefined;
}

/** What is wrong with key material, and how to mend it. Holds no part of the material. */
export class KeyMaterialError extends Error {
  override readonly name = 'KeyMaterialError';

  constructor(
    readonly problem: string,
    readonly fix: string,
  ) {
    super(`${problem}. ${fix}`);
  }
}

type PemLabel = 'private' | 'encrypted' | 'public' | 'certificate';

/** A private RSA key of at least 2048 bits. @throws KeyMaterialError */
export function parsePrivateKey(material: unknown): KeyObject {
  if (material instanceof KeyObject) {
    if (material.type !== 'private') {
      throw new KeyMaterialError(`is a KeyObject of type ${material.type}`, FIX_PRIVATE);
    }
    return assertRsa(material);
  }
  const pem = toPem(material, FIX_PRIVATE);
  switch (pemLabel(pem)) {
    case 'private':
      return assertRsa(attempt(() => createPrivateKey(pem), FIX_PRIVATE));
    case 'encrypted':
      throw new KeyMaterialError(
        'is protected by a passphrase',
        'Decrypt it once: openssl pkey -in apiclient_key.pem -out plain.pem',
      );
    case 'public':
      throw new KeyMaterialError('is a public key', FIX_PRIVATE);
    case 'certificate':
      throw new KeyMaterialError('is a certificate', FIX_PRIVATE);
    default:
      throw new KeyMaterialError('is not readable as PEM', FIX_PRIVATE);
  }
}

/** A platform key from a certificate or a bare public key. @throws KeyMaterialError */
export function parsePlatformKey(material: unknown): PlatformKey | PlatformCertificate {
  if (material instanceof KeyObject) {
    if (material.type !== 'public') {
      throw new KeyMaterialError(`is a KeyObject of type ${material.type}`, FIX_PLATFORM);
    }
    return { key: assertRsa(material) };
  }
  const pem = toPem(material, FIX_PLATFORM);
  switch (pemLabel(pem)) {
    case 'certificate':
      return parseCertificate(pem);
    case 'public':
      return { key: assertRsa(attempt(() => createPublicKey(pem), FIX_PLATFORM)) };
    case 'private':
    case 'encrypted':
      throw new KeyMaterialError(
        'is a private key',
        'WeChat Pay never hands out its private keys: this is probably your own. ' + FIX_PLATFORM,
      );
    default:
      throw new KeyMaterialError('is not readable as PEM', FIX_PLATFORM);
  }
}

/** @throws KeyMaterialError */
export function parseCertificate(pem: string): PlatformCertificate {
  const { serialNumber, publicKey, validTo } = attempt(() => {
    // Its getters are lazy: a key that OpenSSL cannot read throws only here.
    const { serialNumber, publicKey, validTo } = new X509Certificate(pem);
    return { serialNumber, publicKey, validTo };
  }, FIX_PLATFORM);
  return {
    serial: serialNumber.toUpperCase(),
    key: assertRsa(publicKey),
    expiresAt: Date.parse(validTo),
  };
}

const FIX_PRIVATE =
  'Give the merchant private key, apiclient_key.pem, which begins with -----BEGIN PRIVATE KEY-----.';
const FIX_PLATFORM =
  'Give the WeChat Pay public key (pub_key.pem) or platform certificate from the merchant console.';

function toPem(material: unknown, fix: string): string {
  if (typeof material !== 'string' && !(material instanceof Uint8Array)) {
    throw new KeyMaterialError(
      material === undefined
        ? 'is missing'
        : `is of type ${typeName(material)}, not a PEM string, Buffer or KeyObject`,
      fix,
    );
  }
  const text = typeof material === 'string' ? material : Buffer.from(material).toString('latin1');
  if (text.trim() === '') throw new KeyMaterialError('is empty', fix);
  if (/^[^\n]{1,500}\.(pem|key|crt|cer)$/.test(text.trim())) {
    throw new KeyMaterialError('is the path of a file', 'Read it: readFileSync(path).');
  }
  // One-line environment variables escape line feeds; YAML and template literals indent.
  return text
    .replaceAll('\\r', '')
    .replaceAll('\\n', '\n')
    .replaceAll(/^[ \t]+/gm, '');
}

function pemLabel(pem: string): PemLabel | undefined {
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem)?.[1];
  if (label === 'CERTIFICATE') return 'certificate';
  if (label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: 4,ENCRYPTED/m.test(pem)) return 'encrypted';
  if (label?.endsWith('PRIVATE KEY')) return 'private';
  if (label?.endsWith('PUBLIC KEY')) return 'public';
  return undefined;
}

/** OpenSSL's own message is dropped: it names internals and helps nobody. */
function attempt<T>(parse: () => T, fix: string): T {
  try {
    return parse();
  } catch {
    throw new KeyMaterialError('is damaged: it has the frame of PEM, but not its content', fix);
  }
}

function assertRsa(key: KeyObject): KeyObject {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType !== 'rsa' || bits === undefined) {
    throw new KeyMaterialError(
      `is a key of type ${key.asymmetricKeyType ?? 'unknown'}, not RSA`,
      'WeChat Pay signs with RSA: take the key from the merchant console.',
    );
  }
  if (bits < MIN_RSA_BITS) {
    throw new KeyMaterialError(
      `is an RSA key of ${bits} bits, at least ${MIN_RSA_BITS} are needed`,
      'Take a new key from the merchant console.',
    );
  }
  return key;
}
