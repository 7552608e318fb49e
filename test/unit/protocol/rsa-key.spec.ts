import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { KeyMaterialError } from '../../../lib/protocol/key-material-error.js';
import {
  findValidKey,
  isPlatformCertificate,
  isValidAt,
  parseCertificate,
  parsePlatformKey,
  parsePrivateKey,
  type PlatformKey,
} from '../../../lib/protocol/rsa-key.js';
import {
  createTestCertificate,
  createTestPublicKey,
  type TestPlatformKey,
} from '../../../lib/testing/index.js';

const EXPIRY = new Date('2031-01-23T10:13:30Z');
const DAMAGED = 'is damaged: the content between its BEGIN and END lines cannot be read';
const NOT_PEM = 'is not PEM text';
const CONSOLE = /merchant console/;
const OPENSSL = /openssl pkey -in apiclient_key\.pem/;
const SHORT = 'is an RSA key of 1024 bits, at least 2048 are needed';

let certificate: TestPlatformKey;
let publicKey: TestPlatformKey;
let privatePem: string;

beforeAll(async () => {
  [certificate, publicKey] = await Promise.all([
    createTestCertificate({ notAfter: EXPIRY }),
    createTestPublicKey(),
  ]);
  privatePem = pkcs8(publicKey.privateKey);
});

function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function spki(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function encrypted(type: 'pkcs1' | 'pkcs8'): string {
  return publicKey.privateKey
    .export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
}

/** The BEGIN and END lines of a PEM around other content. */
function reframe(pem: string, content: Buffer): string {
  const [begin, end] = pem.match(/-----.+-----/g) ?? [];
  return `${begin}\n${content.toString('base64').replace(/.{64}/g, '$&\n')}\n${end}\n`;
}

function decode(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----.+-----/g, ''), 'base64');
}

/** A well-formed certificate whose key is of a type that does not exist. */
function withUnknownKeyType(pem: string): string {
  const der = decode(pem);
  const rsaEncryption = Buffer.from('2a864886f70d010101', 'hex');
  der.writeUInt8(0x63, der.indexOf(rsaEncryption) + rsaEncryption.length - 1);
  return reframe(pem, der);
}

function sec1(namedCurve: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve });
  return privateKey.export({ type: 'sec1', format: 'pem' }).toString();
}

function shortKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('rsa', { modulusLength: 1024 });
}

/** A list of revoked certificates, as far as its lines tell. */
function crl(): string {
  return reframe('-----BEGIN X509 CRL-----\n-----END X509 CRL-----', randomBytes(64));
}

function typed(type: string): string {
  return `is of type ${type}, not a PEM string, Buffer or KeyObject`;
}

function object(type: string): string {
  return `is a KeyObject of type ${type}`;
}

function errorOf(parse: () => unknown): KeyMaterialError {
  try {
    parse();
  } catch (error) {
    if (error instanceof KeyMaterialError) return error;
    throw error;
  }
  throw new Error('The material was accepted.');
}

describe('parsePrivateKey', () => {
  it.each<[string, () => unknown]>([
    ['PKCS#8', () => privatePem],
    ['PKCS#1', () => publicKey.privateKey.export({ type: 'pkcs1', format: 'pem' })],
    ['a Buffer', () => Buffer.from(privatePem)],
    ['a Uint8Array', () => new TextEncoder().encode(privatePem)],
    ['an indented PEM in a Buffer', () => Buffer.from(privatePem.replaceAll(/^/gm, '  '))],
    ['a Buffer with a byte order mark', () => Buffer.from(`\ufeff${privatePem}`)],
    ['a file with its certificate in front', () => `${certificate.pem}${privatePem}`],
  ])('reads %s', (_what, material) => {
    expect(parsePrivateKey(material()).equals(publicKey.privateKey)).toBe(true);
  });

  it('uses a KeyObject as it is', () => {
    expect(parsePrivateKey(publicKey.privateKey)).toBe(publicKey.privateKey);
  });

  it.each<[string, () => unknown, string, RegExp]>([
    ['nothing', () => undefined, 'is missing', /apiclient_key\.pem/],
    ['null', () => null, typed('null'), /apiclient_key\.pem/],
    ['a number', () => 42, typed('number'), /apiclient_key\.pem/],
    ['an object', () => ({}), typed('object'), /apiclient_key\.pem/],
    ['a list', () => [privatePem], typed('array'), /apiclient_key\.pem/],
    ['an empty Buffer', () => Buffer.alloc(0), 'is empty', /apiclient_key\.pem/],
    ['a word', () => 'apiclient_key', NOT_PEM, /BEGIN PRIVATE KEY/],
    ['DER', () => decode(privatePem), 'is in binary form (DER or PKCS#12), not PEM', /BEGIN/],
    [
      'a path in a Buffer',
      () => Buffer.from('./key.pem'),
      'is the path of a file, not its content',
      /readFile/,
    ],
    ['a list of revoked certificates', crl, 'is PEM text, but not a private key', /apiclient_key/],
    ['a public key', () => publicKey.pem, 'is a public key', /apiclient_key\.pem/],
    ['a certificate', () => certificate.pem, 'is a certificate', /apiclient_key\.pem/],
    ['random content', () => reframe(privatePem, randomBytes(1200)), DAMAGED, /apiclient_key/],
    ['a public KeyObject', () => createPublicKey(publicKey.pem), object('public'), /apiclient/],
    ['a secret KeyObject', () => createSecretKey(randomBytes(32)), object('secret'), /apiclient/],
    ['an encrypted PKCS#8', () => encrypted('pkcs8'), 'is protected by a passphrase', OPENSSL],
    ['an encrypted PKCS#1', () => encrypted('pkcs1'), 'is protected by a passphrase', OPENSSL],
    ['an EC key', () => sec1('P-256'), 'is a key of type ec, not RSA', CONSOLE],
    [
      'an SM2 key (国密), for whose type Node has no name',
      () => pkcs8(generateKeyPairSync('ec', { namedCurve: 'SM2' }).privateKey),
      'is a key of type unknown, not RSA',
      CONSOLE,
    ],
    [
      'an Ed25519 KeyObject',
      () => generateKeyPairSync('ed25519').privateKey,
      'is a key of type ed25519, not RSA',
      CONSOLE,
    ],
    [
      'an RSA-PSS key, which signs in another way',
      () => pkcs8(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
      'is a key of type rsa-pss, not RSA',
      CONSOLE,
    ],
    ['an RSA key of 1024 bits', () => pkcs8(shortKeys().privateKey), SHORT, /new key/],
    ['an RSA KeyObject of 1024 bits', () => shortKeys().privateKey, SHORT, /new key/],
  ])('rejects %s', (_what, material, problem, fix) => {
    const error = errorOf(() => parsePrivateKey(material()));

    expect(error.problem).toBe(problem);
    expect(error.fix).toMatch(fix);
    expect(error.message).toBe(`${error.problem}. ${error.fix}`);
  });
});

describe('parsePlatformKey', () => {
  it.each<[string, () => unknown]>([
    ['a public key', () => publicKey.pem],
    [
      'a public key in PKCS#1',
      () => createPublicKey(publicKey.pem).export({ type: 'pkcs1', format: 'pem' }),
    ],
    ['a Buffer', () => Buffer.from(publicKey.pem)],
    ['a KeyObject', () => createPublicKey(publicKey.pem)],
  ])('reads %s, which does not expire', (_what, material) => {
    const parsed = parsePlatformKey(material());

    expect(parsed.key.equals(createPublicKey(publicKey.pem))).toBe(true);
    expect(parsed.expiresAt).toBeUndefined();
    expect(isPlatformCertificate(parsed)).toBe(false);
  });

  it.each<[string, () => unknown]>([
    ['a certificate', () => certificate.pem],
    ['a certificate in a Buffer', () => Buffer.from(certificate.pem)],
    ['a certificate behind a private key', () => `${privatePem}${certificate.pem}`],
  ])('reads %s with its serial number and its expiry', (_what, material) => {
    const parsed = parsePlatformKey(material());

    expect(parsed.key.equals(createPublicKey(certificate.pem))).toBe(true);
    expect(parsed).toMatchObject({ serial: certificate.id, expiresAt: EXPIRY.getTime() });
    expect(isPlatformCertificate(parsed)).toBe(true);
  });

  it.each<[string, () => unknown, string, RegExp]>([
    ['nothing', () => undefined, 'is missing', /pub_key\.pem/],
    ['a number', () => 42, typed('number'), /pub_key\.pem/],
    ['an empty string', () => '', 'is empty', /pub_key\.pem/],
    ['a word', () => 'pub_key', NOT_PEM, /pub_key\.pem/],
    [
      'a list of revoked certificates',
      crl,
      'is PEM text, but neither a public key nor a certificate',
      /pub_key\.pem/,
    ],
    ['a private key', () => privatePem, 'is a private key', /probably your own/],
    ['an encrypted key', () => encrypted('pkcs8'), 'is a private key', /probably your own/],
    ['a private KeyObject', () => publicKey.privateKey, object('private'), /pub_key\.pem/],
    ['a secret KeyObject', () => createSecretKey(randomBytes(32)), object('secret'), /pub_key/],
    ['a damaged public key', () => reframe(publicKey.pem, randomBytes(294)), DAMAGED, /pub_key/],
    ['a damaged certificate', () => reframe(certificate.pem, randomBytes(800)), DAMAGED, /pub_key/],
    [
      'an EC key',
      () => spki(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
      'is a key of type ec, not RSA',
      CONSOLE,
    ],
    [
      'an SM2 key (国密), for whose type Node has no name',
      () => spki(generateKeyPairSync('ec', { namedCurve: 'SM2' }).publicKey),
      'is a key of type unknown, not RSA',
      CONSOLE,
    ],
    ['an RSA key of 1024 bits', () => spki(shortKeys().publicKey), SHORT, /new key/],
  ])('rejects %s', (_what, material, problem, fix) => {
    const error = errorOf(() => parsePlatformKey(material()));

    expect(error.problem).toBe(problem);
    expect(error.fix).toMatch(fix);
  });
});

describe('parseCertificate', () => {
  it('reads the serial number in upper case, and the expiry', () => {
    expect(parseCertificate(certificate.pem)).toMatchObject({
      serial: certificate.id,
      expiresAt: EXPIRY.getTime(),
    });
  });

  it('reads the first certificate of a chain', () => {
    const parsed = parseCertificate(`${certificate.pem}\n${certificate.pem}`);

    expect(parsed.serial).toBe(certificate.id);
  });

  it.each<[string, () => string]>([
    ['a public key', () => publicKey.pem],
    ['an empty text', () => ''],
    ['a certificate with a key of an unknown type', () => withUnknownKeyType(certificate.pem)],
  ])('rejects %s', (_what, pem) => {
    expect(errorOf(() => parseCertificate(pem())).problem).toBe(DAMAGED);
  });
});

describe('findValidKey and isValidAt', () => {
  const [known, other] = [1, 2].map((): PlatformKey => ({
    key: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
  })) as [PlatformKey, PlatformKey];
  const end = EXPIRY.getTime();
  const expiring = { ...other, expiresAt: end };
  const keys = new Map<string, PlatformKey>([
    ['PUB_KEY_ID_1', known],
    ['A1', expiring],
  ]);

  it('find the key with the serial number or id, and no other', () => {
    expect(findValidKey(keys, 'PUB_KEY_ID_1', end - 1)).toBe(known.key);
    expect(findValidKey(keys, 'A1', end - 1)).toBe(other.key);
    expect(findValidKey(keys, 'A2', end - 1)).toBeUndefined();
  });

  it('do not accept a certificate from the moment at which it expires', () => {
    expect(isValidAt(expiring, end - 1)).toBe(true);
    expect(isValidAt(expiring, end)).toBe(false);
    expect(findValidKey(keys, 'A1', end)).toBeUndefined();
    expect(findValidKey(keys, 'A1', end + 1)).toBeUndefined();
  });

  it('accept a public key for ever', () => {
    expect(findValidKey(keys, 'PUB_KEY_ID_1', Number.MAX_SAFE_INTEGER)).toBe(known.key);
  });
});

describe('KeyMaterialError', () => {
  it('holds no part of the material', () => {
    for (const pem of [privatePem.slice(0, 800), encrypted('pkcs1')]) {
      const error = errorOf(() => parsePrivateKey(pem));
      const text = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;

      const body = pem.split('\n').slice(1, -2);
      expect(body.length).toBeGreaterThan(5);
      expect(body.filter((line) => line !== '' && text.includes(line))).toEqual([]);
    }
  });
});
