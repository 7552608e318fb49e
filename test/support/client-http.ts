import { sign } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { startServer } from './client-bench.js';

export interface RequestToSign {
  readonly method?: string;
  readonly target: string;
  readonly body?: string;
  /** Seconds since 1970. */
  readonly timestamp?: number;
  readonly mchid?: string;
  readonly serial?: string;
  readonly privateKey?: string;
}

/** The headers of a signed request, written with Node's crypto alone. Any part may be wrong. */
export function signedHeaders(
  merchant: TestMerchant,
  {
    method = 'GET',
    target,
    body = '',
    timestamp = Math.floor(Date.now() / 1000),
    mchid = merchant.mchid,
    serial = merchant.serial,
    privateKey = merchant.privateKey,
  }: RequestToSign,
): Record<string, string> {
  const nonce = '593BEC0C930BF1AFEB40B4A08C8FB242';
  const message = `${method}\n${target}\n${timestamp}\n${nonce}\n${body}\n`;
  const signature = sign('RSA-SHA256', Buffer.from(message), privateKey).toString('base64');
  return {
    Accept: 'application/json',
    'User-Agent': 'test',
    ...(body !== '' && { 'Content-Type': 'application/json' }),
    Authorization:
      `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",` +
      `signature="${signature}",timestamp="${timestamp}",serial_no="${serial}"`,
  };
}

export interface ReceivedPost {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  /** All requests received, oldest first. */
  readonly posts: ReceivedPost[];
}

/**
 * Starts a stand-in for an app that receives notifications. It responds to the nth POST with the nth
 * of these statuses, and keeps to the last one. `hang` sends no response.
 */
export async function startReceiver(...statuses: (number | 'hang')[]): Promise<Receiver> {
  const posts: ReceivedPost[] = [];
  const url = await startServer((request, response) => {
    const status = statuses.length > 1 ? statuses.shift() : statuses[0];
    void text(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      posts.push({ method, path, headers, body });
      if (status !== 'hang') response.writeHead(status ?? 204).end();
    });
  });
  return { url, posts };
}
