import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Header values as lists are sent as repeated headers, which `fetch` cannot do. */
export async function httpPost(
  url: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string | Uint8Array,
  method = 'POST',
): Promise<HttpAnswer> {
  const sent = request(url, { method, agent: false });
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) sent.setHeader(name, value);
  }
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) };
}
