import { setTimeout as delay } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  signComplaintNotification,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, startServer } from '../support/client-bench.js';
import { listed } from '../support/client-certificates.js';
import { deferred } from '../support/deferred.js';
import { closeApps } from '../support/start-app.js';
import { until } from '../support/until.js';
import type { Delivery } from './delivery.js';
import { recordNotificationEvents } from './notification-events.js';
import { contentLength, post, RawConnection } from './raw-connection.js';
import { isRejection } from './rejections.js';
import { BARE_EXPRESS, serve, type ServedApp, SERVERS } from './served-app.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});

function genuine(id: string): Delivery {
  const { headers, body } = signComplaintNotification(merchant, { id });
  return { headers: Object.entries(headers), body: Buffer.from(body) };
}

/** The same headers, and with them the same signature, over another body. */
const withBody = ({ headers }: Delivery, body: Uint8Array): Delivery => ({
  headers,
  body: Buffer.from(body),
});

const without = ({ headers, body }: Delivery, name: string): Delivery => ({
  headers: headers.filter(([other]) => other !== name),
  body,
});

/** The body in chunks of `size` bytes. */
function chunked(body: Buffer, size: number, { extension = '', trailers = '' } = {}): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size);
    chunks.push(
      Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`),
      chunk,
      Buffer.from('\r\n'),
    );
  }
  return Buffer.concat([...chunks, Buffer.from(`0\r\n${trailers}\r\n`)]);
}

const CHUNKED = { lines: ['Transfer-Encoding: chunked'] };

describe.each(SERVERS)('Over a raw connection, $name', (server) => {
  let app: ServedApp;
  const events = recordNotificationEvents();

  beforeAll(async () => {
    app = await serve(server, merchant.options);
  });
  beforeEach(() => {
    events.length = 0;
    app.received.length = 0;
    app.logger.lines.length = 0;
  });
  afterAll(closeApps);

  const ids = (): string[] => app.received.map(({ id }) => id);

  async function send(...pieces: readonly (string | Uint8Array)[]): Promise<RawConnection> {
    const connection = await RawConnection.open(app.url);
    for (const piece of pieces) connection.write(piece);
    return connection;
  }

  const simple = (delivery: Delivery): Buffer =>
    post(delivery, { lines: [contentLength(delivery)] });

  /** The status of the first response. */
  async function statusOf(request: Uint8Array): Promise<number | undefined> {
    const connection = await send(request);
    const [status] = await connection.statuses(1);
    connection.hangUp();
    return status;
  }

  describe('accepts a genuine notification', () => {
    it('that arrives a few bytes at a time', async () => {
      const connection = await send();
      const request = simple(genuine('EV-drips'));
      const size = Math.ceil(request.length / 40);
      for (let at = 0; at < request.length; at += size) {
        connection.write(request.subarray(at, at + size));
        await delay(5);
      }
      expect(await connection.statuses(1)).toEqual([204]);
      connection.hangUp();
      expect(ids()).toEqual(['EV-drips']);
    });

    it.each([
      ['of one byte', 1, {}],
      ['of many bytes', 300, {}],
      ['with extensions', 97, { extension: ';name="value"' }],
      ['with trailers', 97, { trailers: 'Wechatpay-Nonce: other\r\nX-Sum: 1\r\n' }],
    ])('in chunks %s', async (_description, size, extras) => {
      const delivery = genuine('EV-chunks');
      const request = post(withBody(delivery, chunked(delivery.body, size, extras)), CHUNKED);
      expect(await statusOf(request)).toBe(204);
      expect(ids()).toEqual(['EV-chunks']);
    });

    it('over HTTP/1.0, and closes the connection', async () => {
      const delivery = genuine('EV-old');
      const connection = await send(
        post(delivery, { version: 'HTTP/1.0', lines: [contentLength(delivery)] }),
      );
      await connection.closed();
      expect(await connection.statuses(1)).toEqual([204]);
      expect(ids()).toEqual(['EV-old']);
    });

    it('with a target in absolute form', async () => {
      const delivery = genuine('EV-target');
      const target = 'http://shop.example/complaints';
      expect(await statusOf(post(delivery, { target, lines: [contentLength(delivery)] }))).toBe(
        204,
      );
      expect(ids()).toEqual(['EV-target']);
    });

    it('with header names in mixed case', async () => {
      const { headers, body } = genuine('EV-case');
      const odd = headers.map(([name, value], index) => [
        index % 2 === 0 ? name.toUpperCase() : name.toLowerCase().replace('w', 'W'),
        value,
      ]) as unknown as Delivery['headers'];
      expect(await statusOf(simple({ headers: odd, body }))).toBe(204);
      expect(ids()).toEqual(['EV-case']);
    });

    it('after 100 Continue', async () => {
      const delivery = genuine('EV-continue');
      const connection = await send(
        post(withBody(delivery, Buffer.alloc(0)), {
          lines: [contentLength(delivery), 'Expect: 100-continue'],
        }),
      );
      expect(await connection.statuses(1)).toEqual([100]);
      connection.write(delivery.body);
      expect(await connection.statuses(2)).toEqual([100, 204]);
      connection.hangUp();
      expect(ids()).toEqual(['EV-continue']);
    });

    it('that is pipelined behind another one', async () => {
      const connection = await send(
        Buffer.concat([simple(genuine('EV-1')), simple(genuine('EV-2'))]),
      );
      expect(await connection.statuses(2)).toEqual([204, 204]);
      connection.hangUp();
      expect(ids()).toEqual(['EV-1', 'EV-2']);
    });

    it('behind rejected ones on the same connection', async () => {
      const forged = genuine('EV-forged');
      const strangers = {
        headers: [['Content-Type', 'application/json']] as const,
        body: Buffer.from('{}'),
      };
      const connection = await send(
        Buffer.concat([
          simple(withBody(forged, Buffer.concat([forged.body, Buffer.from(' ')]))),
          simple(without(forged, 'Wechatpay-Nonce')),
          simple(strangers),
          simple(genuine('EV-after')),
        ]),
      );
      expect(await connection.statuses(4)).toEqual([401, 400, 400, 204]);
      connection.hangUp();
      for (const { status, body } of connection.responses.slice(0, 3)) {
        expect(isRejection(status, JSON.parse(body))).toBe(true);
      }
      expect(ids()).toEqual(['EV-after']);
    });
  });

  describe('does not handle a notification', () => {
    it.each([0, 1, 300])('whose connection ends after %i bytes of the body', async (length) => {
      const delivery = genuine('EV-torn');
      const request = simple(delivery);
      const connection = await send(
        request.subarray(0, request.length - delivery.body.length + length),
      );
      await delay(20);
      connection.hangUp();
      // The server may not have noticed yet. The next notification must not be affected.
      expect(await statusOf(simple(genuine('EV-next')))).toBe(204);
      expect(ids()).toEqual(['EV-next']);
      expect(app.logger.ours('error')).toEqual([]);
    });

    it('whose length is too short, nor take the rest for a request', async () => {
      const delivery = genuine('EV-short');
      const connection = await send(
        post(delivery, { lines: [`Content-Length: ${delivery.body.length - 100}`] }),
      );
      await connection.closed();
      const [first, ...others] = await connection.statuses(1);
      expect([400, 401]).toContain(first);
      expect(others.filter((status) => status < 400)).toEqual([]);
      expect(ids()).toEqual([]);
    });

    it('whose length is too long, but waits for the rest until the sender hangs up', async () => {
      const delivery = genuine('EV-long');
      const connection = await send(
        post(delivery, { lines: [`Content-Length: ${delivery.body.length + 1}`] }),
      );
      await delay(50);
      expect(connection.responses).toEqual([]);
      connection.hangUp();
      expect(await statusOf(simple(genuine('EV-next')))).toBe(204);
      expect(ids()).toEqual(['EV-next']);
    });

    it.each<[description: string, lines: (length: number) => string[]]>([
      ['two lengths', (length) => [`Content-Length: ${length}`, `Content-Length: ${length + 1}`]],
      ['a length and chunks', (length) => [`Content-Length: ${length}`, ...CHUNKED.lines]],
      ['a negative length', () => ['Content-Length: -1']],
      ['a length with a sign', (length) => [`Content-Length: +${length}`]],
      ['a length that is not a number', () => ['Content-Length: all']],
      ['a length of 40 digits', () => [`Content-Length: ${'9'.repeat(40)}`]],
      ['chunks that are not chunks', () => CHUNKED.lines],
      ['an unknown transfer encoding', () => ['Transfer-Encoding: xchunked']],
      ['chunks within gzip', () => ['Transfer-Encoding: chunked, gzip']],
    ])('that is framed by %s', async (_description, lines) => {
      const delivery = genuine('EV-framed');
      const connection = await send(post(delivery, { lines: lines(delivery.body.length) }));
      await connection.closed();
      expect((await connection.statuses(1)).every((status) => status >= 400 && status < 500)).toBe(
        true,
      );
      expect(ids()).toEqual([]);
    });

    it('whose signature is in the trailers only', async () => {
      const delivery = genuine('EV-trailers');
      const [, signature] = delivery.headers.find(([name]) => name === 'Wechatpay-Signature') ?? [];
      const trailers = `Wechatpay-Signature: ${String(signature)}\r\n`;
      const body = chunked(delivery.body, 100, { trailers });
      const request = post(without(withBody(delivery, body), 'Wechatpay-Signature'), CHUNKED);
      expect(await statusOf(request)).toBe(400);
      expect(events.map(({ code }) => code)).toEqual(['MISSING_HEADERS']);
      expect(ids()).toEqual([]);
    });

    it.each(['Wechatpay-Timestamp', 'Wechatpay-Nonce', 'Wechatpay-Serial', 'Wechatpay-Signature'])(
      'with %s on two lines',
      async (name) => {
        const { headers, body } = genuine('EV-twice');
        const [, value] = headers.find(([other]) => other === name) ?? [];
        for (const second of [value, 'other', '']) {
          const request = simple({ headers: [...headers, [name.toLowerCase(), second]], body });
          expect(await statusOf(request)).toBe(400);
        }
        expect(events.map(({ code }) => code)).toEqual(Array(3).fill('MALFORMED_HEADERS'));
        expect(ids()).toEqual([]);
      },
    );

    it.each([
      ['NUL', 'a\0b'],
      ['a bare CR', 'a\rb'],
      ['a bare LF that starts another line', 'a\nWechatpay-Nonce: b'],
      ['a folded line', 'a\r\n b'],
      ['DEL', 'a\x7fb'],
    ])('with a header that contains %s', async (_description, value) => {
      const { headers, body } = without(genuine('EV-control'), 'Wechatpay-Nonce');
      const request = simple({ headers: [...headers, ['Wechatpay-Nonce', value]], body });
      expect(await statusOf(request)).toBe(400);
      expect(ids()).toEqual([]);
    });

    it.each([
      ['Wechatpay-Nonce ', 'a space before the colon'],
      ['Wechatpay\0Nonce', 'NUL in its name'],
      ['Wechatpay-N\u00f6nce', 'letters beyond ASCII in its name'],
    ])('with a header named %j: %s', async (name) => {
      const { headers, body } = genuine('EV-name');
      expect(await statusOf(simple({ headers: [...headers, [name, 'a']], body }))).toBe(400);
      expect(ids()).toEqual([]);
    });

    it('with headers that are too large', async () => {
      const { headers, body } = genuine('EV-large');
      const request = simple({ headers: [...headers, ['X-Large', 'x'.repeat(20_000)]], body });
      expect(await statusOf(request)).toBe(431);
      expect(ids()).toEqual([]);
    });

    it('without a Host header', async () => {
      const request = simple(genuine('EV-host')).toString('latin1');
      const hostless = Buffer.from(request.replace('Host: shop.example\r\n', ''), 'latin1');
      expect(await statusOf(hostless)).toBe(400);
      expect(ids()).toEqual([]);
    });

    it('with an unknown expectation', async () => {
      const delivery = genuine('EV-expect');
      const request = post(delivery, { lines: [contentLength(delivery), 'Expect: miracles'] });
      expect(await statusOf(request)).toBe(417);
      expect(ids()).toEqual([]);
    });
  });

  describe('with a content encoding', () => {
    /** The parser of Express is the only one that decodes a body; the signature covers what it decodes. */
    const isDecoding = server.adapter === 'express' && server.nest.rawBody === true;
    const kind = server.adapter === 'fastify' ? 'fastify' : isDecoding ? 'express' : 'bare';
    const twice = (body: Buffer): Buffer => gzipSync(gzipSync(body));
    const cut = (body: Buffer): Buffer => gzipSync(body).subarray(0, -12);
    const bomb = (): Buffer => gzipSync(Buffer.alloc(20 * 1024 * 1024, ' '));
    const plain = (body: Buffer): Buffer => body;

    it.each([
      { encoding: 'gzip', encode: gzipSync, express: 204, fastify: 400, bare: 415 },
      { encoding: 'GZIP', encode: gzipSync, express: 204, fastify: 400, bare: 415 },
      { encoding: 'br', encode: brotliCompressSync, express: 204, fastify: 400, bare: 415 },
      { encoding: 'deflate', encode: deflateSync, express: 204, fastify: 400, bare: 415 },
      { encoding: 'gzip, gzip', encode: twice, express: 415, fastify: 400, bare: 415 },
      { encoding: 'unheard-of', encode: plain, express: 415, fastify: 204, bare: 415 },
      { encoding: 'gzip', encode: plain, express: 400, fastify: 204, bare: 415 },
      { encoding: 'gzip', encode: cut, express: 400, fastify: 400, bare: 415 },
      { encoding: 'gzip', encode: bomb, express: 413, fastify: 400, bare: 415 },
      { encoding: 'identity', encode: plain, express: 204, fastify: 204, bare: 204 },
    ])('$encoding ($encode.name)', async ({ encoding, encode, ...expected }) => {
      const { headers, body } = genuine('EV-encoded');
      const status = await statusOf(
        simple({
          headers: [...headers, ['Content-Encoding', encoding]],
          body: Buffer.from(encode(body)),
        }),
      );
      expect(status).toBe(expected[kind]);
      expect(ids()).toEqual(status === 204 ? ['EV-encoded'] : []);
    });
  });
});

describe('A sender that hangs up during a download of certificates', () => {
  afterAll(async () => {
    await closeApps();
    await closeAll();
  });

  it('does not leave the app waiting for the body', async () => {
    const certificateMerchant = await createTestMerchant({ mode: 'certificate' });
    const requested = deferred<() => void>();
    const baseUrl = await startServer((_request, response) => {
      const { platformCertificate, apiV3Key } = certificateMerchant;
      const list = JSON.stringify({ data: [listed(platformCertificate, apiV3Key)] });
      requested.resolve(() =>
        response.writeHead(200, signNotificationBody(certificateMerchant, list)).end(list),
      );
    });
    const app = await serve(BARE_EXPRESS, { ...certificateMerchant.options, baseUrls: [baseUrl] });
    const { headers, body } = signComplaintNotification(certificateMerchant);
    const delivery = { headers: Object.entries(headers), body: Buffer.from(body) };
    const connection = await RawConnection.open(app.url);
    connection.write(post(delivery, { lines: ['Content-Length: 5000'] }));
    const respond = await requested.promise;
    connection.hangUp();
    await delay(50);
    respond();
    await until(() => app.logger.ours('debug').length > 0);
    expect(app.logger.ours('debug')).toEqual([expect.stringContaining('(UNREADABLE_BODY)')]);
    expect(app.received).toEqual([]);
  });
});
