import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ComplaintService, WechatPayApiError } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import type { Observable } from 'rxjs';
import { closeAll, errorOf } from '../../support/client-bench.js';
import { startComplaintBench } from '../../support/complaint-server.js';
import { CALLS, COMPLAINT_ID, MESSAGE } from '../../support/complaint-samples.js';
import { LIMIT_TOO_LARGE } from '../../support/field-samples.js';

type Run = (service: ComplaintService) => Observable<unknown>;

const NO_AUTH = { code: 'NO_AUTH', message: '无权限' };
const OTHER_MERCHANT = { code: 'NO_AUTH', message: '您暂无权限为该投诉单提交商户回复' };
const DECIDED = { code: 'INVALID_REQUEST', message: '当前单据状态不支持操作' };
const DOMAIN_PAGE = 'https://pay.weixin.qq.com/doc/v3/partner/4016111688';
const PERMISSION_PAGE = '产品中心';

const reply: Run = (service) => service.reply(COMPLAINT_ID, { response_content: '好' });
const replyWithLink: Run = (service) =>
  service.reply(COMPLAINT_ID, {
    response_content: '好',
    jump_url: 'https://shop.example.com/',
    jump_url_text: '查看',
  });
const chat: Run = (service) =>
  service.replyImmediately(COMPLAINT_ID, { message: MESSAGE, idempotent_id: '1' });
const chatWithLink: Run = (service) =>
  service.replyImmediately(COMPLAINT_ID, {
    idempotent_id: '1',
    message: {
      blocks: [
        {
          type: 'LINK',
          link: {
            text: '查看',
            action: { action_type: 'ACTION_TYPE_JUMP_URL', jump_url: 'https://shop.example.com/' },
          },
        },
      ],
    },
  });
const approve: Run = (service) => service.approveRefund(COMPLAINT_ID);
const reject: Run = (service) => service.rejectRefund(COMPLAINT_ID, { reject_reason: '已发货' });
const get: Run = (service) => service.get(COMPLAINT_ID);
const list: Run = (service) => service.list({ begin_date: '2019-01-01', end_date: '2019-01-01' });
const history: Run = (service) => service.history(COMPLAINT_ID);
const image: Run = (service) => service.downloadImage('m');

describe('The hint of an error', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  async function messageOf(run: Run, json: object): Promise<string> {
    const { complaints } = await startComplaintBench(merchant, () => ({ status: 400, json }));
    const error = await errorOf(run(complaints));
    expect(error).toBeInstanceOf(WechatPayApiError);
    return (error as WechatPayApiError).message;
  }

  it.each(CALLS)('of $name says that there is no such complaint', async ({ run }) => {
    const message = await messageOf(run, { code: 'RESOURCE_NOT_EXISTS', message: '投诉单不存在' });

    expect(message).toContain('投诉单不存在 [This merchant has no such complaint.]');
  });

  it.each([
    ['a reply', reply],
    ['a reply in the chat', chat],
    ['reading', get],
  ])('names the permission page when %s is not allowed', async (_call, run) => {
    const message = await messageOf(run, NO_AUTH);

    expect(message).toContain(PERMISSION_PAGE);
    expect(message).not.toContain(DOMAIN_PAGE);
  });

  it.each([
    ['a reply', replyWithLink],
    ['a reply in the chat', chatWithLink],
  ])('names the approval of the domain when %s with a link is not allowed', async (_call, run) => {
    expect(await messageOf(run, NO_AUTH)).toContain(DOMAIN_PAGE);
  });

  it.each([
    ['without a link', reply],
    ['with a link', replyWithLink],
  ])("says that the complaint is another merchant's, %s", async (_case, run) => {
    const message = await messageOf(run, OTHER_MERCHANT);

    expect(message).toContain("[The complaint is another merchant's: pass the complainted_mchid");
    expect(message).not.toContain(PERMISSION_PAGE);
  });

  it.each([
    ['approved', approve],
    ['rejected', reject],
  ])('says that a refund is decided already when it is %s', async (_decision, run) => {
    const message = await messageOf(run, DECIDED);

    expect(message).toContain('[The refund is decided already');
    expect(message).not.toContain('PUB_KEY_ID');
  });

  it.each([
    ['a list', list],
    ['a history', history],
  ])('says that %s needs a smaller limit', async (_list, run) => {
    expect(await messageOf(run, LIMIT_TOO_LARGE)).toContain('[Ask for a smaller limit;');
  });

  it.each(['PARAM_ERROR', 'INVALID_REQUEST'])(
    'says after %s of an image to read the complaint again',
    async (code) => {
      expect(await messageOf(image, { code, message: '参数错误' })).toContain(
        '[Read the complaint again and use the URL that it has now',
      );
    },
  );

  it('of any request is used where there is no other one', async () => {
    expect(await messageOf(reply, { code: 'SYSTEM_ERROR', message: '系统异常' })).toContain(
      '[Try again later.]',
    );
  });
});
