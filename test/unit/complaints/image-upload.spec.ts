import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WechatPayArgumentError, WechatPayNetworkError } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { lastValueFrom } from 'rxjs';
import { closeAll, errorOf, valuesOf } from '../../support/client-bench.js';
import {
  isSignedOver,
  type ReceivedCall,
  startComplaintBench,
} from '../../support/complaint-server.js';
import { until } from '../../support/until.js';
import { IMAGES_PATH } from '../../support/complaint-samples.js';

const MEBIBYTE = 1024 * 1024;
const PNG = image('89504e470d0a1a0a', 1000);
const JPG = image('ffd8ff', 1000);
const BMP = image('424d', 1000);

/** The first bytes of an image, then random ones, line feeds and dashes included. */
function image(magic: string, size: number): Buffer {
  const start = Buffer.from(magic, 'hex');
  return Buffer.concat([start, randomBytes(size - start.length)]);
}

interface Part {
  readonly headers: Headers;
  readonly content: Buffer;
}

/** Splits a multipart body at its boundary. Fails unless it is exactly as documented. */
function partsOf({ headers, body }: ReceivedCall): Part[] {
  const [, boundary = ''] =
    /^multipart\/form-data; boundary=([\w-]{1,70})$/.exec(headers['content-type'] ?? '') ?? [];
  expect(boundary).not.toBe('');
  const parts: Part[] = [];
  const mark = Buffer.from(`\r\n--${boundary}`);
  let rest = Buffer.concat([Buffer.from('\r\n'), body]);
  while (rest.subarray(mark.length).toString('latin1') !== '--\r\n') {
    expect(rest.subarray(0, mark.length + 2).toString()).toBe(`${mark.toString()}\r\n`);
    rest = rest.subarray(mark.length + 2);
    const start = rest.indexOf('\r\n\r\n');
    const end = rest.indexOf(mark);
    const fields = rest.subarray(0, start).toString('latin1').split('\r\n');
    parts.push({
      headers: new Headers(fields.map((field) => field.split(': ') as [string, string])),
      content: rest.subarray(start + 4, end),
    });
    rest = rest.subarray(end);
  }
  return parts;
}

let merchant: TestMerchant;
beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeAll);

/** Like WeChat Pay, requires the right hash and signature. */
async function start(options = {}) {
  return startComplaintBench(
    merchant,
    (call) => {
      const [meta, file] = partsOf(call);
      const text = meta?.content.toString() ?? '';
      const { sha256 } = JSON.parse(text) as { sha256: string };
      const isWhole = file && createHash('sha256').update(file.content).digest('hex') === sha256;
      if (!isWhole) return { status: 400, json: { code: 'PARAM_ERROR', message: '哈希错误' } };
      return isSignedOver(merchant, call, text)
        ? { json: { media_id: `${sha256}.png` } }
        : { status: 401, json: { code: 'SIGN_ERROR', message: '签名错误' } };
    },
    options,
  );
}

describe('Uploading an image', () => {
  it.each([
    ['凭证.png', PNG, 'image/png'],
    ['photo.JPG', JPG, 'image/jpeg'],
    ['a b;c=d.bmp', BMP, 'image/bmp'],
  ])('sends %s with its hash, and signs the meta part alone', async (filename, file, type) => {
    const { complaints, calls } = await start();
    const sha256 = createHash('sha256').update(file).digest('hex');

    expect(await valuesOf(complaints.uploadImage(file, { filename }))).toStrictEqual([
      { media_id: `${sha256}.png` },
    ]);

    const [call] = calls;
    if (!call) throw new Error('No request arrived.');
    expect(call).toMatchObject({ method: 'POST', target: `${IMAGES_PATH}upload` });
    expect(call.headers.accept).toBe('application/json');
    const [meta, sent, ...others] = partsOf(call);
    expect(others).toEqual([]);
    expect(meta?.content.toString()).toBe(JSON.stringify({ filename, sha256 }));
    // With a file name, WeChat Pay would take the part for a file and reject the signature.
    expect(meta?.headers.get('content-disposition')).toBe('form-data; name="meta"');
    expect(meta?.headers.get('content-type')).toBe('application/json');
    expect(sent?.content.equals(file)).toBe(true);
    expect(Buffer.from(sent?.headers.get('content-disposition') ?? '', 'latin1').toString()).toBe(
      `form-data; name="file"; filename="${filename}"`,
    );
    expect(sent?.headers.get('content-type')).toBe(type);
  });

  it('accepts two mebibytes', async () => {
    const { complaints } = await start();
    const file = image('ffd8ff', 2 * MEBIBYTE);

    expect(await valuesOf(complaints.uploadImage(file, { filename: 'a.jpg' }))).toHaveLength(1);
  });

  it('accepts a Uint8Array that is a part of a larger one', async () => {
    const { complaints, calls } = await start();
    const whole = new Uint8Array(Buffer.concat([randomBytes(10), PNG, randomBytes(10)]));
    await valuesOf(complaints.uploadImage(whole.subarray(10, 1010), { filename: 'a.png' }));

    expect(calls[0] && partsOf(calls[0])[1]?.content.equals(PNG)).toBe(true);
  });

  it('sends a Buffer on every subscription', async () => {
    const { complaints, calls } = await start();
    const upload = complaints.uploadImage(PNG, { filename: 'a.png' });
    expect(calls).toEqual([]);
    await valuesOf(upload);
    await valuesOf(upload);

    const [first, second] = calls;
    expect(first?.headers.authorization).not.toBe(second?.headers.authorization);
    expect(first?.headers['content-type']).not.toBe(second?.headers['content-type']);
  });

  it('is not retried when the connection breaks', async () => {
    const { complaints, calls } = await startComplaintBench(
      merchant,
      () => (response) => response.destroy(),
      { retry: { attempts: 3, baseDelay: 1 } },
    );

    const error = await errorOf(complaints.uploadImage(PNG, { filename: 'a.png' }));
    expect(error).toMatchObject({ name: 'WechatPayNetworkError', code: 'ECONNRESET' });
    expect(calls).toHaveLength(1);
  });

  it('is retried after too many requests, signed anew', async () => {
    const { complaints, calls } = await startComplaintBench(
      merchant,
      (_call, index) =>
        index === 0
          ? { status: 429, json: { code: 'RATELIMIT_EXCEEDED', message: '频率超限' } }
          : { json: { media_id: 'm' } },
      { retry: { attempts: 2, baseDelay: 1 } },
    );

    expect(await valuesOf(complaints.uploadImage(PNG, { filename: 'a.png' }))).toHaveLength(1);
    const signed = calls.map((call) => {
      return isSignedOver(merchant, call, partsOf(call)[0]?.content.toString() ?? '');
    });
    expect(signed).toEqual([true, true]);
  });

  it.each<[string, string, unknown, string]>([
    ['file', 'is empty', Buffer.alloc(0), 'a.png'],
    ['file', 'is not a JPG, BMP or PNG image', Buffer.from('GIF89a'), 'a.png'],
    ['file', 'is a JPG image, but its filename has another extension', JPG, 'a.png'],
    ['file', 'is a PNG image, but its filename has another extension', PNG, 'a.jpg'],
    ['file', `has ${2 * MEBIBYTE + 1} bytes, at most`, image('ffd8ff', 2 * MEBIBYTE + 1), 'a.jpg'],
    ['file', 'is of type string', 'a.png', 'a.png'],
    ['file', 'is of type null', null, 'a.png'],
    ['file', 'is of type object', new Blob([new Uint8Array(PNG)]), 'a.png'],
    ['filename', 'must end with .jpg, .bmp or .png', PNG, 'a.gif'],
    ['filename', 'must end with .jpg, .bmp or .png', PNG, 'a.jpeg'],
    ['filename', 'must end with .jpg, .bmp or .png', PNG, 'png'],
    ['filename', 'must not be empty', PNG, ''],
    ['filename', 'has 129 characters', PNG, `${'a'.repeat(125)}.png`],
    ['filename', 'quotes, slashes', PNG, 'a".png'],
    ['filename', 'quotes, slashes', PNG, 'a\r\nX-Header: b.png'],
    ['filename', 'quotes, slashes', PNG, '../a.png'],
    ['filename', 'quotes, slashes', PNG, 'a\\.png'],
    ['filename', 'must not contain NUL', PNG, 'a\0.png'],
    ['filename', 'contains U+1F600', PNG, '😀.png'],
    ['filename', 'is missing', PNG, undefined as never],
  ])('is rejected when its %s %s', async (field, problem, file, filename) => {
    const { complaints, calls } = await start();

    const error = await errorOf(complaints.uploadImage(file as Buffer, { filename }));
    expect(error).toBeInstanceOf(WechatPayArgumentError);
    expect(error).toMatchObject({ field, message: expect.stringContaining(problem) });
    expect(calls).toEqual([]);
  });

  it('sends exactly the documented bytes', async () => {
    const { complaints, calls } = await start();
    const filename = '凭证 1.png';
    await valuesOf(complaints.uploadImage(PNG, { filename }));

    const [call] = calls;
    const boundary = String(call?.headers['content-type']).split('boundary=')[1] ?? '';
    const sha256 = createHash('sha256').update(PNG).digest('hex');
    const expected = Buffer.concat([
      Buffer.from(
        [
          `--${boundary}`,
          'Content-Disposition: form-data; name="meta"',
          'Content-Type: application/json',
          '',
          `{"filename":"${filename}","sha256":"${sha256}"}`,
          `--${boundary}`,
          `Content-Disposition: form-data; name="file"; filename="${filename}"`,
          'Content-Type: image/png',
          '',
          '',
        ].join('\r\n'),
      ),
      PNG,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
    expect(call?.body.equals(expected)).toBe(true);
  });

  it.each([
    ['media_id is missing', {}],
    ['media_id is empty', { media_id: '' }],
    ['media_id is of type number, not a string', { media_id: 1 }],
  ])('fails when %s in the response', async (fault, json) => {
    const { complaints } = await startComplaintBench(merchant, () => ({ json }));

    const error = await errorOf(complaints.uploadImage(PNG, { filename: 'a.png' }));
    expect(error).toMatchObject({
      code: 'MALFORMED_RESPONSE',
      apiMessage: expect.stringMatching(new RegExp(` is genuine, but ${fault}$`)),
    });
  });
});

describe('Uploading a stream', () => {
  it('reads it to its end, sends it and closes it', async () => {
    const { complaints, calls } = await start();
    const folder = await mkdtemp(join(tmpdir(), 'complaint-upload-'));
    const path = join(folder, 'a.png');
    const file = image('89504e470d0a1a0a', MEBIBYTE);
    await writeFile(path, file);
    const stream = createReadStream(path);

    expect(await valuesOf(complaints.uploadImage(stream, { filename: 'a.png' }))).toHaveLength(1);
    expect(calls[0] && partsOf(calls[0])[1]?.content.equals(file)).toBe(true);
    expect(stream.destroyed).toBe(true);
    await rm(folder, { recursive: true });
  });

  it('accepts the stream of Readable.from', async () => {
    const { complaints } = await start();
    const stream = Readable.from([PNG.subarray(0, 3), PNG.subarray(3)]);

    expect(await valuesOf(complaints.uploadImage(stream, { filename: 'a.png' }))).toHaveLength(1);
  });

  it('works for one subscription only', async () => {
    const { complaints, calls } = await start();
    const upload = complaints.uploadImage(Readable.from([PNG]), { filename: 'a.png' });
    const [first, second] = await Promise.allSettled([
      lastValueFrom(upload),
      lastValueFrom(upload),
    ]);

    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({
      reason: {
        name: 'WechatPayArgumentError',
        field: 'file',
        problems: [
          'is a stream that was read before: to upload it again, pass its bytes as a Buffer',
        ],
      },
    });
    expect(await errorOf(upload)).toMatchObject({ field: 'file' });
    expect(calls).toHaveLength(1);
  });

  it('does not touch a stream that is being read elsewhere', async () => {
    const { complaints } = await start();
    const stream = new PassThrough();
    stream.write(PNG);
    stream.read(10);

    expect(await errorOf(complaints.uploadImage(stream, { filename: 'a.png' }))).toMatchObject({
      field: 'file',
    });
    expect(stream.destroyed).toBe(false);
  });

  it('stops reading and closes it as soon as it is too large', async () => {
    const { complaints, calls } = await start();
    let given = 0;
    const endless = new Readable({
      read() {
        given += 1;
        this.push(given === 1 ? JPG : Buffer.alloc(64 * 1024));
      },
    });

    expect(await errorOf(complaints.uploadImage(endless, { filename: 'a.jpg' }))).toMatchObject({
      field: 'file',
      message: expect.stringContaining(`more than ${2 * MEBIBYTE} bytes`),
    });
    expect(endless.destroyed).toBe(true);
    expect(given).toBeLessThan(40);
    expect(calls).toEqual([]);
  });

  it.each([
    [
      'cannot be read',
      () =>
        new Readable({
          read() {
            this.destroy(new Error('no such file'));
          },
        }),
      'no such file',
    ],
    ['consists of text', () => Readable.from(['text']), 'something else than bytes'],
  ])('is rejected when it %s', async (_case, make, problem) => {
    const { complaints, calls } = await start();

    expect(await errorOf(complaints.uploadImage(make(), { filename: 'a.png' }))).toMatchObject({
      name: 'WechatPayArgumentError',
      field: 'file',
      message: expect.stringContaining(problem),
    });
    expect(calls).toEqual([]);
  });

  it('does not read it when the file name is invalid', async () => {
    const { complaints } = await start();
    const stream = Readable.from([PNG]);

    expect(await errorOf(complaints.uploadImage(stream, { filename: 'a.gif' }))).toMatchObject({
      field: 'filename',
    });
    expect(stream.readableDidRead).toBe(false);
  });

  it('closes it when the upload is unsubscribed from or aborted while reading', async () => {
    const { complaints, calls } = await start();
    const [left, aborted] = [new PassThrough(), new PassThrough()];
    complaints.uploadImage(left, { filename: 'a.png' }).subscribe().unsubscribe();
    const aborter = new AbortController();
    const config = { signal: aborter.signal };
    const error = errorOf(complaints.uploadImage(aborted, { filename: 'a.png' }, config));
    aborter.abort();

    expect(await error).toBeInstanceOf(WechatPayNetworkError);
    expect(await error).toMatchObject({
      code: 'ABORTED',
      message: expect.stringContaining(`POST ${IMAGES_PATH}upload`),
    });
    await until(() => left.destroyed && aborted.destroyed);
    expect(calls).toEqual([]);
  });
});
