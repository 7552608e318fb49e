import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const FIXTURE = join(import.meta.dirname, 'fixtures/behind-proxy.mjs');

describe.each([
  ['which HTTP clients look for', '0'],
  ['which Node itself looks for, where it can', '1'],
])('With proxies in the environment, %s', (_case, NODE_USE_ENV_PROXY) => {
  /** The value of X-Case, and the target, of every request that the proxy forwards. */
  const forwarded: (readonly [name: unknown, target: string | undefined])[] = [];
  let proxy: Server;
  let results: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    proxy = createServer((incoming, outgoing) => {
      const { method, url = '', headers } = incoming;
      forwarded.push([headers['x-case'], url]);
      const onward = request(url, { method, headers, agent: false }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
    proxy.on('connect', ({ url }, socket) => {
      forwarded.push(['CONNECT', url]);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const { NO_PROXY: _upper, no_proxy: _lower, ...others } = process.env;
    const env = {
      ...others,
      HTTP_PROXY: url,
      HTTPS_PROXY: url,
      http_proxy: url,
      https_proxy: url,
      NODE_USE_ENV_PROXY,
    };
    // The built package, in a process that has these variables from its start.
    const { stdout } = await promisify(execFile)(process.execPath, [FIXTURE], { env });
    results = JSON.parse(stdout) as typeof results;
  }, 60_000);
  afterAll(() => {
    proxy.close();
    proxy.closeAllConnections();
  });

  it('an app with options of its own uses them', () => {
    expect(results.withoutKit).toBe(results.callbackUrl);
    expect(forwarded.map(([name]) => name)).toContain('without-kit');
  });

  it('nothing of the test kit uses them', () => {
    const { callbackUrl } = results;
    expect(results).toEqual({
      callbackUrl,
      delivery: expect.objectContaining({ accepted: true }),
      byOptions: callbackUrl,
      byEnvironmentOfAnApp: callbackUrl,
      ...(NODE_USE_ENV_PROXY === '0' && { byEnvironment: callbackUrl }),
      withoutKit: callbackUrl,
    });
    expect(forwarded.map(([name]) => name)).toEqual(['without-kit']);
  });
});
