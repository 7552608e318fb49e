import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { signedHeaders } from '../../../../support/client-http.js';
import { httpPost } from '../../../../support/http-post.js';
import { JPG, PNG } from '../../../../support/small-images.js';
import { call, errorIn, type HttpResponse } from '../signed-call.js';

const IMAGES = '/v3/merchant-service/images';
const UPLOAD = `${IMAGES}/upload`;
const ORIGIN = 'https://api.mch.weixin.qq.com';

describe('The calls for images', () => {
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;
  beforeAll(async () => {
    merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
  });
  afterAll(() => simulator.stop());

  function download(target: string): Promise<Response> {
    const headers = { ...signedHeaders(merchant, { target }), Accept: '*/*' };
    return fetch(`${simulator.url}${target}`, { headers });
  }

  describe('for downloads', () => {
    const targetsOf = (urls: readonly string[]): string[] =>
      urls.map((url) => url.slice(ORIGIN.length));
    const bytesOf = async (response: Response): Promise<Buffer> =>
      Buffer.from(await response.arrayBuffer());

    function readUrls(): readonly string[] {
      return simulator
        .complaints(merchant)
        .flatMap(({ complaint_media_list }) => complaint_media_list)
        .flatMap(({ media_url }) => media_url);
    }

    beforeAll(async () => {
      await simulator.complain(merchant, { images: [PNG, JPG] });
    });

    it('return the bytes of an image, unsigned', async () => {
      const [png, jpg] = await Promise.all(targetsOf(readUrls()).map(download));

      expect(png?.headers.get('content-type')).toBe('image/png');
      expect(jpg?.headers.get('content-type')).toBe('image/jpeg');
      expect(png?.headers.get('wechatpay-signature')).toBeNull();
      expect(png && (await bytesOf(png))).toEqual(PNG);
      expect(jpg && (await bytesOf(jpg))).toEqual(JPG);
    });

    it('accept a media id with slashes, escaped or not', async () => {
      const targets = Array.from({ length: 8 }, () => targetsOf(readUrls())).flat();
      const withSlash = targets.filter((target) => target.includes('%2F'));
      // One in eight.
      expect(withSlash).toHaveLength(2);
      const unescaped = withSlash.map((target) => target.replaceAll('%2F', '/'));

      for (const target of [...withSlash, ...unescaped]) {
        expect((await download(target)).status).toBe(200);
      }
    });

    it.each(['1', 'AAAA', '%2F', 'a%2F..%2Fb', ''])(
      'respond with 404 to the media id "%s"',
      async (id) => {
        const response = await call(simulator, merchant, { target: `${IMAGES}/${id}` });

        expect(errorIn(response)).toMatchObject({ status: 404, code: 'RESOURCE_NOT_EXISTS' });
      },
    );

    it('respond with 404 to a media id that was altered', async () => {
      const [target = ''] = targetsOf(readUrls());
      const id = Buffer.from(decodeURIComponent(target.slice(IMAGES.length + 1)), 'base64');
      id.writeUInt8(id.readUInt8(10) ^ 1, 10);
      const altered = `${IMAGES}/${encodeURIComponent(id.toString('base64'))}`;

      expect((await download(altered)).status).toBe(404);
      expect((await download(`${target}A`)).status).toBe(404);
    });
  });

  describe('for uploads', () => {
    const sha256 = createHash('sha256').update(PNG).digest('hex');

    interface Upload {
      readonly filename?: string;
      readonly hash?: string;
      readonly bytes?: Buffer;
      /** Signed in place of `meta`. */
      readonly signed?: string;
      /** The name in the form, in place of the one in `meta`. */
      readonly inForm?: string;
    }

    function form(meta: string, filename: string, bytes: Buffer): Buffer {
      return Buffer.concat([
        Buffer.from(
          '--X\r\nContent-Disposition: form-data; name="meta"\r\n' +
            `Content-Type: application/json\r\n\r\n${meta}\r\n` +
            `--X\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\n` +
            'Content-Type: image/png\r\n\r\n',
        ),
        bytes,
        Buffer.from('\r\n--X--\r\n'),
      ]);
    }

    function upload(
      { filename = 'a.png', hash = sha256, bytes = PNG, signed, inForm }: Upload,
      type = 'multipart/form-data; boundary=X',
    ): Promise<HttpResponse> {
      const meta = JSON.stringify({ filename, sha256: hash });
      const headers = {
        ...signedHeaders(merchant, { method: 'POST', target: UPLOAD, body: signed ?? meta }),
        'Content-Type': type,
      };
      return httpPost(`${simulator.url}${UPLOAD}`, headers, form(meta, inForm ?? filename, bytes));
    }

    const mediaIdOf = ({ text }: HttpResponse): string =>
      (JSON.parse(text) as { media_id: string }).media_id;

    it('return a media id, with a signature over meta alone', async () => {
      const response = await upload({});

      expect(response.status).toBe(200);
      expect(mediaIdOf(response)).toMatch(/^[0-9A-F]{32}\.png$/);
      expect(simulator.requests.at(-1)?.body).toBe(JSON.stringify({ filename: 'a.png', sha256 }));
    });

    it('return a media id that cannot be downloaded', async () => {
      const mediaId = mediaIdOf(await upload({}));

      const response = await call(simulator, merchant, { target: `${IMAGES}/${mediaId}` });

      expect(errorIn(response)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    });

    it.each<[string, Upload]>([
      ['sha256', { hash: sha256.replace(/^./, 'x') }],
      ['sha256', { bytes: Buffer.concat([PNG, PNG]) }],
      ['filename', { filename: 'a.jpg' }],
      ['filename', { bytes: Buffer.from('GIF89a') }],
      ['filename', { inForm: 'b.png' }],
      ['file', { bytes: Buffer.concat([PNG, Buffer.alloc(2 * 1024 * 1024)]) }],
    ])('respond with PARAM_ERROR for %s: %j', async (field, changes) => {
      expect(errorIn(await upload(changes))).toMatchObject({
        status: 400,
        code: 'PARAM_ERROR',
        detail: { field },
      });
    });

    it.each<[string, Upload, string | undefined]>([
      ['signed over something else', { signed: '{}' }, undefined],
      ['without a boundary', {}, 'multipart/form-data'],
      ['with another boundary', {}, 'multipart/form-data; boundary=Y'],
    ])('respond with SIGN_ERROR to a form %s', async (_case, changes, type) => {
      expect(errorIn(await upload(changes, type))).toMatchObject({
        status: 401,
        code: 'SIGN_ERROR',
      });
    });

    it('respond with PARAM_ERROR to JSON', async () => {
      const body = JSON.stringify({ filename: 'a.png', sha256 });

      const response = await call(simulator, merchant, { method: 'POST', target: UPLOAD, body });

      expect(errorIn(response)).toMatchObject({ code: 'PARAM_ERROR', detail: { field: 'file' } });
    });
  });
});
