import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';
import type { Delivery } from './delivery.js';
import type { Piece, Script } from './hostile-server.js';

/** How a response is written to the connection. */
export interface Framing {
  readonly [fc.toStringMethod]: () => string;
  readonly write: (status: string, delivery: Delivery) => Script;
}

function framing(label: string, write: Framing['write']): Framing {
  return { [fc.toStringMethod]: () => label, write };
}

function head(status: string, { headers }: Delivery, lines: readonly string[]): Buffer {
  const fields = headers.map(([name, value]) => `${name}: ${String(value)}`);
  return Buffer.from([`HTTP/1.1 ${status}`, ...lines, ...fields, '\r\n'].join('\r\n'));
}

const withLines =
  (lines: (body: Buffer) => readonly string[], end: Script['end'] = 'close') =>
  (status: string, delivery: Delivery): Script => ({
    pieces: [head(status, delivery, lines(delivery.body)), delivery.body],
    end,
  });

const encoded =
  (name: string, encode: (body: Buffer) => Buffer) =>
  (status: string, { headers, body }: Delivery): Script =>
    withLines((bytes) => [`Content-Length: ${bytes.length}`, `Content-Encoding: ${name}`])(status, {
      headers,
      body: encode(body),
    });

function chunk(body: Buffer, size: number): Buffer {
  return Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
}

const chunks =
  (make: (body: Buffer) => readonly Piece[], end: Script['end'] = 'close') =>
  (status: string, delivery: Delivery): Script => ({
    pieces: [head(status, delivery, ['Transfer-Encoding: chunked']), ...make(delivery.body)],
    end,
  });

const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** The first bytes one at a time, with `pause` milliseconds between them. */
const byteByByte =
  (pause: number) =>
  (status: string, delivery: Delivery): Script => {
    const { pieces } = exact(status, delivery);
    const bytes = Buffer.concat(pieces.filter((piece) => typeof piece !== 'number'));
    const first = Array.from(bytes.subarray(0, 60), (byte) => [Buffer.of(byte), pause]).flat();
    return { pieces: [...first, bytes.subarray(60)], end: 'close' };
  };

/** Correct framing. */
const exact = withLines((body) => [`Content-Length: ${body.length}`, 'Connection: close']);

const before =
  (text: string) =>
  (status: string, delivery: Delivery): Script => {
    const { pieces, end } = exact(status, delivery);
    return { pieces: [Buffer.from(text), ...pieces], end };
  };

/** Framings that a client accepts, and then those that it may reject. */
const FRAMINGS: readonly Framing[] = [
  framing(
    'without a length, until the connection closes',
    withLines(() => []),
  ),
  framing(
    'with the connection kept open',
    withLines((body) => [`Content-Length: ${body.length}`], 'stay'),
  ),
  framing(
    'in chunks',
    chunks((body) => [...Array.from(body, (byte) => chunk(Buffer.of(byte), 1)), LAST_CHUNK]),
  ),
  framing(
    'in chunks, with trailers',
    chunks((body) => [
      chunk(body, body.length),
      Buffer.from('0\r\nWechatpay-Nonce: other\r\n__proto__: x\r\n\r\n'),
    ]),
  ),
  framing('byte by byte', byteByByte(1)),
  framing('gzip', encoded('gzip', gzipSync)),
  framing('deflate', encoded('deflate', deflateSync)),
  framing('br', encoded('br', brotliCompressSync)),
  framing('after 100 Continue', before('HTTP/1.1 100 Continue\r\n\r\n'.repeat(20))),
  framing('after early hints', before('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n')),
  framing(
    'with the names of header object methods',
    withLines((body) => [
      `Content-Length: ${body.length}`,
      ...['get', 'set', 'has', 'normalize', 'concat', 'toJSON', 'toString', 'constructor'].map(
        (name) => `${name}: x`,
      ),
    ]),
  ),
  framing(
    'with __proto__',
    withLines((body) => [`Content-Length: ${body.length}`, '__proto__: x', 'prototype: y']),
  ),
  // A client rejects most of these.
  framing(
    'a length that is too long',
    withLines((body) => [`Content-Length: ${body.length + 9}`]),
  ),
  framing(
    'a length that is too short',
    withLines((body) => [`Content-Length: ${Math.max(0, body.length - 9)}`]),
  ),
  framing(
    'a negative length',
    withLines(() => ['Content-Length: -1']),
  ),
  framing(
    'a length that is not a number',
    withLines(() => ['Content-Length: all']),
  ),
  framing(
    'two lengths',
    withLines(({ length }) => [length, length + 1].map((n) => `Content-Length: ${n}`)),
  ),
  framing(
    'a length of 30 digits',
    withLines(() => [`Content-Length: ${'9'.repeat(30)}`]),
  ),
  framing(
    'a length over the limit',
    withLines(() => ['Content-Length: 99999999']),
  ),
  framing(
    'a length and chunks',
    withLines(({ length }) => [`Content-Length: ${length}`, 'Transfer-Encoding: chunked']),
  ),
  framing(
    'chunks that are not chunks',
    withLines(() => ['Transfer-Encoding: chunked']),
  ),
  framing(
    'an unknown transfer encoding',
    withLines(() => ['Transfer-Encoding: x']),
  ),
  framing(
    'chunks of a wrong size',
    chunks((body) => [chunk(body, body.length + 5), LAST_CHUNK]),
  ),
  framing(
    'chunks without an end',
    chunks((body) => [chunk(body, body.length)]),
  ),
  framing(
    'more than the limit',
    chunks(() => [chunk(Buffer.alloc(2 ** 21), 2 ** 21), LAST_CHUNK]),
  ),
  framing(
    'gzip that is not gzip',
    encoded('gzip', (body) => body),
  ),
  framing(
    'truncated gzip',
    encoded('gzip', (body) => gzipSync(body).subarray(0, -10)),
  ),
  framing(
    'gzip twice',
    encoded('gzip, gzip', (body) => gzipSync(gzipSync(body))),
  ),
  framing(
    'gzip of more than the limit',
    encoded('gzip', () => gzipSync(Buffer.alloc(2 ** 24))),
  ),
  framing(
    'an unknown encoding',
    encoded('unheard-of', (body) => body),
  ),
  framing(
    'NUL in a header',
    withLines(() => ['X-Header: a\0b']),
  ),
  framing(
    'a bare CR in a header',
    withLines(() => ['X-Header: a\rb']),
  ),
  framing(
    'a header without a name',
    withLines(() => [': x']),
  ),
  framing(
    'a header without a colon',
    withLines(() => ['nothing']),
  ),
  framing(
    'a space in a header name',
    withLines(() => ['X Header: a']),
  ),
  framing(
    'headers that are too large',
    withLines(() => [`X-Header: ${'x'.repeat(40_000)}`]),
  ),
  framing(
    'too many headers',
    withLines(() => Array.from({ length: 3000 }, (_, n) => `X-${n}: x`)),
  ),
  framing(
    'a switch of protocols',
    before('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n'),
  ),
  framing('garbage before the response', before('garbage\r\n')),
  framing('HTTP/2', before('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')),
  framing('HTTP/0.9', (_status, { body }) => ({ pieces: [body], end: 'close' })),
  framing('no response', () => ({ pieces: [], end: 'close' })),
  framing('a reset', () => ({ pieces: [], end: 'reset' })),
  framing('a reset within the headers', (status, delivery) => ({
    pieces: [head(status, delivery, []).subarray(0, 50)],
    end: 'reset',
  })),
  framing('a reset within the body', (status, delivery) => ({
    pieces: [head(status, delivery, ['Content-Length: 1000']), delivery.body, 2],
    end: 'reset',
  })),
  framing('two responses', (status, delivery) => {
    const { pieces } = exact(status, delivery);
    return { pieces: [...pieces, ...pieces], end: 'close' };
  }),
];

/** Responses that never end. The client waits until its timeout. */
const STALLS: readonly Framing[] = [
  framing('silence', () => ({ pieces: [], end: 'stay' })),
  framing('slow bytes', byteByByte(20)),
  framing(
    'silence within the body',
    withLines(({ length }) => [`Content-Length: ${length + 1}`], 'stay'),
  ),
  framing(
    'chunks that stop',
    chunks((body) => [chunk(body, body.length)], 'stay'),
  ),
  framing('endless hints', (_status, _delivery) => ({
    pieces: Array.from({ length: 100 }, () => [
      Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'),
      20,
    ]).flat(),
    end: 'stay',
  })),
];

export const EXACTLY: Framing = framing('exactly', exact);

export const framings: Arbitrary<Framing> = fc.oneof(
  { arbitrary: fc.constant(EXACTLY), weight: 300 },
  { arbitrary: fc.constantFrom(...FRAMINGS), weight: 100 },
  { arbitrary: fc.constantFrom(...STALLS), weight: 2 },
);

/** The status line after the version. */
export const statuses: Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constant('200 OK'), weight: 24 },
  {
    arbitrary: fc.integer({ min: 100, max: 599 }).map((status) => `${status} Whatever`),
    weight: 2,
  },
  {
    arbitrary: fc.constantFrom(
      ...['201 Created', '204 No Content', '206 Partial Content', '299', '301 Moved', '302 Found'],
      ...[
        '304 Not Modified',
        '307 Elsewhere',
        '400 Bad Request',
        '401 Unauthorized',
        '404 Not Found',
      ],
      ...[
        '429 Too Many',
        '500 Error',
        '503 Away',
        '600 Beyond',
        '999 Beyond',
        '0 None',
        '2x0 OK',
        '',
      ],
    ),
    weight: 4,
  },
);
