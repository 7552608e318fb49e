import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
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
  type AdapterName,
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

/** Any body, with a genuine signature over it. */
const signed = (body: string | Uint8Array) => ({
  headers: signNotificationBody(merchant, body),
  body,
});

async function deliver(url: string, id = 'EV-1'): Promise<number> {
  const { headers, body } = signComplaintNotification(merchant, { id });
  return (await httpPost(`${url}/complaints`, headers, body)).status;
}

describe.each(ADAPTERS)('With rawBody: true, %s', (adapter) => {
  it.each<[what: string, spell: (json: string) => string | Uint8Array]>([
    ['pretty-printed', (json) => JSON.stringify(JSON.parse(json), null, 4)],
    ['with escaped slashes', (json) => json.replaceAll('/', '\\/')],
    ['with a line feed at the end', (json) => `${json}\n`],
    ['with escaped Chinese', (json) => json.replace('产', '\\u4ea7')],
    ['with fields in another order', (json) => reverseFields(json)],
  ])('verifies and parses a body %s', async (_what, spell) => {
    const { url } = await start({ adapter });
    const { headers, body } = signed(spell(createNotificationBody(merchant, { id: 'EV-7' })));
    await expect(httpPost(`${url}/complaints`, headers, body)).resolves.toMatchObject({
      status: 204,
    });
    expect(received).toMatchObject([{ id: 'EV-7', summary: '产生新投诉' }]);
  });

  it('accepts the content type in any case and with any charset', async () => {
    const { url } = await start({ adapter });
    const { headers, body } = signComplaintNotification(merchant);
    for (const type of ['application/json; charset=utf-8', 'Application/JSON;charset=UTF-8']) {
      await expect(
        httpPost(`${url}/complaints`, { ...headers, 'Content-Type': type }, body),
      ).resolves.toMatchObject({ status: 204 });
    }
  });

  it.each(['application/xml', 'application/x-www-form-urlencoded', 'text/plain', undefined])(
    'rejects content type %s with 415, without a warning',
    async (type) => {
      const { url, logger } = await start({ adapter });
      const { headers, body } = signComplaintNotification(merchant);
      const response = await httpPost(
        `${url}/complaints`,
        { ...headers, 'Content-Type': type },
        body,
      );
      expect(response.status).toBe(415);
      expect(logger.problems()).toEqual([]);
      expect(received).toEqual([]);
    },
  );

  it('rejects an empty body with 400', async () => {
    const { url, logger } = await start({ adapter });
    const { headers } = signed('');
    const response = await httpPost(`${url}/complaints`, { ...headers, 'Content-Length': '0' }, '');
    expect(response.status).toBe(400);
    expect(logger.ours('error')).toEqual([]);
    expect(received).toEqual([]);
  });

  it('leaves a body that is not JSON, or too large, to the body parser and its 4xx', async () => {
    const { url, logger } = await start({ adapter });
    const broken = await httpPost(`${url}/complaints`, signed('{').headers, '{');
    expect(broken.status).toBe(400);
    expect(JSON.parse(broken.text)).toMatchObject({ statusCode: 400 });
    const huge = signed(JSON.stringify({ x: 'x'.repeat(2 ** 21) }));
    const large = await httpPost(`${url}/complaints`, huge.headers, huge.body);
    expect(large.status).toBe(413);
    expect(JSON.parse(large.text)).toMatchObject({ statusCode: 413 });
    expect(logger.problems()).toEqual([]);
  });

  it('does not let a resource pollute prototypes', async () => {
    const { url } = await start({ adapter });
    const plaintext =
      '{"complaint_id":"1","action_type":"X","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const { headers, body } = signComplaintNotification(merchant, { plaintext });
    await httpPost(`${url}/complaints`, headers, body);
    expect(Object.keys(received[0]?.complaint ?? {})).toContain('__proto__');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('logs no warning at startup', async () => {
    const { logger } = await start({ adapter });
    expect(logger.problems()).toEqual([]);
  });
});

describe.each(ADAPTERS)('Without rawBody: true, %s', (adapter) => {
  const advice =
    adapter === 'fastify'
      ? 'Create it with NestFactory.create(AppModule, new FastifyAdapter(), { rawBody: true })'
      : 'Create it with NestFactory.create(AppModule, { rawBody: true }).';

  it('logs one error at startup, and responds with 500 and the same advice in the log', async () => {
    const { url, logger } = await start({ adapter, nest: {} });
    expect(logger.problems()).toEqual([
      expect.stringMatching(/^Complaint notifications cannot be verified\. /),
    ]);
    expect(logger.ours('error')).toEqual([expect.stringContaining(advice)]);

    const { headers, body } = signComplaintNotification(merchant);
    const response = await httpPost(`${url}/complaints`, headers, body);
    expect(response.status).toBe(500);
    expect(response.text).not.toContain('rawBody');
    expect(JSON.parse(response.text)).toEqual({ code: 'FAIL', message: expect.any(String) });
    expect(logger.ours('error').slice(1)).toEqual([
      expect.stringMatching(/^Notification rejected \(RAW_BODY_UNAVAILABLE\): /),
    ]);
    expect(logger.ours('error')[1]).toContain(advice);
    expect(logger.ours('error')[1]).toContain(`(Request-ID ${headers['Request-ID']})`);
    expect(received).toEqual([]);
  });

  it('logs that error only once with several modules', async () => {
    const second = await createTestMerchant({ mchid: '1900000200' });
    class SecondModule {}
    const { logger } = await startApp({
      adapter,
      nest: {},
      imports: [
        WechatPayComplaintModule.forRoot(merchant.options),
        { module: SecondModule, imports: [WechatPayComplaintModule.forRoot(second.options)] },
      ],
      controllers: [ComplaintsController],
    });
    expect(logger.ours('error')).toHaveLength(1);
  });

  it('does not log it because of a stranger', async () => {
    const { url, logger } = await start({ adapter, nest: {} });
    const response = await httpPost(
      `${url}/complaints`,
      { 'Content-Type': 'application/json' },
      '{}',
    );
    expect(response.status).toBe(400);
    expect(logger.ours('error')).toHaveLength(1);
  });

  it('logs no warning at startup when no route receives notifications', async () => {
    const { logger } = await startApp({
      adapter,
      nest: {},
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
    });
    expect(logger.problems()).toEqual([]);
  });
});

type Nest = NonNullable<StartAppOptions['nest']>;
type Configure = NonNullable<StartAppOptions['configure']>;

/** Keeps the bytes where Nest would. */
const verify = (request: IncomingMessage, _response: unknown, bytes: Buffer): void => {
  Object.assign(request, { rawBody: bytes });
};

const onFastify = (configure: (app: NestFastifyApplication) => void): Configure => {
  return (app) => {
    configure(app as NestFastifyApplication);
  };
};

describe('A body parser of the app that keeps the bytes', () => {
  it.each<[what: string, adapter: AdapterName, nest: Nest, configure: Configure]>([
    [
      'express.raw()',
      'express',
      {},
      (app) => app.use('/complaints', express.raw({ type: 'application/json' })),
    ],
    [
      'express.raw() with bodyParser: false',
      'express',
      { bodyParser: false },
      (app) => app.use(express.raw({ type: '*/*' })),
    ],
    [
      "useBodyParser('raw')",
      'express',
      {},
      (app) => (app as NestExpressApplication).useBodyParser('raw', { type: 'application/json' }),
    ],
    ['express.json({ verify })', 'express', {}, (app) => app.use(express.json({ verify }))],
    [
      'express.json({ verify }) with bodyParser: false',
      'express',
      { bodyParser: false },
      (app) => app.use(express.json({ verify })),
    ],
    [
      'a parser of Fastify with bodyParser: false',
      'fastify',
      { bodyParser: false },
      onFastify((app) => {
        const fastify = app.getHttpAdapter().getInstance();
        fastify.removeContentTypeParser('application/json');
        fastify.addContentTypeParser(
          'application/json',
          { parseAs: 'buffer' },
          (_request, body, done) => {
            done(null, body);
          },
        );
      }),
    ],
    [
      'useBodyParser() of Fastify',
      'fastify',
      {},
      onFastify((app) => {
        app.useBodyParser('application/json', {}, (_request, body, done) => {
          done(null, body);
        });
      }),
    ],
  ])('%s, on %s: works, without a warning at startup', async (_what, adapter, nest, use) => {
    const { url, logger } = await start({ adapter, nest, configure: use });
    expect(logger.problems()).toEqual([]);
    await expect(deliver(url, 'EV-8')).resolves.toBe(204);
    expect(received).toMatchObject([{ id: 'EV-8' }]);
  });
});

describe('A body parser of the app that keeps the body as text', () => {
  it.each<[property: string, what: string, adapter: AdapterName, nest: Nest, configure: Configure]>(
    [
      [
        'body',
        'express.text()',
        'express',
        { bodyParser: false },
        (app) => app.use(express.text({ type: '*/*' })),
      ],
      [
        'rawBody',
        'express.json({ verify })',
        'express',
        { bodyParser: false },
        (app) =>
          app.use(
            express.json({
              verify: (request, _response, bytes) => {
                Object.assign(request, { rawBody: bytes.toString() });
              },
            }),
          ),
      ],
      [
        'body',
        'a parser of Fastify',
        'fastify',
        { bodyParser: false },
        onFastify((app) => {
          const fastify = app.getHttpAdapter().getInstance();
          fastify.removeContentTypeParser('application/json');
          fastify.addContentTypeParser(
            'application/json',
            { parseAs: 'string' },
            (_request, body, done) => {
              done(null, body);
            },
          );
        }),
      ],
    ],
  )('in request.%s, by %s on %s: 500, and the log says to keep the Buffer', async (...row) => {
    const [property, , adapter, nest, configure] = row;
    const { url, logger } = await start({ adapter, nest, configure });
    const { headers, body } = signComplaintNotification(merchant);
    const response = await httpPost(`${url}/complaints`, headers, body);
    expect(response).toMatchObject({ status: 500, text: expect.stringContaining('"FAIL"') });
    expect(logger.problems()).toEqual([
      expect.stringContaining(
        `This app keeps the body as text, in request.${property}. The signature covers the exact bytes: keep ` +
          `the Buffer. (Request-ID ${headers['Request-ID']})`,
      ),
    ]);
    expect(logger.ours('error')).toHaveLength(1);
    expect(received).toEqual([]);
  });
});

describe('A body parser of the app that keeps nothing', () => {
  const ADVICE = 'Remove app.use(express.json()) or app.use(bodyParser.json())';

  it.each<[what: string, nest: Nest]>([
    ['rawBody: true', { rawBody: true }],
    ['bodyParser: false', { bodyParser: false }],
    ['both', { bodyParser: false, rawBody: true }],
  ])('with %s: 500, and the log names the parser', async (_what, nest) => {
    const { url, logger } = await start({
      nest,
      configure: (app) => app.use(express.json()),
    });
    // Whether such a parser keeps the bytes shows only with a request.
    expect(logger.problems()).toEqual([]);
    await expect(deliver(url)).resolves.toBe(500);
    expect(logger.problems()).toEqual([expect.stringContaining(ADVICE)]);
    expect(logger.ours('error')).toHaveLength(1);
  });

  it('that of Fastify, with bodyParser: false: 500, and the log says how to create the app', async () => {
    const { url, logger } = await start({ adapter: 'fastify', nest: { bodyParser: false } });
    expect(logger.problems()).toEqual([]);
    await expect(deliver(url)).resolves.toBe(500);
    expect(logger.ours('error')).toEqual([
      expect.stringContaining(
        'new FastifyAdapter(), { rawBody: true }), without bodyParser: false',
      ),
    ]);
  });

  it('is not blamed for an empty body', async () => {
    const { url, logger } = await start({
      nest: { bodyParser: false },
      configure: (app) => app.use(express.json()),
    });
    const response = await httpPost(
      `${url}/complaints`,
      { ...signed('').headers, 'Content-Length': '0' },
      '',
    );
    expect(response.status).toBe(400);
    expect(logger.ours('error')).toEqual([]);
  });
});

describe('With bodyParser: false and no parser, Express', () => {
  const nest = { bodyParser: false };

  it('leaves the stream to the guard, which reads it', async () => {
    const { url, logger } = await start({ nest });
    expect(logger.problems()).toEqual([]);
    await expect(deliver(url, 'EV-8')).resolves.toBe(204);
    expect(received).toMatchObject([{ id: 'EV-8' }]);
  });

  it('responds with 500 when something before the guard has decoded the stream', async () => {
    const { url, logger } = await start({
      nest,
      configure: (app) =>
        app.use((request: IncomingMessage, _response: unknown, next: () => void) => {
          request.setEncoding('utf8');
          next();
        }),
    });
    await expect(deliver(url)).resolves.toBe(500);
    expect(logger.ours('error')).toEqual([expect.stringContaining('(RAW_BODY_UNAVAILABLE)')]);
  });

  it('rejects an empty body as no notification', async () => {
    const { url } = await start({ nest });
    const response = await httpPost(`${url}/complaints`, signed('').headers, '');
    expect(response.status).toBe(400);
    expect(JSON.parse(response.text)).toMatchObject({ code: 'FAIL' });
  });

  it.each([
    ['with a length', true],
    ['in chunks', false],
  ])('rejects a body over 64 KiB, sent %s, with 413', async (_what, hasLength) => {
    const { url, logger } = await start({ nest });
    const { headers, body } = signed(Buffer.alloc(65 * 1024, ' '));
    const length = hasLength ? String(body.length) : undefined;
    const response = await httpPost(
      `${url}/complaints`,
      {
        ...headers,
        'Content-Length': length,
        'Transfer-Encoding': hasLength ? undefined : 'chunked',
      },
      body,
    );
    expect(response).toMatchObject({ status: 413, text: expect.stringContaining('"FAIL"') });
    expect(logger.ours('warn')).toEqual([expect.stringContaining('(BODY_TOO_LARGE)')]);
  });

  it('serves the next request of a connection after a body that was too large', async () => {
    const { url } = await start({ nest });
    const large = Buffer.alloc(2 ** 20, ' ');
    const first = signed(large);
    const second = signComplaintNotification(merchant);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let responses = '';
    socket.on('data', (chunk: Buffer) => {
      responses += chunk.toString();
    });
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
    await until(() => responses.includes('HTTP/1.1 204'));
    socket.destroy();
    expect(responses).toMatch(/^HTTP\/1\.1 413/);
  });

  it('rejects a content encoding', async () => {
    const { url } = await start({ nest });
    const { headers, body } = signComplaintNotification(merchant);
    const response = await httpPost(
      `${url}/complaints`,
      { ...headers, 'Content-Encoding': 'gzip' },
      gzipSync(body),
    );
    expect(response.status).toBe(415);
  });

  it('survives a sender that hangs up halfway', async () => {
    const { url, logger } = await start({ nest });
    const { headers } = signComplaintNotification(merchant);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /complaints HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n${head(headers)}\r\n{`,
    );
    socket.destroy();
    await until(() => logger.ours('debug').some((line) => line.includes('(UNREADABLE_BODY)')));
    await expect(deliver(url)).resolves.toBe(204);
  });

  it('does not wait for a body beyond the deadline of the response', async () => {
    const { url, logger } = await startApp({
      nest,
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, handlerTimeout: 50 })],
      controllers: [ComplaintsController],
    });
    const { headers } = signComplaintNotification(merchant);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(
      `POST /complaints HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n${head(headers)}\r\n{`,
    );
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(chunk.toString()).toMatch(/^HTTP\/1\.1 400/);
    expect(logger.ours('debug')).toEqual([
      expect.stringMatching(/\(UNREADABLE_BODY\): The whole body had not arrived after \d+ ms\./),
    ]);
  });

  it('does not read the body of a request whose headers do not pass', async () => {
    const { url } = await start({ nest });
    // The body never ends, so the response shows that nobody waits for it.
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

describe('A request with gzip', () => {
  it('is verified over the decompressed bytes where Express decompresses', async () => {
    const { url } = await start({});
    const { headers, body } = signComplaintNotification(merchant);
    const response = await httpPost(
      `${url}/complaints`,
      { ...headers, 'Content-Encoding': 'gzip' },
      gzipSync(body),
    );
    expect(response.status).toBe(204);
  });
});

describe('Behind a proxy', () => {
  it('the bytes stay what they are when they are sent on in pieces', async () => {
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
        }).then(({ status }) => {
          response.writeHead(status).end();
        });
      });
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { headers, body } = signComplaintNotification(merchant);
    const response = await httpPost(`http://127.0.0.1:${port}/`, headers, body);
    proxy.close();
    expect(response.status).toBe(204);
  });
});

/** Headers as they go over the wire. */
function head(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

function reverseFields(json: string): string {
  const entries = Object.entries(JSON.parse(json) as Record<string, unknown>);
  return JSON.stringify(Object.fromEntries(entries.reverse()));
}
