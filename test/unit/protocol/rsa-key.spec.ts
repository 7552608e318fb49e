import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import {
  findValidKey,
  KeyMaterialError,
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

/** The frame of PEM around other content. */
function reframe(pem: string, content: Buffer): string {
  const [begin, end] = pem.match(/-----.+-----/g) ?? [];
  return `${begin}\n${content.toString('base64').replace(/.{64}/g, '$&\n')}\n${end}\n`;
}

function decode(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----.+-----/g, ''), 'base64');
}

/** A certificate that is one, but for a key of a kind that nobody knows. */
function withUnknownKeyType(pem: string): string {
  const der = decode(pem);
  const rsaEncryption = Buffer.from('2a864886f70d010101', 'hex');
  der.writeUInt8(0x63, der.indexOf(rsaEncryption) + rsaEncryption.length - 1);
  return reframe(pem, der);
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

const DAMAGED = 'is damaged: it has the frame of PEM, but not its content';

describe('parsePrivateKey', () => {
  it.each<[string, () => unknown]>([
    ['PKCS#8', () => privatePem],
    ['PKCS#1', () => publicKey.privateKey.export({ type: 'pkcs1', format: 'pem' })],
    ['a Buffer', () => Buffer.from(privatePem)],
    ['a Uint8Array', () => new TextEncoder().encode(privatePem)],
    ['one line with literal \\n', () => privatePem.replaceAll('\n', '\\n')],
    ['one line with literal \\r\\n', () => privatePem.replaceAll('\n', '\\r\\n')],
    ['literal \\n before a real one', () => `${privatePem.trim().replaceAll('\n', '\\n')}\n`],
    ['line feeds of Windows', () => privatePem.replaceAll('\n', '\r\n')],
    ['an indented PEM, as YAML writes it', () => privatePem.replaceAll(/^/gm, '  ')],
    ['a PEM that is indented by tabs', () => privatePem.replaceAll(/^/gm, '\t\t')],
    [
      'a template literal, whose first line stands alone',
      () => `\n${privatePem.replaceAll(/^/gm, '      ')}`,
    ],
    ['an indented PEM in a Buffer', () => Buffer.from(privatePem.replaceAll(/^/gm, '  '))],
    ['literal \\n before spaces', () => privatePem.replaceAll('\n', '\\n  ')],
    ['text in front, as openssl pkcs12 writes it', () => `Bag Attributes\n${privatePem}`],
    ['a byte order mark', () => `\ufeff${privatePem}`],
  ])('reads %s', (_what, material) => {
    expect(parsePrivateKey(material()).equals(publicKey.privateKey)).toBe(true);
  });

  it('takes a KeyObject as it is', () => {
    expect(parsePrivateKey(publicKey.privateKey)).toBe(publicKey.privateKey);
  });

  it.each<[string, () => unknown, string, RegExp]>([
    ['nothing', () => undefined, 'is missing', /apiclient_key\.pem/],
    [
      'null',
      () => null,
      'is of type null, not a PEM string, Buffer or KeyObject',
      /apiclient_key\.pem/,
    ],
    [
      'a number',
      () => 42,
      'is of type number, not a PEM string, Buffer or KeyObject',
      /apiclient_key/,
    ],
    [
      'an object',
      () => ({}),
      'is of type object, not a PEM string, Buffer or KeyObject',
      /apiclient_key/,
    ],
    [
      'a list',
      () => [privatePem],
      'is of type array, not a PEM string, Buffer or KeyObject',
      /apiclient_key/,
    ],
    ['an empty string', () => '', 'is empty', /apiclient_key\.pem/],
    ['white space', () => ' \n\t', 'is empty', /apiclient_key\.pem/],
    ['an empty Buffer', () => Buffer.alloc(0), 'is empty', /apiclient_key\.pem/],
    ['a path', () => './certs/apiclient_key.pem', 'is the path of a file', /readFileSync/],
    [
      'a path with a line feed',
      () => 'C:\\certs\\a.key\r\n',
      'is the path of a file',
      /readFileSync/,
    ],
    ['a text', () => 'apiclient_key', 'is not readable as PEM', /BEGIN PRIVATE KEY/],
    ['DER', () => decode(privatePem), 'is not readable as PEM', /BEGIN PRIVATE KEY/],
    [
      'base64 alone',
      () => decode(privatePem).toString('base64'),
      'is not readable as PEM',
      /BEGIN/,
    ],
    [
      'another kind of PEM',
      () => reframe('-----BEGIN X509 CRL-----\n-----END X509 CRL-----', randomBytes(64)),
      'is not readable as PEM',
      /BEGIN PRIVATE KEY/,
    ],
    ['a public key', () => publicKey.pem, 'is a public key', /apiclient_key\.pem/],
    ['a certificate', () => certificate.pem, 'is a certificate', /apiclient_key\.pem/],
    [
      'a PEM with other content',
      () => reframe(privatePem, randomBytes(1200)),
      DAMAGED,
      /apiclient_key/,
    ],
    ['a PEM without its last lines', () => privatePem.slice(0, 800), DAMAGED, /apiclient_key/],
    ['a PEM on one line', () => privatePem.replaceAll('\n', ' '), DAMAGED, /apiclient_key/],
    [
      'a public KeyObject',
      () => createPublicKey(publicKey.pem),
      'is a KeyObject of type public',
      /apiclient_key/,
    ],
    [
      'a secret KeyObject',
      () => createSecretKey(randomBytes(32)),
      'is a KeyObject of type secret',
      /apiclient_key/,
    ],
    [
      'an encrypted PKCS#8',
      () =>
        publicKey.privateKey.export({
          type: 'pkcs8',
          format: 'pem',
          cipher: 'aes-256-cbc',
          passphrase: 'x',
        }),
      'is protected by a passphrase',
      /openssl pkey -in apiclient_key\.pem/,
    ],
    [
      'an encrypted PKCS#1',
      () =>
        publicKey.privateKey.export({
          type: 'pkcs1',
          format: 'pem',
          cipher: 'aes-256-cbc',
          passphrase: 'x',
        }),
      'is protected by a passphrase',
      /openssl pkey -in apiclient_key\.pem/,
    ],
    [
      'an EC key',
      () =>
        generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
          type: 'sec1',
          format: 'pem',
        }),
      'is a key of type ec, not RSA',
      /merchant console/,
    ],
    [
      'an SM2 key (国密), a type that Node has no name for',
      () => pkcs8(generateKeyPairSync('ec', { namedCurve: 'SM2' }).privateKey),
      'is a key of type unknown, not RSA',
      /merchant console/,
    ],
    [
      'an Ed25519 KeyObject',
      () => generateKeyPairSync('ed25519').privateKey,
      'is a key of type ed25519, not RSA',
      /merchant console/,
    ],
    [
      'an indented and encrypted PKCS#1',
      () =>
        publicKey.privateKey
          .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
          .toString()
          .replaceAll(/^/gm, '  '),
      'is protected by a passphrase',
      /openssl pkey/,
    ],
    [
      'an RSA-PSS key, which signs in another way',
      () => pkcs8(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
      'is a key of type rsa-pss, not RSA',
      /merchant console/,
    ],
    [
      'an RSA key of 1024 bits',
      () => pkcs8(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
      'is an RSA key of 1024 bits, at least 2048 are needed',
      /new key/,
    ],
    [
      'an RSA KeyObject of 1024 bits',
      () => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
      'is an RSA key of 1024 bits, at least 2048 are needed',
      /new key/,
    ],
  ])('refuses %s', (_what, material, problem, fix) => {
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
    ['one line with literal \\n', () => publicKey.pem.replaceAll('\n', '\\n')],
    ['one line with literal \\r\\n', () => publicKey.pem.replaceAll('\n', '\\r\\n')],
    ['an indented PEM', () => publicKey.pem.replaceAll(/^/gm, '  ')],
    ['a KeyObject', () => createPublicKey(publicKey.pem)],
  ])('reads %s, which has no end', (_what, material) => {
    const parsed = parsePlatformKey(material());

    expect(parsed.key.equals(createPublicKey(publicKey.pem))).toBe(true);
    expect(parsed.expiresAt).toBeUndefined();
    expect(parsed).not.toHaveProperty('serial');
  });

  it.each<[string, () => unknown]>([
    ['a certificate', () => certificate.pem],
    ['a certificate in a Buffer', () => Buffer.from(certificate.pem)],
    ['a certificate on one line with literal \\n', () => certificate.pem.replaceAll('\n', '\\n')],
    [
      'a certificate on one line with literal \\r\\n',
      () => certificate.pem.replaceAll('\n', '\\r\\n'),
    ],
    ['an indented certificate', () => certificate.pem.replaceAll(/^/gm, '\t')],
  ])('reads %s with its serial and its end', (_what, material) => {
    const parsed = parsePlatformKey(material());

    expect(parsed.key.equals(createPublicKey(certificate.pem))).toBe(true);
    expect(parsed).toMatchObject({ serial: certificate.id, expiresAt: EXPIRY.getTime() });
  });

  it.each<[string, () => unknown, string, RegExp]>([
    ['nothing', () => undefined, 'is missing', /pub_key\.pem/],
    [
      'a number',
      () => 42,
      'is of type number, not a PEM string, Buffer or KeyObject',
      /pub_key\.pem/,
    ],
    ['an empty string', () => '', 'is empty', /pub_key\.pem/],
    ['a path', () => '/run/secrets/pub_key.pem', 'is the path of a file', /readFileSync/],
    ['the path of a certificate', () => 'wechatpay.crt', 'is the path of a file', /readFileSync/],
    ['a text', () => 'pub_key', 'is not readable as PEM', /pub_key\.pem/],
    ['a private key', () => privatePem, 'is a private key', /probably your own/],
    [
      'an encrypted private key',
      () =>
        publicKey.privateKey.export({
          type: 'pkcs8',
          format: 'pem',
          cipher: 'aes-256-cbc',
          passphrase: 'x',
        }),
      'is a private key',
      /probably your own/,
    ],
    [
      'a private KeyObject',
      () => publicKey.privateKey,
      'is a KeyObject of type private',
      /pub_key\.pem/,
    ],
    [
      'a secret KeyObject',
      () => createSecretKey(randomBytes(32)),
      'is a KeyObject of type secret',
      /pub_key\.pem/,
    ],
    [
      'a damaged public key',
      () => reframe(publicKey.pem, randomBytes(294)),
      DAMAGED,
      /pub_key\.pem/,
    ],
    [
      'a damaged certificate',
      () => reframe(certificate.pem, randomBytes(800)),
      DAMAGED,
      /pub_key\.pem/,
    ],
    [
      'an EC key',
      () => spki(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
      'is a key of type ec, not RSA',
      /merchant console/,
    ],
    [
      'an SM2 key (国密), a type that Node has no name for',
      () => spki(generateKeyPairSync('ec', { namedCurve: 'SM2' }).publicKey),
      'is a key of type unknown, not RSA',
      /merchant console/,
    ],
    [
      'an RSA key of 1024 bits',
      () => spki(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
      'is an RSA key of 1024 bits, at least 2048 are needed',
      /new key/,
    ],
  ])('refuses %s', (_what, material, problem, fix) => {
    const error = errorOf(() => parsePlatformKey(material()));

    expect(error.problem).toBe(problem);
    expect(error.fix).toMatch(fix);
  });
});

describe('parseCertificate', () => {
  it('reads the serial as the certificate has it, in upper case', () => {
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
    ['a certificate whose key is of an unknown kind', () => withUnknownKeyType(certificate.pem)],
  ])('refuses %s', (_what, pem) => {
    expect(errorOf(() => parseCertificate(pem())).problem).toBe(DAMAGED);
  });
});

describe('findValidKey', () => {
  const [known, other] = [1, 2].map((): PlatformKey => ({
    key: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
  })) as [PlatformKey, PlatformKey];
  const end = EXPIRY.getTime();
  const keys = new Map<string, PlatformKey>([
    ['PUB_KEY_ID_1', known],
    ['A1', { ...other, expiresAt: end }],
  ]);

  it('finds the key of the serial, and no other', () => {
    expect(findValidKey(keys, 'PUB_KEY_ID_1', end - 1)).toBe(known.key);
    expect(findValidKey(keys, 'A1', end - 1)).toBe(other.key);
    expect(findValidKey(keys, 'A2', end - 1)).toBeUndefined();
  });

  it('withholds a certificate from the very moment at which it expires', () => {
    expect(findValidKey(keys, 'A1', end)).toBeUndefined();
    expect(findValidKey(keys, 'A1', end + 1)).toBeUndefined();
  });

  it('never withholds a public key, which has no end', () => {
    expect(findValidKey(keys, 'PUB_KEY_ID_1', Number.MAX_SAFE_INTEGER)).toBe(known.key);
  });
});

describe('KeyMaterialError', () => {
  it('holds no part of the material', () => {
    const damaged = privatePem.slice(0, 800);
    const encrypted = createPrivateKey(privatePem)
      .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString();

    for (const pem of [damaged, encrypted]) {
      const error = errorOf(() => parsePrivateKey(pem));
      const text = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;

      const body = pem.split('\n').slice(1, -2);
      expect(body.length).toBeGreaterThan(5);
      expect(body.filter((line) => line !== '' && text.includes(line))).toEqual([]);
    }
  });
});
