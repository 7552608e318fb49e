import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** A header value that is a list is sent as a repeated header, which `fetch` cannot do. */
export async function httpPost(
  url: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string | Uint8Array,
  method = 'POST',
): Promise<HttpResponse> {
  const sent = request(url, { method, agent: false });
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) sent.setHeader(name, value);
  }
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: await text(response),
  };
}
