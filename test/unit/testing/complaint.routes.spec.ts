import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { signedHeaders } from '../../support/client-http.js';
import { type HttpResponse, httpPost } from '../../support/http-post.js';
import { PNG } from '../../support/small-images.js';

const PREFIX = '/v3/merchant-service';
const COMPLAINTS = `${PREFIX}/complaints-v2`;
const UPLOAD = `${PREFIX}/images/upload`;

/** What ComplaintService would not send. */
describe('A call on complaints that is wrong', () => {
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;
  beforeAll(async () => {
    merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
    await simulator.complain(merchant, { complaint_id: 'C-1' });
    await simulator.complain(merchant, { complaint_id: 'C/ 2' });
  });
  afterAll(() => simulator.stop());

  function send(method: string, target: string, body = ''): Promise<HttpResponse> {
    const headers = signedHeaders(merchant, { method, target, body });
    return httpPost(`${simulator.url}${target}`, headers, body, method);
  }

  const errorIn = ({ status, text }: HttpResponse): object => ({
    status,
    ...(JSON.parse(text) as object),
  });

  const MARCH = 'begin_date=2026-03-01&end_date=2026-03-31';

  it.each([
    ['no range', 'limit=10', 'begin_date'],
    ['no end', 'begin_date=2026-03-01', 'end_date'],
    ['another form of date', 'begin_date=20260301&end_date=2026-03-02', 'begin_date'],
    ['a day that does not exist', 'begin_date=2026-02-01&end_date=2026-02-30', 'end_date'],
    ['a month that does not exist', 'begin_date=2026-13-01&end_date=2026-02-30', 'begin_date'],
    ['an end before its begin', 'begin_date=2026-03-02&end_date=2026-03-01', 'end_date'],
    ['more than 30 days', 'begin_date=2026-03-01&end_date=2026-04-01', 'end_date'],
    ['a limit of 0', `${MARCH}&limit=0`, 'limit'],
    ['a limit of 51', `${MARCH}&limit=51`, 'limit'],
    ['an offset below 0', `${MARCH}&offset=-1`, 'offset'],
  ])('is refused: a list with %s', async (_case, query, field) => {
    const answer = await send('GET', `${COMPLAINTS}?${query}`);
    expect(errorIn(answer)).toMatchObject({
      status: 400,
      code: 'PARAM_ERROR',
      detail: { field, location: 'query', issue: expect.any(String) },
    });
  });

  it('is refused: a history with a limit of 301', async () => {
    const answer = await send('GET', `${COMPLAINTS}/C-1/negotiation-historys?limit=301`);
    expect(errorIn(answer)).toMatchObject({ code: 'PARAM_ERROR', detail: { field: 'limit' } });
  });

  const valid = { complainted_mchid: '1900000109', response_content: '您好' };
  const message = { blocks: [{ type: 'TEXT', text: { text: '您好' } }] };

  it.each<[string, string, unknown, string]>([
    ['no JSON object', 'response', [], 'body'],
    ['another merchant', 'response', { ...valid, complainted_mchid: '1' }, 'complainted_mchid'],
    ['no merchant', 'complete', {}, 'complainted_mchid'],
    ['no content', 'response', { ...valid, response_content: '' }, 'response_content'],
    ['a number', 'response', { ...valid, response_content: 1 }, 'response_content'],
    [
      'a long text',
      'response',
      { ...valid, response_content: '好'.repeat(501) },
      'response_content',
    ],
    ['unknown images', 'response', { ...valid, response_images: ['1'] }, 'response_images'],
    ['no list', 'response', { ...valid, response_images: '1' }, 'response_images'],
    ['no message', 'response-immediate-service', { ...valid, idempotent_id: '1' }, 'message'],
    [
      'no blocks',
      'response-immediate-service',
      { ...valid, idempotent_id: '1', message: { blocks: [] } },
      'message',
    ],
    ['no idempotent_id', 'response-immediate-service', { ...valid, message }, 'idempotent_id'],
    ['no action', 'update-refund-progress', {}, 'action'],
    [
      'half a day',
      'update-refund-progress',
      { action: 'APPROVE', launch_refund_day: 0.5 },
      'launch_refund_day',
    ],
    [
      'a long reason',
      'update-refund-progress',
      { action: 'REJECT', reject_reason: '否'.repeat(201) },
      'reject_reason',
    ],
  ])('is refused: %s in %s', async (_case, step, body, field) => {
    const answer = await send('POST', `${COMPLAINTS}/C-1/${step}`, JSON.stringify(body));
    expect(errorIn(answer)).toMatchObject({ status: 400, code: 'PARAM_ERROR', detail: { field } });
    expect(simulator.complaintHistory(merchant, 'C-1')).toHaveLength(1);
  });

  it.each([
    ['GET', `${COMPLAINTS}/C-0`],
    ['GET', `${COMPLAINTS}/C-0/negotiation-historys`],
    ['GET', `${COMPLAINTS}/%`],
    ['GET', `${COMPLAINTS}/C-1/elsewhere`],
    ['DELETE', `${COMPLAINTS}/C-1`],
    ['GET', `${PREFIX}/images/1`],
  ])('is answered with 404, signed: %s %s', async (method, target) => {
    const answer = await send(method, target);
    expect(errorIn(answer)).toMatchObject({ status: 404, code: 'RESOURCE_NOT_EXISTS' });
    expect(answer.headers).toHaveProperty('wechatpay-signature');
  });

  it('is told from one with escapes in the id', async () => {
    const answer = await send('GET', `${COMPLAINTS}/C%2F%202`);
    expect(JSON.parse(answer.text)).toMatchObject({ complaint_id: 'C/ 2' });
  });

  describe('as an upload', () => {
    const sha256 = createHash('sha256').update(PNG).digest('hex');

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

    interface Changes {
      readonly filename?: string;
      readonly hash?: string;
      readonly bytes?: Buffer;
      /** In place of the meta. */
      readonly signed?: string;
      /** In place of the filename of the meta. */
      readonly inForm?: string;
    }

    function upload(
      { filename = 'a.png', hash = sha256, bytes = PNG, signed, inForm }: Changes,
      type = 'multipart/form-data; boundary=X',
    ): Promise<HttpResponse> {
      const meta = JSON.stringify({ filename, sha256: hash });
      const headers = {
        ...signedHeaders(merchant, { method: 'POST', target: UPLOAD, body: signed ?? meta }),
        'Content-Type': type,
      };
      return httpPost(`${simulator.url}${UPLOAD}`, headers, form(meta, inForm ?? filename, bytes));
    }

    it('is accepted when nothing is wrong, signed over its meta alone', async () => {
      const answer = await upload({});
      expect(answer.status).toBe(200);
      const { media_id } = JSON.parse(answer.text) as { media_id: string };
      expect(simulator.requests.at(-1)?.body).toBe(JSON.stringify({ filename: 'a.png', sha256 }));
      const image = await send('GET', `${PREFIX}/images/${encodeURIComponent(media_id)}`);
      expect(image.headers).toMatchObject({ 'content-type': 'image/png' });
      expect(image.headers).not.toHaveProperty('wechatpay-signature');
    });

    it.each<[string, Changes]>([
      ['sha256', { hash: sha256.replace(/^./, 'x') }],
      ['sha256', { bytes: Buffer.concat([PNG, PNG]) }],
      ['filename', { filename: 'a.jpg' }],
      ['filename', { bytes: Buffer.from('GIF89a') }],
      ['filename', { inForm: 'b.png' }],
      ['file', { bytes: Buffer.concat([PNG, Buffer.alloc(2 * 1024 * 1024)]) }],
    ])('is refused for its %s: %j', async (field, changes) => {
      expect(errorIn(await upload(changes))).toMatchObject({
        status: 400,
        code: 'PARAM_ERROR',
        detail: { field },
      });
    });

    it.each<[string, Changes, string | undefined]>([
      ['signed over something else', { signed: '{}' }, undefined],
      ['without a boundary', {}, 'multipart/form-data'],
      ['with another boundary', {}, 'multipart/form-data; boundary=Y'],
    ])('is not believed %s', async (_case, changes, type) => {
      expect(errorIn(await upload(changes, type))).toMatchObject({
        status: 401,
        code: 'SIGN_ERROR',
      });
    });

    it('is refused as JSON', async () => {
      const answer = await send('POST', UPLOAD, JSON.stringify({ filename: 'a.png', sha256 }));
      expect(errorIn(answer)).toMatchObject({ code: 'PARAM_ERROR', detail: { field: 'file' } });
    });
  });
});
