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

/** The headers of a request, made by Node's means alone; what is given may be wrong. */
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
  /** Everything that came in, oldest first. */
  readonly posts: ReceivedPost[];
}

/**
 * An app that is posted to, reduced to its answers: the first of them to the first post, and so
 * on, the last one for ever. `hang` is none.
 */
export async function startReceiver(...answers: (number | 'hang')[]): Promise<Receiver> {
  const posts: ReceivedPost[] = [];
  const url = await startServer((request, response) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    void text(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      posts.push({ method, path, headers, body });
      if (answer !== 'hang') response.writeHead(answer ?? 204).end();
    });
  });
  return { url, posts };
}
