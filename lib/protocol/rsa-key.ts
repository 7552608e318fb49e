import { createPrivateKey, createPublicKey, KeyObject, X509Certificate } from 'node:crypto';
import { typeName } from '../utils/type-name.js';
import { KeyMaterialError } from './key-material-error.js';
import { damaged, type PemBlock, type PemKind, readPem } from './pem.js';

/** Key material as an application has it: PEM text, PEM bytes, or a parsed key. */
export type KeyMaterial = string | Uint8Array | KeyObject;

const MIN_RSA_BITS = 2048;

/** A parsed key of WeChat Pay. */
export interface PlatformKey {
  readonly key: KeyObject;
  /** Milliseconds since 1970. Absent for a public key, which does not expire. */
  readonly expiresAt?: number;
}

/** A parsed platform certificate (平台证书). */
export interface PlatformCertificate extends PlatformKey {
  /** Serial number: hexadecimal digits in upper case. */
  readonly serial: string;
  readonly expiresAt: number;
}

export function isPlatformCertificate(key: PlatformKey): key is PlatformCertificate {
  return 'serial' in key;
}

/** Whether the key may be used at this moment, in milliseconds since 1970. */
export function isValidAt({ expiresAt = Infinity }: PlatformKey, now: number): boolean {
  return expiresAt > now;
}

/** The key with this serial number or id, unless it has expired. */
export function findValidKey(
  keys: ReadonlyMap<string, PlatformKey>,
  serial: string,
  now: number,
): KeyObject | undefined {
  const found = keys.get(serial);
  return found && isValidAt(found, now) ? found.key : undefined;
}

/** Reads a private RSA key of at least 2048 bits. @throws KeyMaterialError */
export function parsePrivateKey(material: unknown): KeyObject {
  if (material instanceof KeyObject) {
    if (material.type !== 'private') {
      throw new KeyMaterialError(`is a KeyObject of type ${material.type}`, FIX_PRIVATE);
    }
    return assertRsa(material);
  }
  const { kind, text } = choose(readMaterial(material, FIX_PRIVATE), ['private', 'encrypted']);
  switch (kind) {
    case 'private':
      return assertRsa(parse(() => createPrivateKey(text), FIX_PRIVATE));
    case 'encrypted':
      throw new KeyMaterialError(
        'is protected by a passphrase',
        'Decrypt it once: openssl pkey -in apiclient_key.pem -out plain.pem',
      );
    case 'public':
      throw new KeyMaterialError('is a public key', FIX_PRIVATE);
    case 'certificate':
      throw new KeyMaterialError('is a certificate', FIX_PRIVATE);
    case 'other':
      throw new KeyMaterialError('is PEM text, but not a private key', FIX_PRIVATE);
  }
}

/** Reads a platform certificate or a bare public key. @throws KeyMaterialError */
export function parsePlatformKey(material: unknown): PlatformKey | PlatformCertificate {
  if (material instanceof KeyObject) {
    if (material.type !== 'public') {
      throw new KeyMaterialError(`is a KeyObject of type ${material.type}`, FIX_PLATFORM);
    }
    return { key: assertRsa(material) };
  }
  const { kind, text } = choose(readMaterial(material, FIX_PLATFORM), ['certificate', 'public']);
  switch (kind) {
    case 'certificate':
      return parseCertificate(text);
    case 'public':
      return { key: assertRsa(parse(() => createPublicKey(text), FIX_PLATFORM)) };
    case 'private':
    case 'encrypted':
      throw new KeyMaterialError(
        'is a private key',
        `WeChat Pay never hands out its private keys: this is probably your own. ${FIX_PLATFORM}`,
      );
    case 'other':
      throw new KeyMaterialError(
        'is PEM text, but neither a public key nor a certificate',
        FIX_PLATFORM,
      );
  }
}

/** Reads an X.509 certificate with an RSA key from PEM text. @throws KeyMaterialError */
export function parseCertificate(pem: string): PlatformCertificate {
  const { serialNumber, publicKey, validTo } = parse(() => {
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
  'Give the content of apiclient_key.pem, the merchant private key: it begins with ' +
  '-----BEGIN PRIVATE KEY-----.';
const FIX_PLATFORM =
  'Give the content of pub_key.pem, the WeChat Pay public key, or of a platform certificate, both ' +
  'from the merchant console.';

function readMaterial(material: unknown, fix: string): [PemBlock, ...PemBlock[]] {
  if (typeof material === 'string') return readPem(material, fix);
  if (material instanceof Uint8Array) return readPem(Buffer.from(material).toString('latin1'), fix);
  throw new KeyMaterialError(
    material === undefined
      ? 'is missing'
      : `is of type ${typeName(material)}, not a PEM string, Buffer or KeyObject`,
    fix,
  );
}

/** Files made by `openssl pkcs12` hold certificates and a private key together. */
function choose(blocks: [PemBlock, ...PemBlock[]], wanted: readonly PemKind[]): PemBlock {
  return blocks.find(({ kind }) => wanted.includes(kind)) ?? blocks[0];
}

/** OpenSSL's own message is dropped: it names internals and helps nobody. */
function parse<T>(read: () => T, fix: string): T {
  try {
    return read();
  } catch {
    throw damaged(fix);
  }
}

function assertRsa(key: KeyObject): KeyObject {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType !== 'rsa' || bits === undefined) {
    throw new KeyMaterialError(
      `is a key of type ${key.asymmetricKeyType ?? 'unknown'}, not RSA`,
      'WeChat Pay signs with RSA: use the key from the merchant console.',
    );
  }
  if (bits < MIN_RSA_BITS) {
    throw new KeyMaterialError(
      `is an RSA key of ${bits} bits, at least ${MIN_RSA_BITS} are needed`,
      'Request a new key in the merchant console.',
    );
  }
  return key;
}
