import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { checkRoute } from '../../../../lib/cli/doctor/route.check.js';
import { createHttpService } from '../../../../lib/http/http-service.js';

const OURS = '{"code":"FAIL","message":"The signature is wrong"}';
const settings = { isSimulated: false, serial: 'PUB_KEY_ID_0' };

describe('checkRoute', () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  /** A real server with one response. */
  async function serve(respond: (response: ServerResponse) => void): Promise<string> {
    server = createServer((request, response) => {
      const { 'wechatpay-signature': signature = '' } = request.headers;
      if (!String(signature).startsWith('WECHATPAY/SIGNTEST/')) response.writeHead(418).end();
      else respond(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/complaints`;
  }

  it.each([
    [401, OURS, 'ok', 'refuses a signature probe with 401'],
    [204, '', 'fault', 'with 204'],
    [301, '', 'fault', 'with 301'],
    [404, '{"message":"Cannot POST"}', 'fault', 'with 404'],
    [405, '', 'fault', 'with 405'],
    [502, '<html>', 'fault', 'with 502'],
    [401, '{"message":"Log in"}', 'warning', 'with 401: Log in'],
    [400, '{"code":"FAIL","message":"A signature header is missing"}', 'warning', 'is missing'],
    [403, '<html>', 'warning', 'with 403'],
  ])('takes %i %s for %s', async (status, body, expected, text) => {
    const url = await serve((response) => response.writeHead(status).end(body));
    await expect(checkRoute(url, createHttpService(), settings)).resolves.toMatchObject({
      status: expected,
      text: expect.stringContaining(text),
    });
  });

  it('follows no redirect and reads no endless body', async () => {
    const url = await serve((response) => response.writeHead(200).end('x'.repeat(100_000)));
    await expect(checkRoute(url, createHttpService(), settings)).resolves.toMatchObject({
      status: 'fault',
      text: expect.stringContaining('maxContentLength'),
    });
  });

  it('probes another origin when it is told to', async () => {
    const { origin } = new URL(await serve((response) => response.writeHead(401).end(OURS)));
    await expect(
      checkRoute('https://shop.example.com/complaints', createHttpService(), {
        ...settings,
        app: origin,
      }),
    ).resolves.toMatchObject({
      status: 'ok',
      text: expect.stringContaining(`${origin}/complaints`),
    });
  });

  it('is skipped without a URL, and when only the simulator knows the host', async () => {
    const http = createHttpService();
    await expect(checkRoute(undefined, http, settings)).resolves.toMatchObject({
      status: 'skipped',
    });
    await expect(
      checkRoute('https://shop.example.com/a', http, { ...settings, isSimulated: true }),
    ).resolves.toMatchObject({ status: 'skipped' });
  });
});
