import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type INestApplication, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createNotificationBody,
  createTestMerchant,
  signComplaintNotification,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import express from 'express';
import { httpPost } from '../support/http-post.js';
import { until } from '../support/until.js';
import {
  ADAPTERS,
  closeApps,
  type RunningApp,
  startApp,
  type StartAppOptions,
} from '../support/start-app.js';

let merchant: TestMerchant;
let received: ComplaintNotificationPayload[] = [];

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(async () => {
  received = [];
  await closeApps();
});

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload() notification: ComplaintNotificationPayload): void {
    received.push(notification);
  }
}

function start(options: Omit<StartAppOptions, 'imports' | 'controllers'>): Promise<RunningApp> {
  return startApp({
    ...options,
    imports: [WechatPayComplaintModule.forRoot(merchant.options)],
    controllers: [ComplaintsController],
  });
}

/** A body with a genuine signature, however it is spelt. */
const signed = (body: string | Uint8Array) => ({
  headers: signNotificationBody(merchant, body),
  body,
});

describe.each(ADAPTERS)('With rawBody on, %s', (adapter) => {
  it.each<[what: string, dress: (json: string) => string | Uint8Array]>([
    ['pretty-printed', (json) => JSON.stringify(JSON.parse(json), null, 4)],
    ['with escaped slashes', (json) => json.replaceAll('/', '\\/')],
    ['with a line feed at the end', (json) => `${json}\n`],
    ['with escaped Chinese', (json) => json.replace('产', '\\u4ea7')],
    ['with fields in another order', (json) => reverseFields(json)],
  ])('verifies and parses a body %s', async (_what, dress) => {
    const { url } = await start({ adapter });
    const { headers, body } = signed(dress(createNotificationBody(merchant, { id: 'EV-7' })));
    await expect(httpPost(`${url}/complaints`, headers, body)).resolves.toMatchObject({
      status: 204,
    });
    expect(received).toMatchObject([{ id: 'EV-7', summary: '产生新投诉' }]);
  });

  it('accepts any charset and case in the content type', async () => {
    const { url } = await start({ adapter });
    const { headers, body } = signComplaintNotification(merchant);
    for (const type of ['application/json; charset=utf-8', 'Application/JSON;charset=UTF-8']) {
      await expect(
        httpPost(`${url}/complaints`, { ...headers, 'Content-Type': type }, body),
      ).resolves.toMatchObject({ status: 204 });
    }
  });

  it.each(['application/xml', 'application/x-www-form-urlencoded', 'text/plain', undefined])(
    'refuses content type %s with 415 and raises no alarm',
    async (type) => {
      const { url, logger } = await start({ adapter });
      const { headers, body } = signComplaintNotification(merchant);
      const answer = await httpPost(
        `${url}/complaints`,
        { ...headers, 'Content-Type': type },
        body,
      );
      expect(answer.status).toBe(415);
      expect(logger.ours('error')).toEqual([]);
      expect(logger.ours('warn')).toEqual([]);
      expect(received).toEqual([]);
    },
  );

  it('refuses an empty body with 400', async () => {
    const { url, logger } = await start({ adapter });
    const { headers } = signed('');
    const answer = await httpPost(`${url}/complaints`, { ...headers, 'Content-Length': '0' }, '');
    expect(answer.status).toBe(400);
    expect(logger.ours('error')).toEqual([]);
    expect(received).toEqual([]);
  });

  it('leaves what is not JSON, or too large, to the body parser and its 4xx', async () => {
    const { url, logger } = await start({ adapter });
    const broken = await httpPost(`${url}/complaints`, signed('{').headers, '{');
    expect(broken.status).toBe(400);
    expect(JSON.parse(broken.text)).toMatchObject({ statusCode: 400 });
    const huge = signed(JSON.stringify({ x: 'x'.repeat(2 ** 21) }));
    const large = await httpPost(`${url}/complaints`, huge.headers, huge.body);
    expect(large.status).toBe(413);
    expect(JSON.parse(large.text)).toMatchObject({ statusCode: 413 });
    expect(logger.ours()).toEqual([]);
  });

  it('does not pollute prototypes', async () => {
    const { url } = await start({ adapter });
    const plaintext =
      '{"complaint_id":"1","action_type":"X","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const { headers, body } = signComplaintNotification(merchant, { plaintext });
    await httpPost(`${url}/complaints`, headers, body);
    expect(Object.keys(received[0]?.complaint ?? {})).toContain('__proto__');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('says nothing at boot', async () => {
    const { logger } = await start({ adapter });
    expect(logger.ours()).toEqual([]);
  });
});

describe.each(ADAPTERS)('Without rawBody, %s', (adapter) => {
  it('is told at boot and refuses with 500, naming the one line that mends it', async () => {
    const { url, logger } = await start({ adapter, nest: {} });
    const line =
      adapter === 'fastify' ? 'new FastifyAdapter(), { rawBody: true }' : '{ rawBody: true }';
    expect(logger.ours('error')).toEqual([expect.stringContaining(line)]);

    const { headers, body } = signComplaintNotification(merchant);
    const answer = await httpPost(`${url}/complaints`, headers, body);
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('rawBody');
    expect(JSON.parse(answer.text)).toEqual({ code: 'FAIL', message: expect.any(String) });
    expect(logger.ours('error')).toHaveLength(2);
    expect(logger.ours('error')[1]).toContain(line);
    expect(received).toEqual([]);
  });

  it('lets no stranger raise that alarm', async () => {
    const { url, logger } = await start({ adapter, nest: {} });
    const answer = await httpPost(
      `${url}/complaints`,
      { 'Content-Type': 'application/json' },
      '{}',
    );
    expect(answer.status).toBe(400);
    expect(logger.ours('error')).toHaveLength(1);
  });

  it('says nothing at boot when no route receives notifications', async () => {
    const { logger } = await startApp({
      adapter,
      nest: {},
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
    });
    expect(logger.ours()).toEqual([]);
  });
});

describe('A raw body that another parser consumed', () => {
  const parsers: [what: string, configure: (app: INestApplication) => void][] = [
    ['express.json()', (app) => app.use(express.json())],
  ];

  it.each(parsers)('by %s, is answered with 500 and named in the log', async (_what, configure) => {
    const { url, logger } = await start({ configure });
    // Nothing can be known of this case at boot.
    expect(logger.ours()).toEqual([]);
    const { headers, body } = signComplaintNotification(merchant);
    await expect(httpPost(`${url}/complaints`, headers, body)).resolves.toMatchObject({
      status: 500,
    });
    expect(logger.ours('error')).toEqual([
      expect.stringContaining('remove app.use(express.json())'),
    ]);
  });

  it('is no problem when that parser keeps the bytes', async () => {
    const { url } = await start({
      nest: { bodyParser: false },
      configure: (app) => app.use(express.raw({ type: '*/*' })),
    });
    const { headers, body } = signComplaintNotification(merchant);
    await expect(httpPost(`${url}/complaints`, headers, body)).resolves.toMatchObject({
      status: 204,
    });
  });

  it('is known to be empty when there was nothing to consume', async () => {
    const { url } = await start({
      nest: { bodyParser: false },
      configure: (app) => app.use(express.json()),
    });
    const answer = await httpPost(
      `${url}/complaints`,
      { ...signed('').headers, 'Content-Length': '0' },
      '',
    );
    expect(answer.status).toBe(400);
  });

  it('on Fastify with bodyParser: false is told at boot', async () => {
    const { url, logger } = await start({ adapter: 'fastify', nest: { bodyParser: false } });
    expect(logger.ours('error')).toHaveLength(1);
    const { headers, body } = signComplaintNotification(merchant);
    await expect(httpPost(`${url}/complaints`, headers, body)).resolves.toMatchObject({
      status: 500,
    });
  });
});

describe('With bodyParser: false and a parser of its own, Express', () => {
  it('is advised about that parser, not about an option that is set', async () => {
    const { url, logger } = await start({
      nest: { bodyParser: false, rawBody: true },
      configure: (app) => app.use(express.json()),
    });
    const { headers, body } = signComplaintNotification(merchant);
    await expect(httpPost(`${url}/complaints`, headers, body)).resolves.toMatchObject({
      status: 500,
    });
    expect(logger.ours('error')).toEqual([
      expect.stringContaining('remove app.use(express.json())'),
    ]);
  });
});

describe('With bodyParser: false, Express', () => {
  const nest = { bodyParser: false };

  it('leaves the stream to the guard, which reads it', async () => {
    const { url, logger } = await start({ nest });
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-8' });
    await expect(httpPost(`${url}/complaints`, headers, body)).resolves.toMatchObject({
      status: 204,
    });
    expect(received).toMatchObject([{ id: 'EV-8' }]);
    expect(logger.ours()).toEqual([]);
  });

  it('says so when something before the guard has decoded the stream', async () => {
    const { url, logger } = await start({
      nest,
      configure: (app) =>
        app.use((request: IncomingMessage, _response: unknown, next: () => void) => {
          request.setEncoding('utf8');
          next();
        }),
    });
    const { headers, body } = signComplaintNotification(merchant);
    await expect(httpPost(`${url}/complaints`, headers, body)).resolves.toMatchObject({
      status: 500,
    });
    expect(logger.ours('error')).toEqual([expect.stringContaining('RAW_BODY_UNAVAILABLE')]);
  });

  it('refuses an empty body as no notification', async () => {
    const { url } = await start({ nest });
    const answer = await httpPost(`${url}/complaints`, signed('').headers, '');
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'FAIL' });
  });

  it.each([
    ['with a length', true],
    ['in chunks', false],
  ])('refuses a body over 64 KiB, sent %s, with 413', async (_what, hasLength) => {
    const { url, logger } = await start({ nest });
    const { headers, body } = signed(Buffer.alloc(65 * 1024, ' '));
    const length = hasLength ? String(body.length) : undefined;
    const answer = await httpPost(
      `${url}/complaints`,
      {
        ...headers,
        'Content-Length': length,
        'Transfer-Encoding': hasLength ? undefined : 'chunked',
      },
      body,
    );
    expect(answer).toMatchObject({ status: 413, text: expect.stringContaining('"FAIL"') });
    expect(logger.ours('warn')).toEqual([expect.stringContaining('(BODY_TOO_LARGE)')]);
  });

  it('goes on with the connection after a body that was too large', async () => {
    const { url } = await start({ nest });
    const large = Buffer.alloc(2 ** 20, ' ');
    const first = signed(large);
    const second = signComplaintNotification(merchant);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let answers = '';
    socket.on('data', (chunk: Buffer) => {
      answers += chunk.toString();
    });
    const head = (headers: Record<string, string>): string =>
      Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('');
    socket.write(
      `POST /complaints HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n${head(first.headers)}\r\n`,
    );
    socket.write(`${large.length.toString(16)}\r\n`);
    socket.write(large);
    socket.write('\r\n0\r\n\r\n');
    socket.write(
      `POST /complaints HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(second.body)}\r\n` +
        `${head(second.headers)}\r\n${second.body}`,
    );
    await until(() => answers.includes('HTTP/1.1 204'));
    socket.destroy();
    expect(answers).toMatch(/^HTTP\/1\.1 413/);
  });

  it('refuses a content encoding', async () => {
    const { url } = await start({ nest });
    const { headers, body } = signComplaintNotification(merchant);
    const answer = await httpPost(
      `${url}/complaints`,
      { ...headers, 'Content-Encoding': 'gzip' },
      gzipSync(body),
    );
    expect(answer.status).toBe(415);
  });

  it('survives a sender that hangs up half-way', async () => {
    const { url, logger } = await start({ nest });
    const { headers } = signComplaintNotification(merchant);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `POST /complaints HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n${head.join('')}\r\n{`,
    );
    socket.destroy();
    await until(() => logger.ours('debug').some((line) => line.includes('(UNREADABLE_BODY)')));
    const { headers: next, body } = signComplaintNotification(merchant);
    await expect(httpPost(`${url}/complaints`, next, body)).resolves.toMatchObject({ status: 204 });
  });

  it('does not read the body of a request whose headers are not worth it', async () => {
    const { url } = await start({ nest });
    // The body never ends; an answer can only come without waiting for it.
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /complaints HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{',
    );
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(chunk.toString()).toMatch(/^HTTP\/1\.1 400/);
  });
});

describe('A request that carries gzip', () => {
  it('is verified over the decompressed bytes where Express decompresses', async () => {
    const { url } = await start({});
    const { headers, body } = signComplaintNotification(merchant);
    const answer = await httpPost(
      `${url}/complaints`,
      { ...headers, 'Content-Encoding': 'gzip' },
      gzipSync(body),
    );
    expect(answer.status).toBe(204);
  });
});

describe('Behind another server', () => {
  it('the bytes survive a proxy that sends them on in pieces', async () => {
    const { url } = await start({});
    const proxy = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { host: _host, connection: _connection, ...headers } = request.headers;
        void fetch(`${url}/complaints`, {
          method: 'POST',
          headers: headers as Record<string, string>,
          body: Buffer.concat(chunks),
        }).then((answer) => {
          response.writeHead(answer.status).end();
        });
      });
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { headers, body } = signComplaintNotification(merchant);
    const answer = await httpPost(`http://127.0.0.1:${port}/`, headers, body);
    proxy.close();
    expect(answer.status).toBe(204);
  });
});

function reverseFields(json: string): string {
  const entries = Object.entries(JSON.parse(json) as Record<string, unknown>);
  return JSON.stringify(Object.fromEntries(entries.reverse()));
}
