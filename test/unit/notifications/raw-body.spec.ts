import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  assertJsonContentType,
  type IncomingRequest,
  keptRawBody,
  readRawBody,
  textBodyProperty,
} from '../../../lib/notifications/raw-body.js';
import { closeAll, startServer } from '../../support/client-bench.js';
import { deferred } from '../../support/deferred.js';
import { httpPost } from '../../support/http-post.js';

afterEach(closeAll);

describe('assertJsonContentType', () => {
  const request = (type?: string): IncomingRequest => ({ headers: { 'content-type': type } });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON ;charset=UTF-8',
    ' application/json',
  ])('accepts %j', (type) => {
    expect(() => {
      assertJsonContentType(request(type));
    }).not.toThrow();
  });

  it.each([
    'application/jsonp',
    'application/json-seq',
    'text/json',
    'x application/json',
    '',
    undefined,
  ])('rejects %j', (type) => {
    expect(() => {
      assertJsonContentType(request(type));
    }).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_CONTENT_TYPE' }));
  });
});

describe('keptRawBody and textBodyProperty', () => {
  const bytes = Buffer.from('{}');

  it.each<
    [what: string, request: Partial<IncomingRequest>, kept: unknown, text: string | undefined]
  >([
    ['rawBody as a Buffer', { rawBody: bytes, body: {} }, bytes, undefined],
    ['body as a Buffer', { body: bytes }, bytes, undefined],
    ['body as a Uint8Array', { body: new Uint8Array(2) }, new Uint8Array(2), undefined],
    ['an empty Buffer', { rawBody: Buffer.alloc(0) }, Buffer.alloc(0), undefined],
    ['rawBody before body', { rawBody: bytes, body: Buffer.from('parsed') }, bytes, undefined],
    ['rawBody as text beside a parsed body', { rawBody: '{}', body: {} }, undefined, 'rawBody'],
    ['body as text', { body: '{}' }, undefined, 'body'],
    ['rawBody as text beside a Buffer', { rawBody: '{}', body: bytes }, bytes, 'rawBody'],
    ['a parsed body alone', { body: {} }, undefined, undefined],
    ['nothing', {}, undefined, undefined],
  ])('find %s', (_what, request, kept, text) => {
    expect(keptRawBody({ headers: {}, ...request })).toEqual(kept);
    expect(textBodyProperty({ headers: {}, ...request })).toBe(text);
  });
});

describe('readRawBody', () => {
  /** What reading a request of a real server gives, by the shape that the server hands it over in. */
  async function read(
    send: (url: string) => Promise<unknown>,
    {
      prepare = () => undefined,
      wrap = (request) => request,
    }: {
      prepare?: (request: IncomingMessage) => unknown;
      wrap?: (request: IncomingMessage) => IncomingRequest;
    } = {},
  ): Promise<unknown> {
    const result = deferred<unknown>();
    const url = await startServer((request, response) => {
      const serve = async (): Promise<void> => {
        await prepare(request);
        result.resolve(await readRawBody(wrap(request)).catch((error: unknown) => error));
        response.end();
      };
      void serve();
    });
    await send(url);
    return result.promise;
  }

  it.each<[framework: string, wrap: (request: IncomingMessage) => IncomingRequest]>([
    ['Express', (request) => request],
    ['Fastify', (request) => ({ headers: request.headers, raw: request })],
  ])('reads the stream of a request of %s', async (_framework, wrap) => {
    const body = Buffer.from('{"summary":"投诉"}\n');
    await expect(read((url) => httpPost(url, {}, body), { wrap })).resolves.toEqual(body);
  });

  it('is undefined when something has consumed the stream, and has no stream to read', async () => {
    const prepare = async (request: IncomingMessage): Promise<void> => {
      request.resume();
      await once(request, 'end');
    };
    await expect(read((url) => httpPost(url, {}, '{}'), { prepare })).resolves.toBeUndefined();
    await expect(readRawBody({ headers: {} })).resolves.toBeUndefined();
  });

  it('is undefined when something has decoded the stream', async () => {
    const prepare = (request: IncomingMessage) => request.setEncoding('utf8');
    await expect(read((url) => httpPost(url, {}, '{}'), { prepare })).resolves.toBeUndefined();
  });

  it('is empty for a request without a body', async () => {
    await expect(read((url) => httpPost(url, { 'Content-Length': '0' }, ''))).resolves.toEqual(
      Buffer.alloc(0),
    );
  });

  it.each([
    ['with a length', { 'Content-Length': '65537' }],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }],
  ])('rejects more than 64 KiB, sent %s', async (_how, headers) => {
    const body = Buffer.alloc(64 * 1024 + 1, ' ');
    await expect(read((url) => httpPost(url, headers, body))).resolves.toMatchObject({
      code: 'BODY_TOO_LARGE',
    });
  });

  it('reads 64 KiB', async () => {
    const body = Buffer.alloc(64 * 1024, ' ');
    await expect(read((url) => httpPost(url, {}, body))).resolves.toEqual(body);
  });

  it.each(['gzip', 'br'])('rejects the content encoding %s', async (encoding) => {
    await expect(
      read((url) => httpPost(url, { 'Content-Encoding': encoding }, '{}')),
    ).resolves.toMatchObject({ code: 'UNSUPPORTED_CONTENT_TYPE' });
  });

  it('accepts the content encoding identity', async () => {
    await expect(
      read((url) => httpPost(url, { 'Content-Encoding': 'Identity' }, '{}')),
    ).resolves.toEqual(Buffer.from('{}'));
  });

  it('rejects a body that ends too early', async () => {
    const sendHalf = async (url: string): Promise<void> => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{');
      socket.destroy();
    };
    await expect(read(sendHalf)).resolves.toMatchObject({
      code: 'UNREADABLE_BODY',
      cause: expect.any(Error),
    });
  });
});
