import { verify } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { SingleMerchantOptions } from 'nestjs-wechatpay-complaint';
import { signNotificationBody, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { authorizationOf, type Client, startClient, startServer } from './client-bench.js';

export interface ReceivedCall {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A JSON body, signed unless the status is an error; or a function that writes the response. */
export type ServedResponse =
  { readonly status?: number; readonly json?: unknown } | ((response: ServerResponse) => void);

/** @param index of the request, from 0 */
export type Respond = (
  call: ReceivedCall,
  index: number,
) => ServedResponse | Promise<ServedResponse>;

export interface ComplaintServer {
  readonly url: string;
  /** Every request that arrived, oldest first. */
  readonly calls: ReceivedCall[];
}

/** A server whose responses the test chooses. By default the status is 204. */
export async function startComplaintServer(
  merchant: TestMerchant,
  respond: Respond = () => ({}),
): Promise<ComplaintServer> {
  const calls: ReceivedCall[] = [];
  const url = await startServer((request, response) => {
    const handle = async (): Promise<void> => {
      const { method = '', url: target = '', headers } = request;
      const call = { method, target, headers, body: await buffer(request) };
      calls.push(call);
      const given = await respond(call, calls.length - 1);
      if (typeof given === 'function') {
        given(response);
        return;
      }
      const body = given.json === undefined ? '' : JSON.stringify(given.json);
      const { status = body === '' ? 204 : 200 } = given;
      const signature = status < 300 ? signNotificationBody(merchant, body) : {};
      response.writeHead(status, signature).end(body);
    };
    handle().catch((error: unknown) => {
      response.destroy(error as Error);
    });
  });
  return { url, calls };
}

export interface ComplaintBench extends Client, ComplaintServer {}

/** Such a server, and a module that uses it. */
export async function startComplaintBench(
  merchant: TestMerchant,
  respond?: Respond,
  options: Partial<SingleMerchantOptions> = {},
): Promise<ComplaintBench> {
  const server = await startComplaintServer(merchant, respond);
  const client = await startClient({ ...merchant.options, baseUrls: [server.url], ...options });
  return { ...server, ...client };
}

/** Whether a request has the merchant's signature over this text in place of its body. */
export function isSignedOver(merchant: TestMerchant, call: ReceivedCall, text: string): boolean {
  const [timestamp, nonce, signature] = ['timestamp', 'nonce_str', 'signature'].map((name) =>
    authorizationOf(call, name),
  );
  const message = `${call.method}\n${call.target}\n${timestamp}\n${nonce}\n${text}\n`;
  return verify(
    'RSA-SHA256',
    Buffer.from(message),
    merchant.certificate,
    Buffer.from(signature ?? '', 'base64'),
  );
}
