import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CALL_CHANNEL,
  type CallEvent,
  type ComplaintImage,
  WechatPayApiError,
  WechatPayArgumentError,
  WechatPayNetworkError,
} from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import {
  authorizationOf,
  closeAll,
  errorOf,
  startServer,
  valuesOf,
} from '../../support/client-bench.js';
import {
  isSignedOver,
  type ReceivedCall,
  startComplaintBench,
} from '../../support/complaint-server.js';
import { deferred } from '../../support/deferred.js';
import { until } from '../../support/until.js';
import { IMAGES_PATH } from '../../support/complaint-samples.js';

const MEBIBYTE = 1024 * 1024;
const IMAGE = randomBytes(300_000);
const HOSTS = ['api', 'api2', 'apihk'].map((name) => `https://${name}.mch.weixin.qq.com`);

let merchant: TestMerchant;
beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeAll);

type Respond = (response: ServerResponse, call: ReceivedCall) => void;

function start(respond: Respond, options = {}) {
  return startComplaintBench(
    merchant,
    (call) => (response) => {
      respond(response, call);
    },
    options,
  );
}

const sendImage: Respond = (response) => {
  response.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': IMAGE.length });
  response.end(IMAGE);
};

/** The error that ends a stream. */
async function failureOf({ stream }: ComplaintImage): Promise<unknown> {
  return buffer(stream).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('Downloading an image', () => {
  it('emits a stream, although the response is not signed', async () => {
    const { complaints, calls } = await start(sendImage);
    const images = await valuesOf(complaints.downloadImage('ChsyMDAyMDE4AQ'));

    expect(images).toEqual([
      { contentType: 'image/jpeg', contentLength: IMAGE.length, stream: expect.anything() },
    ]);
    expect(images[0] && (await buffer(images[0].stream)).equals(IMAGE)).toBe(true);
    const [call] = calls;
    expect(call).toMatchObject({
      method: 'GET',
      target: `${IMAGES_PATH}ChsyMDAyMDE4AQ`,
      headers: { accept: '*/*', 'accept-encoding': 'identity' },
    });
    expect(call && isSignedOver(merchant, call, '')).toBe(true);
  });

  it('emits no length when WeChat Pay does not announce it', async () => {
    const { complaints } = await start((response) => {
      response.writeHead(200, { 'Content-Type': 'Image/PNG; charset=binary' });
      response.write(IMAGE.subarray(0, 5));
      response.end(IMAGE.subarray(5));
    });
    const image = await firstValueFrom(complaints.downloadImage('m'));

    expect(image).toEqual({ contentType: 'image/png', stream: expect.anything() });
    expect((await buffer(image.stream)).equals(IMAGE)).toBe(true);
  });

  it('sends a request of its own for every subscription', async () => {
    const { complaints, calls } = await start(sendImage);
    const download = complaints.downloadImage('m');
    expect(calls).toEqual([]);
    for (let count = 0; count < 2; count += 1) {
      await buffer((await firstValueFrom(download)).stream);
    }

    expect(new Set(calls.map((call) => authorizationOf(call, 'nonce_str'))).size).toBe(2);
  });

  it.each([
    ['ChsyMDAyMDE4AQ==', 'ChsyMDAyMDE4AQ%3D%3D'],
    ['ChsyMDAyMDE4AQ%3D%3D', 'ChsyMDAyMDE4AQ%3D%3D'],
    ['Chsy/MDAy+MDE4', 'Chsy%2FMDAy%2BMDE4'],
    ['Chsy%2FMDAy%3D', 'Chsy%2FMDAy%3D'],
    ['Chsy%2fMDAy/', 'Chsy%2fMDAy/'],
    ['Chsy_MDAy-MDE4', 'Chsy_MDAy-MDE4'],
  ])('by the id %s requests %s', async (id, segment) => {
    const { complaints, calls } = await start(sendImage);
    (await firstValueFrom(complaints.downloadImage(id))).stream.destroy();

    expect(calls[0]?.target).toBe(`${IMAGES_PATH}${segment}`);
    expect(calls[0] && isSignedOver(merchant, calls[0], '')).toBe(true);
  });

  it.each(
    HOSTS.flatMap((host) =>
      ['ChsyMDAy%3D%3D', 'Chsy/MDAy%2FMDE4', 'ChsyMDAy==', 'Chsy//MDAy+', 'm?size=l&v=1'].map(
        (path) => [host, path],
      ),
    ),
  )(
    'by a URL at %s goes to the configured host, with the path as it came: %s',
    async (host, path) => {
      const { complaints, calls } = await start(sendImage);
      const url = `${host}${IMAGES_PATH}${path}`;
      (await firstValueFrom(complaints.downloadImage(url))).stream.destroy();

      expect(calls.map(({ target }) => target)).toEqual([`${IMAGES_PATH}${path}`]);
      expect(calls[0] && isSignedOver(merchant, calls[0], '')).toBe(true);
    },
  );

  it.each([
    ["m?of='a'", 'm?of=%27a%27'],
    ['m?', 'm'],
    ['m??', 'm??'],
  ])('by the URL .../%s is signed as it is sent: .../%s', async (path, sent) => {
    const { complaints, calls } = await start(sendImage);
    const url = `${String(HOSTS[0])}${IMAGES_PATH}${path}`;
    (await firstValueFrom(complaints.downloadImage(url))).stream.destroy();

    expect(calls.map(({ target }) => target)).toEqual([`${IMAGES_PATH}${sent}`]);
    expect(calls[0] && isSignedOver(merchant, calls[0], '')).toBe(true);
  });

  it('accepts a URL at a configured host', async () => {
    const { complaints, calls, url } = await start(sendImage);
    (await firstValueFrom(complaints.downloadImage(`${url}${IMAGES_PATH}m`))).stream.destroy();

    expect(calls).toHaveLength(1);
  });

  it.each([
    'https://evil.example.com/v3/merchant-service/images/m',
    'http://api.mch.weixin.qq.com/v3/merchant-service/images/m',
    'https://api.mch.weixin.qq.com:8443/v3/merchant-service/images/m',
    'https://api.mch.weixin.qq.com@evil.example.com/v3/merchant-service/images/m',
    'https://a:b@api.mch.weixin.qq.com/v3/merchant-service/images/m',
    'https://api.mch.weixin.qq.com.evil.example.com/v3/merchant-service/images/m',
    'file:///v3/merchant-service/images/m',
    'javascript:alert(1)',
    'http://files-40010.sh.gfp.tencent-cloud.example/FBA3E91E-CCBD?sign=q-sign-algorithm%3dsha1',
    'https://qpic.cn/xxx',
  ])('rejects %s, and says what to do with a link of image_list', async (url) => {
    const { complaints, calls } = await start(sendImage);

    const error = await errorOf(complaints.downloadImage(url));
    expect(error).toBeInstanceOf(WechatPayArgumentError);
    expect(error).toMatchObject({
      field: 'media_url',
      problems: [
        'does not point to a host of WeChat Pay. If it is from image_list, it is a pre-signed link: ' +
          'fetch it without a signature',
      ],
    });
    expect(calls).toEqual([]);
  });

  it.each([
    '/v3/merchant-service/complaints-v2/1',
    '/v3/merchant-service/images',
    '/v3/merchant-service/images/',
    '/v3/merchant-service/images/.',
    '/v3/merchant-service/images/..',
    '/v3/merchant-service/images/../complaints-v2/1',
    '/v3/merchant-service/images/a/../../complaints-v2',
    '/v3/merchant-service/images/%2e%2e/complaints-v2',
    '/v3/merchant-service/images/%2E',
    '/v3/merchant-service/images/a/./b',
    '/v3/merchant-service/images/a%2F..%2Fb',
    '/v3/merchant-service/images/a%252F',
    '/v3/merchant-service/images/BB04A5DE.bmp',
    '/v3/merchant-service/images/a;b',
    '/v3/merchant-service/images/..%5ccomplaints-v2',
    '/v3/merchant-service/images/a\\b',
    '/v3/merchant-service/images/a b',
    '/v3/merchant-service/images/a%',
    '/v3/merchant-service/images/a%0d%0aX: b',
    '/v3/merchant-service/images/a#b',
    '/v3/merchant-service/images/a?b=#c',
    '/v3/merchant-service/images/a?b="c"',
    '/v3/merchant-service/images/图',
    '/v3/merchant-service/./images/m',
    '/V3/merchant-service/images/m',
    '//v3/merchant-service/images/m',
    '\\@evil.example.com/v3/merchant-service/images/m',
    '?/v3/merchant-service/images/m',
    '',
  ])('rejects a URL with the path %j', async (path) => {
    const { complaints, calls } = await start(sendImage);

    const error = await errorOf(complaints.downloadImage(`${HOSTS[0]}${path}`));
    expect(error).toBeInstanceOf(WechatPayArgumentError);
    expect(error).toMatchObject({ field: 'media_url' });
    expect(calls).toEqual([]);
  });

  it.each([
    ...['', '.', '..', '../complaints-v2/1', '%2e%2e', 'a%2f..', 'a\r\nb', 'a'.repeat(513), 1],
    ...['100%', 'a b', 'a?b', 'a#b', '图', 'a%00', 'a%252f', 'a.jpg'],
  ])('rejects the id %j', async (id) => {
    const { complaints, calls } = await start(sendImage);

    expect(await errorOf(complaints.downloadImage(id as string))).toMatchObject({
      name: 'WechatPayArgumentError',
      field: 'media_id',
    });
    expect(calls).toEqual([]);
  });

  it('says that the id of an upload does not work', async () => {
    const { complaints } = await start(sendImage);

    expect(
      await errorOf(complaints.downloadImage('BB04A5DEEFEA18D4F2554C1EDD3B610B.bmp')),
    ).toMatchObject({ message: expect.stringContaining('ids of uploads do not work here') });
  });
});

describe('A response that is not an image', () => {
  it.each([301, 302, 303, 307, 308])('fails when it is a redirect (%i)', async (status) => {
    let isFollowed = false;
    const elsewhere = await startServer((_request, response) => {
      isFollowed = true;
      response.end();
    });
    const { complaints } = await start((response) => {
      response.writeHead(status, { Location: elsewhere }).end();
    });

    const error = await errorOf(complaints.downloadImage('m'));
    expect(error).toBeInstanceOf(WechatPayApiError);
    expect(error).toMatchObject({ code: `HTTP_${status}`, status });
    expect(isFollowed).toBe(false);
  });

  it('fails with the error that WeChat Pay sends', async () => {
    const json = {
      code: 'RESOURCE_NOT_EXISTS',
      message: '图片不存在',
      detail: { field: 'media_id' },
    };
    const { complaints } = await start((response) => {
      response.writeHead(404, { 'Request-ID': '08F7' }).end(JSON.stringify(json));
    });

    const error = await errorOf(complaints.downloadImage('m'));
    expect(error).toBeInstanceOf(WechatPayApiError);
    expect(error).toMatchObject({
      code: 'RESOURCE_NOT_EXISTS',
      status: 404,
      apiMessage: '图片不存在',
      detail: { field: 'media_id' },
      requestId: '08F7',
      message: expect.stringContaining('[This image does not exist, or no longer.]'),
    });
  });

  it('fails with the status when the error has no end', async () => {
    const closed = deferred<true>();
    const { complaints } = await start((response) => {
      response.writeHead(500).on('close', () => {
        closed.resolve(true);
      });
      const more = (): void => {
        while (response.write(Buffer.alloc(MEBIBYTE))) if (response.destroyed) return;
      };
      response.on('drain', more).on('error', () => {});
      more();
    });

    expect(await errorOf(complaints.downloadImage('m'))).toMatchObject({ code: 'HTTP_500' });
    expect(await closed.promise).toBe(true);
  });

  it('is retried after a 500', async () => {
    let attempts = 0;
    const respond: Respond = (response, call) => {
      attempts += 1;
      if (attempts === 1) response.writeHead(500).end('{"code":"SYSTEM_ERROR"}');
      else sendImage(response, call);
    };
    const { complaints } = await start(respond, { retry: { attempts: 2, baseDelay: 1 } });
    const { stream } = await firstValueFrom(complaints.downloadImage('m'));

    expect((await buffer(stream)).equals(IMAGE)).toBe(true);
    expect(attempts).toBe(2);
  });

  it.each<[string, Record<string, string>, string]>([
    ['is HTML', { 'Content-Type': 'text/html' }, 'is not an image'],
    ['is JSON', { 'Content-Type': 'application/json' }, 'is not an image'],
    ['is SVG, which can hold scripts', { 'Content-Type': 'image/svg+xml' }, 'is not an image'],
    ['has no content type', {}, 'is not an image'],
    ['is encoded', { 'Content-Type': 'image/png', 'Content-Encoding': 'br' }, 'is encoded'],
    [
      'is too large',
      { 'Content-Type': 'image/png', 'Content-Length': String(16 * MEBIBYTE + 1) },
      `has more than ${16 * MEBIBYTE} bytes`,
    ],
  ])('fails when it %s', async (_case, headers, reason) => {
    const closed = deferred<true>();
    const { complaints } = await start((response) => {
      response.on('close', () => {
        closed.resolve(true);
      });
      response.writeHead(200, { 'Request-ID': '08F7', ...headers }).write('begin');
    });

    const error = await errorOf(complaints.downloadImage('m'));
    expect(error).toBeInstanceOf(WechatPayApiError);
    expect(error).toMatchObject({
      code: 'MALFORMED_RESPONSE',
      status: 200,
      requestId: '08F7',
      apiMessage: expect.stringContaining(reason),
    });
    expect(await closed.promise).toBe(true);
  });
});

describe('The stream of an image', () => {
  /** Sends the head and these bytes of the body, and then nothing. */
  async function startStalling(bytes: Buffer, options = {}) {
    const responses = deferred<ServerResponse>();
    const bench = await start((response) => {
      responses.resolve(response);
      response.on('error', () => {});
      response.writeHead(200, { 'Content-Type': 'image/png' });
      response.flushHeaders();
      if (bytes.length > 0) response.write(bytes);
    }, options);
    return { ...bench, response: responses.promise };
  }

  it('closes the connection when it is destroyed', async () => {
    const { complaints, response } = await startStalling(Buffer.from('begin'));
    const { stream } = await firstValueFrom(complaints.downloadImage('m'));
    const closed = once(await response, 'close');
    stream.destroy();

    await closed;
    expect(stream.errored).toBeNull();
  });

  it('closes the connection when a loop over it ends early', async () => {
    const { complaints, response } = await startStalling(Buffer.from('begin'));
    const { stream } = await firstValueFrom(complaints.downloadImage('m'));
    const closed = once(await response, 'close');
    for await (const chunk of stream) {
      expect(String(chunk)).toBe('begin');
      break;
    }

    await closed;
  });

  it('is aborted by unsubscribing before it is emitted', async () => {
    const responses = deferred<ServerResponse>();
    const { complaints } = await start(responses.resolve);
    const subscription = complaints.downloadImage('m').subscribe();
    const closed = once(await responses.promise, 'close');
    subscription.unsubscribe();

    await expect(closed).resolves.toBeDefined();
  });

  it('continues after unsubscribing once it was emitted', async () => {
    const { complaints, response } = await startStalling(Buffer.from('begin'));
    const images: ComplaintImage[] = [];
    const subscription = complaints.downloadImage('m').subscribe((image) => images.push(image));
    await until(() => images.length === 1);
    subscription.unsubscribe();
    (await response).end(' and end');

    expect(images[0] && String(await buffer(images[0].stream))).toBe('begin and end');
  });

  it('fails after more than 16 MiB', async () => {
    const { complaints } = await start((response) => {
      response.on('error', () => {});
      response.writeHead(200, { 'Content-Type': 'image/png', 'Request-ID': '08F7' });
      response.end(Buffer.alloc(16 * MEBIBYTE + 1));
    });

    const error = await failureOf(await firstValueFrom(complaints.downloadImage('m')));
    expect(error).toBeInstanceOf(WechatPayApiError);
    expect(error).toMatchObject({
      code: 'MALFORMED_RESPONSE',
      apiMessage: expect.stringContaining(` has more than ${16 * MEBIBYTE} bytes`),
      requestId: '08F7',
    });
  });

  it('is complete with exactly 16 MiB', async () => {
    const { complaints } = await start((response) => {
      response.writeHead(200, { 'Content-Type': 'image/png' }).end(Buffer.alloc(16 * MEBIBYTE));
    });

    const { stream } = await firstValueFrom(complaints.downloadImage('m'));
    expect(await buffer(stream)).toHaveLength(16 * MEBIBYTE);
  });

  it.each([Buffer.alloc(0), Buffer.from('begin')])(
    'fails when nothing arrives within the time limit, after %j',
    async (bytes) => {
      const { complaints, response } = await startStalling(bytes, { timeout: 400 });
      const image = await firstValueFrom(complaints.downloadImage('m'));
      const closed = once(await response, 'close');

      const error = await failureOf(image);
      expect(error).toBeInstanceOf(WechatPayNetworkError);
      expect(error).toMatchObject({
        code: 'TIMEOUT',
        message: expect.stringContaining('within 400 ms'),
      });
      await closed;
    },
  );

  it('does not fail when its reader takes longer than the time limit', async () => {
    const { complaints } = await start(sendImage, { timeout: 400 });
    const { stream } = await firstValueFrom(complaints.downloadImage('m'));
    await until(() => stream.readableLength > 0);
    await delay(1000);

    expect((await buffer(stream)).equals(IMAGE)).toBe(true);
  });

  it('does not fail when everything has arrived and its reader is slow', async () => {
    const { complaints } = await start(
      (response) => {
        response.writeHead(200, { 'Content-Type': 'image/png' });
        response.write('image');
        setTimeout(() => response.end(), 30);
      },
      { timeout: 400 },
    );
    const { stream } = await firstValueFrom(complaints.downloadImage('m'));
    const chunks: unknown[] = [];
    for await (const chunk of stream) {
      await delay(1000);
      chunks.push(chunk);
    }

    expect(chunks.map(String).join('')).toBe('image');
  });

  it('waits for its reader when it is empty', async () => {
    const { complaints } = await start(
      (response) => {
        response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': 0 });
        response.end();
      },
      { timeout: 400 },
    );
    const { stream } = await firstValueFrom(complaints.downloadImage('m'));
    await delay(1000);

    expect(await buffer(stream)).toHaveLength(0);
  });

  it('fails for a later reader when it failed before anybody read it', async () => {
    const { complaints } = await start((response) => {
      response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': 5 });
      response.end('image');
    });
    const aborter = new AbortController();
    const { stream } = await firstValueFrom(
      complaints.downloadImage('m', { signal: aborter.signal }),
    );
    // Everything has arrived, so that nothing else listens to the stream.
    await until(() => stream.readableLength > 0);
    await delay(50);
    aborter.abort();
    await delay(50);

    await expect(buffer(stream)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('may take longer than the time limit while bytes arrive', async () => {
    const { complaints } = await start(
      (response) => {
        response.writeHead(200, { 'Content-Type': 'image/png' });
        const chunks = Array<string>(8).fill('chunk');
        const send = setInterval(() => {
          const chunk = chunks.pop();
          if (chunk !== undefined) response.write(chunk);
          else
            response.end(() => {
              clearInterval(send);
            });
        }, 100);
      },
      { timeout: 500 },
    );
    const { stream } = await firstValueFrom(complaints.downloadImage('m'));

    expect(String(await buffer(stream))).toBe('chunk'.repeat(8));
  });

  it('fails when no response begins within the time limit', async () => {
    const { complaints } = await start(() => {}, { timeout: 100 });

    expect(await errorOf(complaints.downloadImage('m'))).toMatchObject({
      name: 'WechatPayNetworkError',
      code: 'TIMEOUT',
    });
  });

  it('fails when the connection breaks, with an error that shows nothing of the request', async () => {
    const { complaints, response, calls } = await startStalling(Buffer.from('begin'));
    const image = await firstValueFrom(complaints.downloadImage('m'));
    (await response).destroy();

    const error = await failureOf(image);
    expect(error).toBeInstanceOf(WechatPayNetworkError);
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    const text = inspect(error, { depth: 20, showHidden: true, maxStringLength: null });
    expect(text).toContain('ECONNRESET');
    expect(text).not.toContain(authorizationOf(calls[0], 'signature').slice(0, 40));
    expect(text).not.toMatch(/WECHATPAY2|PRIVATE KEY|ClientRequest \{|AxiosError/);
  });

  it('is aborted by the signal of the config, before and after it was emitted', async () => {
    const { complaints, response } = await startStalling(Buffer.from('begin'));
    const early = AbortSignal.abort();
    expect(await errorOf(complaints.downloadImage('m', { signal: early }))).toMatchObject({
      code: 'ABORTED',
    });
    const aborter = new AbortController();
    const config = { signal: aborter.signal };
    const image = await firstValueFrom(complaints.downloadImage('m', config));
    const closed = once(await response, 'close');
    aborter.abort();

    const error = await failureOf(image);
    expect(error).toBeInstanceOf(WechatPayNetworkError);
    expect(error).toMatchObject({ code: 'ABORTED' });
    await closed;
  });

  it('is published on the diagnostics channel once its head has arrived', async () => {
    const events: CallEvent[] = [];
    const record = (event: unknown): void => {
      events.push(event as CallEvent);
    };
    const { complaints, url } = await start(sendImage);
    subscribe(CALL_CHANNEL, record);
    (await firstValueFrom(complaints.downloadImage('m'))).stream.destroy();
    unsubscribe(CALL_CHANNEL, record);

    expect(events).toMatchObject([
      { method: 'GET', baseUrl: url, target: `${IMAGES_PATH}m`, outcome: 'succeeded', status: 200 },
    ]);
  });
});
