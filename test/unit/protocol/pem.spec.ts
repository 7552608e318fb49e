import { beforeAll, describe, expect, it } from '@jest/globals';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { KeyMaterialError } from '../../../lib/protocol/key-material-error.js';
import { readPem } from '../../../lib/protocol/pem.js';
import {
  createTestCertificate,
  createTestPublicKey,
  type TestPlatformKey,
} from '../../../lib/testing/index.js';

const FIX = 'Give the key.';
const DER = 'is in binary form (DER or PKCS#12), not PEM';
const BARE = 'has lost its BEGIN and END lines';
const FIRST_LINE = 'is only the first line of a PEM';
const NO_END = 'is cut off: its END line is missing';
const DAMAGED = 'is damaged: the content between its BEGIN and END lines cannot be read';

let publicKey: TestPlatformKey;
let certificate: TestPlatformKey;
let pem: string;

beforeAll(async () => {
  [publicKey, certificate] = await Promise.all([createTestPublicKey(), createTestCertificate()]);
  pem = publicKey.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
});

function errorOf(text: string): KeyMaterialError {
  try {
    readPem(text, FIX);
  } catch (error) {
    if (error instanceof KeyMaterialError) return error;
    throw error;
  }
  throw new Error('The text was accepted.');
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const inLines = (text: string): string => text.replaceAll(/.{76}/g, '$&\n');

/** Every way in which environments and files are known to hand over a PEM. */
const FORMS: readonly (readonly [how: string, write: (pem: string) => string])[] = [
  ['as its file has it', (text) => text],
  ['without a line feed at the end', (text) => text.trim()],
  ['with CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['on one line with literal \\n', (text) => text.replaceAll('\n', '\\n')],
  ['on one line with literal \\r\\n', (text) => text.replaceAll('\n', '\\r\\n')],
  ['on one line with \\n escaped twice', (text) => text.replaceAll('\n', '\\\\n')],
  [
    'with literal \\n and a real one at the end',
    (text) => `${text.trim().replaceAll('\n', '\\n')}\n`,
  ],
  ['with spaces for line feeds', (text) => text.replaceAll('\n', ' ')],
  ['without its line feeds', (text) => text.replaceAll('\n', '')],
  ['without any white space', (text) => text.replaceAll(/\s/g, '')],
  ['indented, as YAML has it', (text) => text.replaceAll(/^/gm, '    ')],
  ['indented by tabs', (text) => text.replaceAll(/^/gm, '\t\t')],
  ['as an indented template literal', (text) => `\n${text.replaceAll(/^/gm, '      ')}`],
  ['with literal \\n before spaces', (text) => text.replaceAll('\n', '\\n  ')],
  ['with an empty line after each line', (text) => text.replaceAll('\n', '\n\n')],
  ['with a backslash at the end of each line', (text) => text.replaceAll('\n', '\\\n')],
  ['with slashes escaped, as PHP writes JSON', (text) => text.replaceAll('/', '\\/')],
  ['in double quotes', (text) => `"${text}"`],
  ['in single quotes', (text) => `'${text.trim()}'`],
  ['in double quotes with literal \\n', (text) => `"${text.replaceAll('\n', '\\n')}"`],
  ['in quotes with spaces for line feeds', (text) => `"${text.replaceAll('\n', ' ')}"`],
  ['with text in front, as openssl pkcs12 writes it', (text) => `Bag Attributes\n${text}`],
  ['with a byte order mark', (text) => `\ufeff${text}`],
  ['as base64 of the whole file', base64],
  ['as base64 in lines', (text) => inLines(base64(text))],
  ['as base64 in quotes', (text) => `"${base64(text)}"`],
  ['as base64 of a file with CRLF', (text) => base64(text.replaceAll('\n', '\r\n'))],
];

describe('readPem', () => {
  describe.each(FORMS)('reads a text %s', (_how, write) => {
    it('with a private key', () => {
      const [{ kind, text }, ...others] = readPem(write(pem), FIX);

      expect(kind).toBe('private');
      expect(createPrivateKey(text).equals(publicKey.privateKey)).toBe(true);
      expect(others).toEqual([]);
    });

    it('with a public key', () => {
      const [{ kind, text }] = readPem(write(publicKey.pem), FIX);

      expect(kind).toBe('public');
      expect(createPublicKey(text).equals(createPublicKey(publicKey.pem))).toBe(true);
    });

    it('with a certificate', () => {
      const [{ kind, text }] = readPem(write(certificate.pem), FIX);

      expect(kind).toBe('certificate');
      expect(createPublicKey(text).equals(createPublicKey(certificate.pem))).toBe(true);
    });
  });

  it('reads every block, in order', () => {
    const blocks = readPem(`${certificate.pem}${pem}${publicKey.pem}`, FIX);

    expect(blocks.map(({ kind }) => kind)).toEqual(['certificate', 'private', 'public']);
  });

  it.each(['pkcs8', 'pkcs1'] as const)('recognises an encrypted private key in %s', (type) => {
    const encrypted = publicKey.privateKey
      .export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString();

    for (const text of [encrypted, encrypted.replaceAll('\n', '\\n')]) {
      expect(readPem(text, FIX).map(({ kind }) => kind)).toEqual(['encrypted']);
    }
  });

  it('tells blocks of an unknown kind apart', () => {
    const text = `-----BEGIN X509 CRL-----\n${base64('list')}\n-----END X509 CRL-----\n`;

    expect(readPem(text, FIX).map(({ kind }) => kind)).toEqual(['other']);
  });

  it.each<[what: string, text: () => string, problem: string]>([
    ['nothing', () => '', 'is empty'],
    ['white space', () => ' \n\t', 'is empty'],
    ['quotes around nothing', () => '""', 'is empty'],
    ['a word', () => 'apiclient_key', 'is not PEM text'],
    ['words', () => 'the key of the shop', 'is not PEM text'],
    ['a word in base64', () => base64('apiclient_key'), 'is not PEM text'],
    ['DER as text', () => Buffer.from(der(pem)).toString(), DER],
    ['DER byte by byte', () => Buffer.from(der(pem)).toString('latin1'), DER],
    ['base64 without BEGIN and END', () => base64Of(pem), BARE],
    ['base64 without BEGIN and END, in lines', () => inLines(base64Of(pem)), BARE],
    ['base64 of a public key without BEGIN and END', () => base64Of(publicKey.pem), BARE],
    ['its first line alone', () => '-----BEGIN PRIVATE KEY-----', FIRST_LINE],
    ['its first line with a quote', () => '"-----BEGIN PRIVATE KEY-----', FIRST_LINE],
    ['its first line up to the first space', () => '-----BEGIN', FIRST_LINE],
    ['base64 of its first line', () => base64('-----BEGIN PRIVATE KEY-----\n'), FIRST_LINE],
    ['its beginning', () => pem.slice(0, 800), NO_END],
    ['its beginning on one line', () => pem.slice(0, 800).replaceAll('\n', '\\n'), NO_END],
    ['an END line of another block', () => pem.replace('END PRIVATE', 'END PUBLIC'), NO_END],
    ['its end', () => pem.slice(800), 'is cut off: its BEGIN line is missing'],
    ['other content', () => withContent(pem, 'hello, world!'), DAMAGED],
    ['no content', () => withContent(pem, ''), DAMAGED],
  ])('names the cause for %s', (_what, text, problem) => {
    expect(errorOf(text())).toMatchObject({ problem, fix: expect.stringMatching(/./) });
  });

  it.each([
    './certs/apiclient_key.pem',
    'apiclient_key.pem',
    'pub_key.PEM',
    'wechatpay.crt',
    'apiclient_cert.p12',
    '/run/secrets/wechatpay_key',
    '/run/secrets/pub_key.pem',
    'secrets/wechatpay',
    '~/wechatpay/key',
    '../key',
    'C:\\certs\\a.key\r\n',
    'certs\\商户\\key',
    'file:///run/secrets/wechatpay_key',
    '"/run/secrets/wechatpay_key"',
  ])('recognises the path %s', (path) => {
    const { problem, fix } = errorOf(path);

    expect(problem).toBe('is the path of a file, not its content');
    expect(fix).toMatch(/readFileSync\(path\).*_PATH/);
  });

  it('says how to pass several lines when only some have arrived', () => {
    for (const text of ['-----BEGIN PRIVATE KEY-----', pem.slice(0, 800), pem.slice(800)]) {
      expect(errorOf(text).fix).toMatch(/quotes.*\\n.*base64/);
    }
  });

  it('holds no part of the text in its errors', () => {
    const texts = [pem.slice(0, 800), pem.slice(800), withContent(pem, 'hello!'), base64Of(pem)];
    for (const text of texts) {
      const error = errorOf(text);
      const shown = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;

      const lines = text.split('\n').filter((line) => line !== '' && !line.includes('-----'));
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.filter((line) => shown.includes(line))).toEqual([]);
    }
  });

  it('reads a long text that is never closed', () => {
    const long = `-----BEGIN PRIVATE KEY-----${randomBytes(100_000).toString('base64')}`;

    expect(errorOf(long).problem).toBe(NO_END);
  });
});

function base64Of(text: string): string {
  return text.replaceAll(/-----.+-----|\s/g, '');
}

function der(text: string): Uint8Array {
  return Buffer.from(base64Of(text), 'base64');
}

function withContent(text: string, content: string): string {
  const [begin, end] = text.match(/-----.+-----/g) ?? [];
  return `${begin}\n${content}\n${end}\n`;
}
