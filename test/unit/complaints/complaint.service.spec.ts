import { constants, publicEncrypt, X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ComplaintService,
  WechatPayApiError,
  WechatPayComplaintModule,
  WechatPayDecryptionError,
  WechatPayError,
  WechatPaySignatureError,
} from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { closeAll, errorOf, valuesOf } from '../../support/client-bench.js';
import {
  isSignedOver,
  type ServedResponse,
  startComplaintBench,
  startComplaintServer,
} from '../../support/complaint-server.js';
import {
  CALLS,
  COMPLAINT,
  COMPLAINT_ID,
  COMPLAINTS_PATH,
  WHOLE_COMPLAINT,
} from '../../support/complaint-samples.js';

const FAST = { attempts: 2, baseDelay: 1, maxDelay: 1 };
const READS = CALLS.filter(({ method }) => method === 'GET');
const WRITES = CALLS.filter(({ method }) => method === 'POST');

let merchant: TestMerchant;
beforeAll(async () => {
  merchant = await createTestMerchant({ mchid: '1900000109' });
});
afterEach(closeAll);

describe('A request about complaints', () => {
  it.each(CALLS)('$name sends $method as documented and emits the response', async (call) => {
    const { complaints, calls } = await startComplaintBench(merchant, () => call);

    expect(await valuesOf(call.run(complaints))).toStrictEqual([call.emits]);

    expect(calls).toHaveLength(1);
    const [sent] = calls;
    expect(sent).toMatchObject({ method: call.method, target: call.target });
    expect(sent?.headers.accept).toBe('application/json');
    expect(sent?.body.toString()).toBe(call.body);
    expect(sent?.headers['content-type']).toBe(call.body === '' ? undefined : 'application/json');
    expect(sent && isSignedOver(merchant, sent, call.body)).toBe(true);
  });

  it.each(CALLS)('$name is cold, and signs each subscription anew', async (call) => {
    const { complaints, calls } = await startComplaintBench(merchant, () => call);
    const observable = call.run(complaints);
    expect(calls).toEqual([]);
    await valuesOf(observable);
    await valuesOf(observable);

    expect(new Set(calls.map(({ headers }) => headers.authorization)).size).toBe(2);
  });

  it.each(CALLS)('$name takes a request config', async (call) => {
    const { complaints, calls } = await startComplaintBench(merchant, () => call);
    await valuesOf(call.run(complaints, { headers: { 'X-One': 'call' } }));

    expect(calls[0]?.headers['x-one']).toBe('call');
  });

  it.each(CALLS)('$name rejects a response without a signature', async (call) => {
    const { complaints } = await startComplaintBench(merchant, () => (response) => {
      response.writeHead(200).end(JSON.stringify(call.json ?? {}));
    });

    const error = await errorOf(call.run(complaints));
    expect(error).toBeInstanceOf(WechatPaySignatureError);
    expect(error).toMatchObject({ code: 'MISSING_HEADERS' });
  });

  it.each(CALLS)('$name fails with the error of WeChat Pay', async (call) => {
    const { complaints } = await startComplaintBench(merchant, () => ({
      status: 404,
      json: { code: 'RESOURCE_NOT_EXISTS', message: '投诉单不存在' },
    }));

    const error = await errorOf(call.run(complaints));
    expect(error).toBeInstanceOf(WechatPayApiError);
    expect(error).toMatchObject({
      code: 'RESOURCE_NOT_EXISTS',
      status: 404,
      apiMessage: '投诉单不存在',
    });
    expect(String(error)).toContain(`${call.method} ${call.target} `);
  });

  it('can be sent by any provider of a module that imports ours', async () => {
    @Injectable()
    class Desk {
      constructor(readonly complaints: ComplaintService) {}
    }
    const { url } = await startComplaintServer(merchant, () => ({ json: COMPLAINT }));
    const options = { ...merchant.options, baseUrls: [url] };
    const module = await Test.createTestingModule({
      imports: [WechatPayComplaintModule.forRoot(options)],
      providers: [Desk],
    }).compile();

    const { complaints } = module.get(Desk);
    expect(await valuesOf(complaints.get(COMPLAINT_ID))).toEqual([COMPLAINT]);
    await module.close();
  });

  it('names the merchant that it is given', async () => {
    const { complaints, calls } = await startComplaintBench(merchant);
    const complainted_mchid = '1900012181';
    await valuesOf(complaints.complete(COMPLAINT_ID, { complainted_mchid }));
    await valuesOf(complaints.reply(COMPLAINT_ID, { response_content: '好', complainted_mchid }));

    expect(calls.map(({ body }) => String(body))).toEqual([
      '{"complainted_mchid":"1900012181"}',
      '{"response_content":"好","complainted_mchid":"1900012181"}',
    ]);
  });

  it('sends every documented field of a reply', async () => {
    const { complaints, calls } = await startComplaintBench(merchant);
    const reply = {
      response_content: '好'.repeat(500),
      response_images: ['1', '2', '3', '4'],
      jump_url: 'https://shop.example.com/orders?id=1',
      jump_url_text: '一二三四五六七八九十',
      mini_program_jump_info: { appid: 'wx8888888888888888', path: 'pages/index', text: '订单' },
    };
    await valuesOf(complaints.reply(COMPLAINT_ID, reply));

    expect(JSON.parse(String(calls[0]?.body))).toEqual({
      ...reply,
      complainted_mchid: merchant.mchid,
    });
  });

  it('sends types of message blocks that are not documented yet', async () => {
    const { complaints, calls } = await startComplaintBench(merchant, () => ({ json: {} }));
    const message: object = { blocks: [{ type: 'VIDEO', video: { media_id: 'm' } }] };
    const reply = { message: message as never, idempotent_id: '1' };
    await valuesOf(complaints.replyImmediately(COMPLAINT_ID, reply));

    expect(JSON.parse(String(calls[0]?.body))).toMatchObject({ message });
  });

  it('approves a refund by the id alone, and never rejects one instead', async () => {
    const { complaints, calls } = await startComplaintBench(merchant);
    await valuesOf(complaints.approveRefund(COMPLAINT_ID));
    const approval: object = { action: 'REJECT' };
    await valuesOf(complaints.approveRefund(COMPLAINT_ID, approval));

    expect(calls.map(({ body }) => String(body))).toEqual(Array(2).fill('{"action":"APPROVE"}'));
  });

  it('leaves limit and offset to WeChat Pay when they are not given', async () => {
    const { complaints, calls } = await startComplaintBench(merchant, () => ({ json: {} }));
    const range = { begin_date: '2020-02-29', end_date: '2020-02-29' };
    await valuesOf(complaints.list(range));
    await valuesOf(complaints.history(COMPLAINT_ID));

    expect(calls.map(({ target }) => target)).toEqual([
      `${COMPLAINTS_PATH}?begin_date=2020-02-29&end_date=2020-02-29`,
      `${COMPLAINTS_PATH}/${COMPLAINT_ID}/negotiation-historys`,
    ]);
  });

  it('keeps an id in its segment of the path, signed as it is sent', async () => {
    const { complaints, calls } = await startComplaintBench(merchant, () => ({ json: COMPLAINT }));
    await valuesOf(complaints.get("a/b?c#d'"));

    const [sent] = calls;
    expect(sent?.target).toBe(`${COMPLAINTS_PATH}/a%2Fb%3Fc%23d%27`);
    expect(sent && isSignedOver(merchant, sent, '')).toBe(true);
  });

  it('reads a page of more than a mebibyte', async () => {
    const data = Array.from({ length: 50 }, (_, index) => ({
      ...WHOLE_COMPLAINT,
      complaint_id: String(index),
      complaint_detail: '投'.repeat(10_000),
    }));
    const json = { data, limit: 50, offset: 0, total_count: 50 };
    const { complaints } = await startComplaintBench(merchant, () => ({ json }));

    const { data: read } = await firstValueFrom(
      complaints.list({ begin_date: '2019-01-01', end_date: '2019-01-01' }),
    );
    expect(read).toEqual(data);
  });
});

describe('A retry', () => {
  const broken: ServedResponse = (response) => response.destroy();

  it.each(READS)('of $name follows a 500', async (call) => {
    const { complaints, calls } = await startComplaintBench(
      merchant,
      (_, index) => (index === 0 ? { status: 500, json: {} } : call),
      { retry: FAST },
    );

    expect(await valuesOf(call.run(complaints))).toHaveLength(1);
    expect(calls).toHaveLength(2);
  });

  it.each(WRITES.filter(({ name }) => name !== 'replyImmediately'))(
    'of $name does not follow a broken connection: the consumer may have the reply',
    async (call) => {
      const { complaints, calls } = await startComplaintBench(merchant, () => broken, {
        retry: FAST,
      });

      expect(await errorOf(call.run(complaints))).toMatchObject({ code: 'ECONNRESET' });
      expect(calls).toHaveLength(1);
    },
  );

  it('of replyImmediately follows a broken connection, with the same id', async () => {
    const [call] = WRITES.filter(({ name }) => name === 'replyImmediately');
    const { complaints, calls } = await startComplaintBench(
      merchant,
      (_, index) => (index === 0 ? broken : (call ?? {})),
      { retry: FAST },
    );

    expect(call && (await valuesOf(call.run(complaints)))).toEqual([{ log_id: '30028' }]);
    expect(calls.map(({ body }) => String(body))).toEqual([call?.body, call?.body]);
  });
});

describe("The consumer's phone number", () => {
  const PHONE = '13800138000';

  /** As WeChat Pay encrypts for a merchant. */
  function encryptFor({ certificate }: TestMerchant, text: string, oaepHash = 'sha1'): string {
    const key = new X509Certificate(certificate).publicKey;
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    return publicEncrypt({ key, padding, oaepHash }, Buffer.from(text)).toString('base64');
  }

  async function receive(payer_phone: unknown) {
    const bench = await startComplaintBench(merchant, () => ({
      json: { ...COMPLAINT, payer_phone },
    }));
    const complaint = await firstValueFrom(bench.complaints.get(COMPLAINT_ID));
    return { ...bench, complaint };
  }

  it('is decrypted on request only', async () => {
    const encrypted = encryptFor(merchant, PHONE);
    const { complaints, complaint, logger } = await receive(encrypted);

    expect(complaint.payer_phone).toBe(encrypted);
    await expect(firstValueFrom(complaints.decryptPayerPhone(complaint))).resolves.toBe(PHONE);
    expect(complaint.payer_phone).toBe(encrypted);
    const shown = `${inspect(complaint)} ${JSON.stringify(complaint)} ${inspect(complaints, { depth: 20 })}`;
    expect(shown).not.toContain(PHONE);
    expect(logger.text).not.toContain(PHONE);
  });

  it.each([undefined, null, '', 13800138000])(
    'is undefined when payer_phone is %j',
    async (payer_phone) => {
      const { complaints, complaint } = await receive(payer_phone);

      await expect(
        firstValueFrom(complaints.decryptPayerPhone(complaint)),
      ).resolves.toBeUndefined();
    },
  );

  it('cannot be decrypted by another merchant', async () => {
    const encrypted = encryptFor(await createTestMerchant(), PHONE);
    const { complaints, complaint } = await receive(encrypted);

    expectUndecryptable(await errorOf(complaints.decryptPayerPhone(complaint)), encrypted);
  });

  it.each([
    ['encrypted with another hash', () => encryptFor(merchant, PHONE, 'sha256')],
    ['cut off', () => encryptFor(merchant, PHONE).slice(0, 100)],
    ['not base64', () => '!'],
  ])('cannot be decrypted when it is %s', async (_case, encrypt) => {
    const encrypted = encrypt();
    const { complaints, complaint } = await receive(encrypted);

    expectUndecryptable(await errorOf(complaints.decryptPayerPhone(complaint)), encrypted);
  });

  function expectUndecryptable(thrown: unknown, encrypted: string): void {
    expect(thrown).toBeInstanceOf(WechatPayDecryptionError);
    expect(thrown).toBeInstanceOf(WechatPayError);
    expect(thrown).toMatchObject({ code: 'DECRYPTION_FAILED', field: 'payer_phone' });
    expect(thrown).not.toHaveProperty('cause');
    const text = inspect(thrown, { depth: 20, showHidden: true }) + JSON.stringify(thrown);
    expect(text).toContain(`payer_phone of complaint '${COMPLAINT_ID}' `);
    expect(text.replaceAll(/\s|'/g, '')).not.toContain(
      encrypted.length > 1 ? encrypted.slice(0, 40) : '!',
    );
    expect(text).not.toMatch(/KeyObject|PRIVATE KEY|oaep/i);
  }
});
