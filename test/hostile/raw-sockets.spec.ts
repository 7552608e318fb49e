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
import { lengthOf, post, RawConnection } from './raw-connection.js';
import { isRefusal } from './refusals.js';
import { BARE_EXPRESS, serve, type ServedApp, SERVERS } from './served-app.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});

function genuine(id: string): Delivery {
  const { headers, body } = signComplaintNotification(merchant, { id });
  return { headers: Object.entries(headers), body: Buffer.from(body) };
}

/** With another body, and the signature of its own. */
const withBody = ({ headers }: Delivery, body: Uint8Array): Delivery => ({
  headers,
  body: Buffer.from(body),
});

const without = ({ headers, body }: Delivery, name: string): Delivery => ({
  headers: headers.filter(([other]) => other !== name),
  body,
});

/** In chunks of so many bytes. */
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

describe.each(SERVERS)('On a bare socket, $name', (server) => {
  let app: ServedApp;

  beforeAll(async () => {
    app = await serve(server, merchant.options);
  });
  beforeEach(() => {
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

  const simple = (delivery: Delivery): Buffer => post(delivery, { lines: [lengthOf(delivery)] });

  /** The first status, and nothing handled but what is genuine. */
  async function statusOf(request: Uint8Array): Promise<number | undefined> {
    const connection = await send(request);
    const [status] = await connection.statuses(1);
    connection.hangUp();
    return status;
  }

  describe('takes a genuine notification', () => {
    it('that comes in drips', async () => {
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
      ['of many', 300, {}],
      ['with extensions', 97, { extension: ';name="value"' }],
      ['with trailers', 97, { trailers: 'Wechatpay-Nonce: other\r\nX-Sum: 1\r\n' }],
    ])('in chunks %s', async (_what, size, dress) => {
      const delivery = genuine('EV-chunks');
      const request = post(withBody(delivery, chunked(delivery.body, size, dress)), CHUNKED);
      expect(await statusOf(request)).toBe(204);
      expect(ids()).toEqual(['EV-chunks']);
    });

    it('over HTTP/1.0, and closes', async () => {
      const delivery = genuine('EV-old');
      const connection = await send(
        post(delivery, { version: 'HTTP/1.0', lines: [lengthOf(delivery)] }),
      );
      await connection.closed();
      expect(await connection.statuses(1)).toEqual([204]);
      expect(ids()).toEqual(['EV-old']);
    });

    it('with a target in absolute form', async () => {
      const delivery = genuine('EV-target');
      const target = 'http://shop.example/complaints';
      expect(await statusOf(post(delivery, { target, lines: [lengthOf(delivery)] }))).toBe(204);
      expect(ids()).toEqual(['EV-target']);
    });

    it('with header names in odd case', async () => {
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
          lines: [lengthOf(delivery), 'Expect: 100-continue'],
        }),
      );
      expect(await connection.statuses(1)).toEqual([100]);
      connection.write(delivery.body);
      expect(await connection.statuses(2)).toEqual([100, 204]);
      connection.hangUp();
      expect(ids()).toEqual(['EV-continue']);
    });

    it('behind another one, without waiting for the answer', async () => {
      const connection = await send(
        Buffer.concat([simple(genuine('EV-1')), simple(genuine('EV-2'))]),
      );
      expect(await connection.statuses(2)).toEqual([204, 204]);
      connection.hangUp();
      expect(ids()).toEqual(['EV-1', 'EV-2']);
    });

    it('behind one that is refused, on the same connection', async () => {
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
      for (const { status, body } of connection.answers.slice(0, 3)) {
        expect(isRefusal(status, JSON.parse(body))).toBe(true);
      }
      expect(ids()).toEqual(['EV-after']);
    });
  });

  describe('hands nothing on', () => {
    it.each([0, 1, 300])('of a body that breaks off after %i bytes', async (length) => {
      const delivery = genuine('EV-torn');
      const request = simple(delivery);
      const connection = await send(
        request.subarray(0, request.length - delivery.body.length + length),
      );
      await delay(20);
      connection.hangUp();
      // The server notices in its own time; what comes next must not be disturbed.
      expect(await statusOf(simple(genuine('EV-next')))).toBe(204);
      expect(ids()).toEqual(['EV-next']);
      expect(app.logger.ours('error')).toEqual([]);
    });

    it('of a length that is too short, nor takes the rest for a request', async () => {
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

    it('of a length that is too long, but waits for the rest until the sender gives up', async () => {
      const delivery = genuine('EV-long');
      const connection = await send(
        post(delivery, { lines: [`Content-Length: ${delivery.body.length + 1}`] }),
      );
      await delay(50);
      expect(connection.answers).toEqual([]);
      connection.hangUp();
      expect(await statusOf(simple(genuine('EV-next')))).toBe(204);
      expect(ids()).toEqual(['EV-next']);
    });

    it.each<[what: string, lines: (length: number) => string[]]>([
      ['two lengths', (length) => [`Content-Length: ${length}`, `Content-Length: ${length + 1}`]],
      ['a length and chunks', (length) => [`Content-Length: ${length}`, ...CHUNKED.lines]],
      ['a length below zero', () => ['Content-Length: -1']],
      ['a length with a sign', (length) => [`Content-Length: +${length}`]],
      ['a length in words', () => ['Content-Length: all']],
      ['a length beyond numbers', () => [`Content-Length: ${'9'.repeat(40)}`]],
      ['chunks that are none', () => CHUNKED.lines],
      ['an unknown transfer encoding', () => ['Transfer-Encoding: xchunked']],
      ['chunks within gzip', () => ['Transfer-Encoding: chunked, gzip']],
    ])('of a message framed by %s', async (_what, lines) => {
      const delivery = genuine('EV-framed');
      const connection = await send(post(delivery, { lines: lines(delivery.body.length) }));
      await connection.closed();
      expect((await connection.statuses(1)).every((status) => status >= 400 && status < 500)).toBe(
        true,
      );
      expect(ids()).toEqual([]);
    });

    it('of a signature that comes in the trailers only', async () => {
      const delivery = genuine('EV-trailers');
      const [, signature] = delivery.headers.find(([name]) => name === 'Wechatpay-Signature') ?? [];
      const trailers = `Wechatpay-Signature: ${String(signature)}\r\n`;
      const body = chunked(delivery.body, 100, { trailers });
      const request = post(without(withBody(delivery, body), 'Wechatpay-Signature'), CHUNKED);
      expect(await statusOf(request)).toBe(400);
      expect(app.logger.ours('warn')).toEqual([expect.stringContaining('(MISSING_HEADERS)')]);
      expect(ids()).toEqual([]);
    });

    it.each(['Wechatpay-Timestamp', 'Wechatpay-Nonce', 'Wechatpay-Serial', 'Wechatpay-Signature'])(
      'of a %s on two lines',
      async (name) => {
        const { headers, body } = genuine('EV-twice');
        const [, value] = headers.find(([other]) => other === name) ?? [];
        for (const second of [value, 'other', '']) {
          const request = simple({ headers: [...headers, [name.toLowerCase(), second]], body });
          expect(await statusOf(request)).toBe(400);
        }
        expect(app.logger.ours('warn')).toHaveLength(3);
        expect(app.logger.ours('warn').join('\n')).toMatch(/(.*MALFORMED_HEADERS.*\n?){3}/);
        expect(ids()).toEqual([]);
      },
    );

    it.each([
      ['NUL', 'a\0b'],
      ['a bare CR', 'a\rb'],
      ['a bare LF that begins another line', 'a\nWechatpay-Nonce: b'],
      ['a folded line', 'a\r\n b'],
      ['DEL', 'a\x7fb'],
    ])('of a header with %s in it', async (_what, value) => {
      const { headers, body } = without(genuine('EV-control'), 'Wechatpay-Nonce');
      const request = simple({ headers: [...headers, ['Wechatpay-Nonce', value]], body });
      expect(await statusOf(request)).toBe(400);
      expect(ids()).toEqual([]);
    });

    it.each([
      ['Wechatpay-Nonce ', 'a space before the colon'],
      ['Wechatpay\0Nonce', 'NUL in its name'],
      ['Wechatpay-N\u00f6nce', 'letters beyond ASCII in its name'],
    ])('of a header %j: %s', async (name) => {
      const { headers, body } = genuine('EV-name');
      expect(await statusOf(simple({ headers: [...headers, [name, 'a']], body }))).toBe(400);
      expect(ids()).toEqual([]);
    });

    it('of headers that are too large', async () => {
      const { headers, body } = genuine('EV-large');
      const request = simple({ headers: [...headers, ['X-Large', 'x'.repeat(20_000)]], body });
      expect(await statusOf(request)).toBe(431);
      expect(ids()).toEqual([]);
    });

    it('of HTTP/1.1 without a host', async () => {
      const request = simple(genuine('EV-host')).toString('latin1');
      const hostless = Buffer.from(request.replace('Host: shop.example\r\n', ''), 'latin1');
      expect(await statusOf(hostless)).toBe(400);
      expect(ids()).toEqual([]);
    });

    it('of an expectation that nobody meets', async () => {
      const delivery = genuine('EV-expect');
      const request = post(delivery, { lines: [lengthOf(delivery), 'Expect: miracles'] });
      expect(await statusOf(request)).toBe(417);
      expect(ids()).toEqual([]);
    });
  });

  describe('with a content encoding', () => {
    /** Only the parser of Express undoes one; what is below it is what was signed. */
    const isDecoding = server.adapter === 'express' && server.nest.rawBody === true;
    const ofServer = server.adapter === 'fastify' ? 'fastify' : isDecoding ? 'express' : 'bare';
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
      expect(status).toBe(expected[ofServer]);
      expect(ids()).toEqual(status === 204 ? ['EV-encoded'] : []);
    });
  });
});

describe('A sender that hangs up while certificates are downloaded', () => {
  afterAll(async () => {
    await closeApps();
    await closeAll();
  });

  it('leaves nothing waiting for its body', async () => {
    const certificateMerchant = await createTestMerchant({ mode: 'certificate' });
    const asked = deferred<() => void>();
    const baseUrl = await startServer((_request, response) => {
      const { platformCertificate, apiV3Key } = certificateMerchant;
      const list = JSON.stringify({ data: [listed(platformCertificate, apiV3Key)] });
      asked.resolve(() =>
        response.writeHead(200, signNotificationBody(certificateMerchant, list)).end(list),
      );
    });
    const app = await serve(BARE_EXPRESS, { ...certificateMerchant.options, baseUrls: [baseUrl] });
    const { headers, body } = signComplaintNotification(certificateMerchant);
    const delivery = { headers: Object.entries(headers), body: Buffer.from(body) };
    const connection = await RawConnection.open(app.url);
    connection.write(post(delivery, { lines: ['Content-Length: 5000'] }));
    const answer = await asked.promise;
    connection.hangUp();
    await delay(50);
    answer();
    await until(() => app.logger.ours('debug').length > 0);
    expect(app.logger.ours('debug')).toEqual([expect.stringContaining('(UNREADABLE_BODY)')]);
    expect(app.received).toEqual([]);
  });
});
