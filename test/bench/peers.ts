import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TestMerchant } from '../../lib/testing/index.js';

/**
 * What only the benchmark needs is installed in its own folder, out of the root's tree. This file
 * runs from `build/`, so that folder has to be named. None of the three has types of its own that
 * the root's type check could find: what is used of them is told here.
 */
const load = createRequire(join(process.cwd(), 'test/bench/package.json'));

/** https://github.com/klover2/wechatpay-node-v3-ts */
export interface WechatpayNodeV3 {
  verifySign(message: {
    readonly timestamp: string;
    readonly nonce: string;
    readonly serial: string;
    readonly signature: string;
    readonly body: string;
  }): Promise<boolean>;
  decipher_gcm(ciphertext: string, associatedData: string, nonce: string): unknown;
  getSignature(
    method: string,
    nonce: string,
    timestamp: string,
    url: string,
    body?: object,
  ): string;
  getAuthorization(nonce: string, timestamp: string, signature: string): string;
}

export const WechatpayNodeV3: {
  new (options: {
    readonly appid: string;
    readonly mchid: string;
    readonly publicKey: Buffer;
    readonly privateKey: Buffer;
    readonly key: string;
  }): WechatpayNodeV3;
  /** Its cache of downloaded platform certificates: PEM public keys by serial. */
  certificates: Record<string, string>;
} = load('wechatpay-node-v3');

export function createNodeV3({
  mchid,
  certificate,
  privateKey,
  apiV3Key,
}: TestMerchant): WechatpayNodeV3 {
  return new WechatpayNodeV3({
    appid: 'wx0000000000000000',
    mchid,
    publicKey: Buffer.from(certificate),
    privateKey: Buffer.from(privateKey),
    key: apiV3Key,
  });
}

/** https://github.com/TheNorthMemory/wechatpay-axios-plugin */
export const {
  Rsa,
  Aes,
  Formatter,
}: {
  Rsa: {
    from(pem: string, type: 'public' | 'private'): object;
    sign(message: string, privateKey: object): string;
    verify(message: string, signature: string, publicKey: object): boolean;
  };
  Aes: {
    AesGcm: {
      decrypt(ciphertext: string, apiV3Key: string, nonce: string, associatedData: string): string;
    };
  };
  Formatter: {
    nonce(): string;
    timestamp(): number;
    request(method: string, url: string, timestamp: number, nonce: string, body?: string): string;
    response(timestamp: string, nonce: string, body: string): string;
    authorization(
      mchid: string,
      nonce: string,
      signature: string,
      timestamp: number,
      serial: string,
    ): string;
  };
} = load('wechatpay-axios-plugin');

/** What is used of https://github.com/mcollina/autocannon */
export interface LoadRequest {
  readonly method: 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const autocannon: (options: {
  readonly url: string;
  readonly connections: number;
  readonly amount: number;
  readonly sampleInt: number;
  readonly setupClient: (client: { setRequests(requests: readonly LoadRequest[]): void }) => void;
}) => Promise<{ readonly '2xx': number; readonly non2xx: number; readonly errors: number }> =
  load('autocannon');

/** The versions that were measured, by package. */
export function peerVersions(): Record<string, string> {
  return Object.fromEntries(
    ['wechatpay-node-v3', 'wechatpay-axios-plugin', 'autocannon'].map((name) => {
      const { version }: { version: string } = load(`${name}/package.json`);
      return [name, version];
    }),
  );
}
