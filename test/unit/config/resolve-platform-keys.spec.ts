import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import {
  type OwnKeys,
  parseOrReport,
  resolvePlatformKeys,
} from '../../../lib/config/resolve-platform-keys.js';
import { KeyMaterialError } from '../../../lib/protocol/key-material-error.js';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
  type TestPlatformKey,
} from '../../../lib/testing/index.js';
import { collect, problem } from '../../support/option-problems.js';

const EXPIRY = new Date('2031-01-23T10:13:30Z');
const PUBLIC_KEY_ID = 'PUB_KEY_ID_0114232134912410000000000000';
const SERIAL = '5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC';
const OWN = "is the merchant's own certificate or key";
const UNNAMED = 'is named neither by PUB_KEY_ID_... nor by a hexadecimal serial number';
const BARE = 'is a public key under a name without PUB_KEY_ID_';

let merchant: TestMerchant;
let expiring: TestPlatformKey;

beforeAll(async () => {
  [merchant, expiring] = await Promise.all([
    createTestMerchant(),
    createTestCertificate({ notAfter: EXPIRY }),
  ]);
});

function resolve(entries: Record<string, unknown>, own: Partial<OwnKeys> = {}) {
  const defaults = {
    serial: merchant.serial,
    privateKey: createPrivateKey(merchant.privateKey),
    now: Date.now(),
  };
  return collect((report) => resolvePlatformKeys(entries, { ...defaults, ...own }, report));
}

const problemsOf = (entries: Record<string, unknown>, own?: Partial<OwnKeys>) =>
  resolve(entries, own).problems;
const namesOf = (entries: Record<string, unknown>) => [...resolve(entries).result.keys.keys()];

function spki(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function ownPublicKey(): string {
  return spki(createPublicKey(merchant.privateKey));
}

function withColons(serial: string): string {
  return serial.match(/../g)?.join(':').toLowerCase() ?? '';
}

describe('resolvePlatformKeys', () => {
  it('parses public keys and certificates, in order', () => {
    const { publicKey, platformCertificate: certificate } = merchant;
    const { result, problems } = resolve({
      [certificate.id]: certificate.pem,
      [publicKey.id]: publicKey.pem,
    });

    expect(problems).toEqual([]);
    expect([...result.keys.keys()]).toEqual([certificate.id, publicKey.id]);
    expect(result.keys.get(certificate.id)).toMatchObject({ serial: certificate.id });
    expect(result.keys.get(publicKey.id)?.key.equals(createPublicKey(publicKey.pem))).toBe(true);
    expect(result.expired).toEqual([]);
  });

  it.each<[string, (serial: string) => string]>([
    ['in lower case', (serial) => serial.toLowerCase()],
    ['as openssl prints it', (serial) => `serial=${serial}`],
    ['with colons', withColons],
    ['with white space around it', (serial) => ` ${serial}\n`],
  ])('reads the serial number of a certificate %s', (_how, write) => {
    const { id, pem } = merchant.platformCertificate;

    expect(namesOf({ [write(id)]: pem })).toEqual([id]);
  });

  it.each(['PUB_KEY_ID_1', 'PUB_KEY_ID_A_z9', ' pub_key_id_1 ', `PUB_KEY_ID_${'1'.repeat(53)}`])(
    'reads the id "%s" of a public key',
    (name) => {
      expect(namesOf({ [name]: merchant.publicKey.pem })).toEqual([name.trim().toUpperCase()]);
    },
  );

  it.each<[what: string, value: () => unknown, problem: string | RegExp, fix: RegExp]>([
    ['nothing', () => undefined, 'is missing', /pub_key\.pem/],
    ['an empty text', () => '', 'is empty', /pub_key\.pem/],
    ['a number', () => 42, /^is of type number/, /pub_key\.pem/],
    ['a word', () => 'key', 'is not PEM text', /pub_key\.pem/],
    ['a path', () => '/run/secrets/pub_key', /^is the path of a file/, /readFileSync/],
    ['a damaged key', damaged, /^is damaged/, /pub_key\.pem/],
    ['an EC key', () => spki(ecKey()), 'is a key of type ec, not RSA', /merchant console/],
    ['an RSA key of 1024 bits', () => spki(shortKey()), /1024 bits, at least 2048/, /new key/],
    ["the merchant's private key", () => merchant.privateKey, 'is a private key', /your own/],
    ["the merchant's public key", ownPublicKey, OWN, /keys of WeChat Pay only/],
    ["the merchant's certificate", () => merchant.certificate, OWN, /平台证书/],
    [
      'a certificate',
      () => merchant.platformCertificate.pem,
      'holds a certificate under the id of a public key',
      /^Give pub_key\.pem, or name the entry by the serial number of the certificate, [0-9A-F]{40}\./,
    ],
  ])('rejects %s under the id of a public key', (_what, value, text, fix) => {
    expect(problemsOf({ [PUBLIC_KEY_ID]: value() })).toEqual([
      problem(`platformKeys['${PUBLIC_KEY_ID}']`, text, fix),
    ]);
  });

  it.each<[what: string, name: () => string, value: () => unknown, problem: string, fix: RegExp]>([
    ["the merchant's public key", () => SERIAL, ownPublicKey, OWN, /keys of WeChat Pay only/],
    [
      "the merchant's certificate under its serial number",
      () => merchant.serial,
      () => merchant.certificate,
      OWN,
      /平台证书/,
    ],
    [
      "a key of WeChat Pay under the merchant's serial number",
      () => withColons(merchant.serial),
      () => merchant.publicKey.pem,
      OWN,
      /keys of WeChat Pay only/,
    ],
    ['a name of another form', () => 'publicKey', () => merchant.publicKey.pem, UNNAMED, /公钥ID/],
    ['an empty name', () => '', () => merchant.publicKey.pem, UNNAMED, /公钥ID/],
    [
      'a name that is too long',
      () => 'A'.repeat(65),
      () => merchant.publicKey.pem,
      UNNAMED,
      /公钥ID/,
    ],
  ])('rejects %s', (_what, name, value, text, fix) => {
    expect(problemsOf({ [name()]: value() })).toEqual([
      problem(`platformKeys['${name()}']`, text, fix),
    ]);
  });

  it('rejects a public key under an id without its prefix, and names the whole id', () => {
    const id = '0114232134912410000000000000';

    expect(problemsOf({ [id]: merchant.publicKey.pem })).toEqual([
      problem(`platformKeys['${id}']`, BARE, new RegExp(`such as PUB_KEY_ID_${id}\\.`)),
    ]);
  });

  it('rejects the bare key of a certificate under its serial number', () => {
    const { id, pem } = merchant.platformCertificate;

    expect(problemsOf({ [id]: new X509Certificate(pem).publicKey })).toEqual([
      problem(
        `platformKeys['${id}']`,
        BARE,
        /Under a serial number, give the platform certificate/,
      ),
    ]);
  });

  // As after [process.env.A ?? '']: key and serial: process.env.B ?? '', with neither of them set.
  it('does not take an empty name for an own serial number that is missing', () => {
    expect(problemsOf({ '': merchant.publicKey.pem }, { serial: '' })).toEqual([
      problem("platformKeys['']", UNNAMED, /公钥ID/),
    ]);
  });

  it('does not look for the own key if privateKey is faulty', () => {
    expect(problemsOf({ [PUBLIC_KEY_ID]: ownPublicKey() }, { privateKey: undefined })).toEqual([]);
  });

  it('rejects a certificate under another serial number, and names its own', () => {
    const { id, pem } = merchant.platformCertificate;

    expect(problemsOf({ [SERIAL]: pem })).toEqual([
      problem(
        `platformKeys['${SERIAL}']`,
        `holds the certificate with serial number ${id}`,
        /^Name the entry by that serial number/,
      ),
    ]);
  });

  it.each<[string, (id: string) => string, (id: string) => string]>([
    ['in another case', (id) => id.toLowerCase(), (id) => `platformKeys['${id.toLowerCase()}']`],
    ['with a space', (id) => `${id} `, (id) => `platformKeys['${id} ']`],
    ['with a line feed', (id) => `${id}\n`, () => 'platformKeys[1]'],
  ])('rejects a name that is given twice, once %s', (_how, write, option) => {
    const { id, pem } = merchant.publicKey;

    expect(problemsOf({ [id]: pem, [write(id)]: pem })).toEqual([
      problem(option(id), 'is given twice', /^Keep one/),
    ]);
  });

  it('lists expired certificates from the moment at which they expire, and keeps them', () => {
    const entries = { [expiring.id]: expiring.pem };
    const before = resolve(entries, { now: EXPIRY.getTime() - 1 }).result;
    const { result, problems } = resolve(entries, { now: EXPIRY.getTime() });

    expect(before.expired).toEqual([]);
    expect(problems).toEqual([]);
    expect([...result.keys.keys()]).toEqual([expiring.id]);
    expect(result.expired).toEqual([
      problem(
        `platformKeys['${expiring.id}']`,
        'holds a certificate that expired on 2031-01-23T10:13:30.000Z',
        /successor/,
      ),
    ]);
  });

  it('does not repeat a name that may be key material', () => {
    const { problems } = resolve({ [merchant.privateKey]: 'A1' });

    expect(problems).toHaveLength(1);
    expect(problems[0]?.option).toBe('platformKeys[0]');
  });
});

describe('parseOrReport', () => {
  it('reports key material that cannot be read', () => {
    const parse = (): string => {
      throw new KeyMaterialError('is missing', 'Give it.');
    };

    expect(collect((report) => parseOrReport('privateKey', parse, report))).toEqual({
      result: undefined,
      problems: [{ option: 'privateKey', problem: 'is missing', fix: 'Give it.' }],
    });
  });

  it('does not take any other error for a fault of the key', () => {
    const parse = (): string => {
      throw new RangeError('the vault is sealed');
    };

    expect(() => collect((report) => parseOrReport('privateKey', parse, report))).toThrow(
      new RangeError('the vault is sealed'),
    );
  });
});

function damaged(): string {
  return merchant.publicKey.pem.replace(/\n.{64}\n/, '\n');
}

function ecKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
}

function shortKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
}
