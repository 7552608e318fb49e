import { beforeAll, describe, expect, it } from '@jest/globals';
import { createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';
import { decryptRsaOaep, signRsaSha256, verifyRsaSha256 } from '../../../lib/protocol/rsa.js';
import { createTestPublicKey } from '../../../lib/testing/index.js';

const message = 'POST\n/v3/路径\n1554208460\nnonce\n{"summary":"投诉"}\n';

let privateKey: KeyObject;
let publicKey: KeyObject;
let otherPublicKey: KeyObject;

beforeAll(async () => {
  const [pair, other] = await Promise.all([createTestPublicKey(), createTestPublicKey()]);
  privateKey = pair.privateKey;
  publicKey = createPublicKey(pair.pem);
  otherPublicKey = createPublicKey(other.pem);
});

describe('signRsaSha256', () => {
  it('makes the same signature as WebCrypto with RSASSA-PKCS1-v1_5 and SHA-256', async () => {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
    const imported = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
    const expected = await webcrypto.subtle.sign(algorithm, imported, Buffer.from(message));

    const signature = await signRsaSha256(message, privateKey);

    expect(signature).toBe(Buffer.from(expected).toString('base64'));
  });

  it('signs text as UTF-8', async () => {
    const ofText = await signRsaSha256(message, privateKey);
    const ofBytes = await signRsaSha256(new TextEncoder().encode(message), privateKey);

    expect(ofText).toBe(ofBytes);
  });

  it.each([
    ['of another type', () => generateKeyPairSync('ed25519').privateKey],
    ['that is public', () => publicKey],
  ])('rejects with a key %s', async (_what, key) => {
    await expect(signRsaSha256(message, key())).rejects.toThrow();
  });
});

describe('verifyRsaSha256', () => {
  let signature: string;

  beforeAll(async () => {
    signature = await signRsaSha256(message, privateKey);
  });

  it('accepts the signature of the same message by the same key', () => {
    expect(verifyRsaSha256(Buffer.from(message), signature, publicKey)).toBe(true);
  });

  it('rejects another message', () => {
    expect(verifyRsaSha256(Buffer.from(`${message} `), signature, publicKey)).toBe(false);
  });

  it('rejects another key', () => {
    expect(verifyRsaSha256(Buffer.from(message), signature, otherPublicKey)).toBe(false);
  });

  it.each([0, 128, 255])('rejects a signature with one bit of byte %i flipped', (index) => {
    const bytes = Buffer.from(signature, 'base64');
    bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);

    expect(verifyRsaSha256(Buffer.from(message), bytes.toString('base64'), publicKey)).toBe(false);
  });

  it.each([
    ['an empty signature', ''],
    ['a short signature', 'AAAA'],
    ['a signature that is too long', 'A'.repeat(1368)],
    ['text that is not base64', '!'],
  ])('rejects %s without throwing', (_what, wrong) => {
    expect(verifyRsaSha256(Buffer.from(message), wrong, publicKey)).toBe(false);
  });
});

describe('decryptRsaOaep', () => {
  /** Encrypts with WebCrypto, which uses one hash for both OAEP and MGF1. */
  async function encrypt(bytes: Uint8Array, hash: string, key = publicKey): Promise<string> {
    const algorithm = { name: 'RSA-OAEP', hash };
    const spki = key.export({ type: 'spki', format: 'der' });
    const imported = await webcrypto.subtle.importKey('spki', spki, algorithm, false, ['encrypt']);
    return Buffer.from(await webcrypto.subtle.encrypt(algorithm, imported, bytes)).toString(
      'base64',
    );
  }

  it.each(['13800138000', '电话', ''])(
    'decrypts text that was encrypted with SHA-1: %j',
    async (text) => {
      expect(decryptRsaOaep(await encrypt(Buffer.from(text), 'SHA-1'), privateKey)).toBe(text);
    },
  );

  it('rejects another hash, another key, another length, and bytes that are not UTF-8', async () => {
    const phone = Buffer.from('13800138000');
    const sealed = [
      await encrypt(phone, 'SHA-256'),
      await encrypt(phone, 'SHA-1', otherPublicKey),
      (await encrypt(phone, 'SHA-1')).slice(4),
      await encrypt(Buffer.from([0xff, 0xfe]), 'SHA-1'),
      '',
    ];
    for (const ciphertext of sealed) {
      expect(() => decryptRsaOaep(ciphertext, privateKey)).toThrow();
    }
  });
});
