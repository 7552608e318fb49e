import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Complaint } from 'nestjs-wechatpay-complaint';
import type { SimulatedFault } from 'nestjs-wechatpay-complaint/testing';
import type { ComplaintListView } from '../../sample/03-desk/complaint.view.js';
import type { FailureView } from '../../sample/03-desk/desk-error.filter.js';
import type { ComplaintDetailsView, EntryView } from '../../sample/03-desk/history.view.js';
import { type RunningDesk, startDesk } from '../../sample/03-desk/simulation/start-desk.js';
import { readPicture } from '../../sample/03-desk/simulation/pictures.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { until } from '../support/until.js';

const PHONE = '13912345678';
const DAY = 24 * 60 * 60 * 1000;

/** The API of the desk. Its pages are tested in desk-sample.browser*.spec.ts. */
describe('The app of sample/03-desk', () => {
  const environment = { ...process.env };
  const logger = new RecordingLogger();
  let desk: RunningDesk;

  beforeAll(async () => {
    desk = await startDesk({ nest: { logger } });
  }, 30_000);
  afterEach(async () => {
    await desk.simulation.simulator.idle();
  });
  afterAll(async () => {
    process.env = environment;
    await desk.app.close();
  });

  const get = (path: string): Promise<Response> => fetch(`${desk.url}${path}`);
  /** Sends what the page would send. */
  const post = (path: string, body: object = {}, headers: Record<string, string> = {}) =>
    fetch(`${desk.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers },
      body: JSON.stringify(body),
    });
  async function complain(
    content: Parameters<RunningDesk['simulation']['simulator']['complain']>[1] = {},
  ) {
    const { simulator, merchant } = desk.simulation;
    const { complaint } = await simulator.complain(merchant, content);
    return complaint.complaint_id;
  }
  const list = async (query = '') =>
    (await (await get(`/api/complaints${query}`)).json()) as ComplaintListView;
  const details = async (id: string) =>
    (await (await get(`/api/complaints/${id}`)).json()) as ComplaintDetailsView;
  const stored = (id: string): Complaint | undefined => {
    const { simulator, merchant } = desk.simulation;
    return simulator.complaints(merchant).find(({ complaint_id }) => complaint_id === id);
  };
  /** Lets the desk read the complaint as it is, and spoils the response to what it does next. */
  const spoilAction = (id: string, fault: SimulatedFault): void => {
    const asItIs = { status: 200, raw: JSON.stringify(stored(id)), signed: true };
    desk.simulation.simulator.injectFaults(asItIs, fault);
  };
  /** Serves a history of these entries with the complaint when its details are read next. */
  const serveDetails = (id: string, data: readonly object[]): void => {
    // One body for both requests: each of them reads its own fields.
    const both = { ...stored(id), data, limit: 300, offset: 0, total_count: data.length };
    const fault = { status: 200, raw: JSON.stringify(both), signed: true };
    desk.simulation.simulator.injectFaults(fault, fault);
  };
  const failureOf = async (response: Response) => (await response.json()) as FailureView;
  const reply = { id: '3b241101-e2bb-4255-8caf-4136c566a962', text: '您好', pictures: [] };

  it('serves pages whose scripts and styles are files of their own', async () => {
    for (const path of ['/', '/simulation/']) {
      const page = await get(path);
      expect(page.status).toBe(200);
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page.headers.get('referrer-policy')).toBe('no-referrer');
      const policy = page.headers.get('content-security-policy')?.split(';');
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "img-src 'self' https:",
          "connect-src 'self'",
          "frame-ancestors 'none'",
        ]),
      );
      expect(await page.text()).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
    }
  });

  it('lists complaints without a phone number in any form', async () => {
    const id = await complain({ payer_phone: PHONE, complaint_detail: '没有收到货' });

    const response = await get('/api/complaints');
    const text = await response.text();

    expect(response.headers.get('cache-control')).toBe('no-store');
    const { complaints } = JSON.parse(text) as ComplaintListView;
    expect(complaints.find((complaint) => complaint.id === id)).toMatchObject({
      detail: '没有收到货',
      state: 'PENDING',
      hasPhone: true,
    });
    expect(complaints.length).toBeGreaterThanOrEqual(6);
    expect(text).not.toContain('phone"');
    const { payer_phone } = stored(id) ?? {};
    expect(payer_phone).toMatch(/^[\w+/=]{300,}$/);
    expect(text).not.toContain(payer_phone);
    expect(JSON.stringify(await details(id))).not.toContain(payer_phone);
  });

  it('lists the complaints of 30 days, and older ones when they are asked for', async () => {
    const complaint_time = new Date(Date.now() - 45 * DAY).toISOString();
    const id = await complain({ complaint_time });
    const ids = ({ complaints }: ComplaintListView) => complaints.map((one) => one.id);

    const latest = await list();
    expect(ids(latest)).not.toContain(id);
    const older = await list(`?end=${latest.older}`);
    expect(ids(older)).toContain(id);
    expect(Date.parse(latest.begin) - Date.parse(latest.older)).toBe(DAY);
    expect(Date.parse(latest.older) - Date.parse(older.begin)).toBe(29 * DAY);
  });

  it('counts complaints that nothing identifies, and lists the others', async () => {
    const complaint = stored(await complain());
    const page = { data: [complaint, { complaint_detail: '没有单号' }], limit: 50, offset: 0 };
    desk.simulation.simulator.injectFaults({
      status: 200,
      raw: JSON.stringify({ ...page, total_count: 2 }),
      signed: true,
    });
    const { complaints, unreadable } = await list();
    expect(complaints.map(({ id }) => id)).toEqual([complaint?.complaint_id]);
    expect(unreadable).toBe(1);
  });

  it.each(['2026-02-31', '2026-W27-1', 'yesterday', '2026-07-18T10:42:00Z', ''])(
    'does not list complaints up to %j',
    async (end) => {
      expect((await get(`/api/complaints?end=${encodeURIComponent(end)}`)).status).toBe(400);
    },
  );

  it('says by when a complaint needs a reply, and by when it has to be completed', async () => {
    const complaint_time = '2026-07-18T10:42:00+08:00';
    const id = await complain({ complaint_time });
    expect((await details(id)).complaint).toMatchObject({
      replyDue: '2026-07-19T02:42:00.000Z',
      completionDue: '2026-07-21T02:42:00.000Z',
    });
    await post(`/api/complaints/${id}/replies`, reply);
    const { complaint } = await details(id);
    expect(complaint.replyDue).toBeUndefined();
    expect(complaint.completionDue).toBe('2026-07-21T02:42:00.000Z');
  });

  it('tells the phone number to whoever asks for it, and to no log', async () => {
    const id = await complain({ payer_phone: PHONE });

    const response = await post(`/api/complaints/${id}/phone`);

    expect(await response.json()).toEqual({ phone: PHONE });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(logger.text).not.toContain(PHONE);
    expect((await get(`/api/complaints/${id}/phone`)).status).toBe(404);
  });

  describe('as for pictures', () => {
    const srcOf = ({ pictures: [picture] }: EntryView): string =>
      picture?.kind === 'signed' ? picture.src : '';

    it('downloads those of the image API, as pictures and nothing else', async () => {
      const id = await complain({ images: [readPicture('mug')] });
      const { history } = await details(id);
      const [src = ''] = history.map(srcOf);

      const picture = await get(src);

      expect(picture.headers.get('content-type')).toBe('image/png');
      expect(picture.headers.get('x-content-type-options')).toBe('nosniff');
      expect(picture.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
      expect(picture.headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(Buffer.from(await picture.arrayBuffer())).toEqual(readPicture('mug'));
    });

    it('leaves links to other hosts to the browser, and asks nobody for them', async () => {
      const id = await complain();
      const link = 'https://files.tencent-cloud.example/a.png?sign=q-sign-time%3d1%3b2';
      serveDetails(id, [{ log_id: '1', image_list: [link] }]);
      const { history } = await details(id);
      expect(history[0]?.pictures).toEqual([{ kind: 'linked', src: link }]);

      const { simulator } = desk.simulation;
      const before = simulator.requests.length;
      expect((await get(`/api/pictures?of=${encodeURIComponent(link)}`)).status).toBe(400);
      expect(simulator.requests).toHaveLength(before);
    });

    it('finds them in an object and in an array of objects', async () => {
      const id = await complain();
      const url = 'https://api.mch.weixin.qq.com/v3/merchant-service/images/ChsyMDAw%2FMDAw%3D';
      const media = { media_type: 'OPERATION_IMAGE', media_url: [url] };
      serveDetails(id, [
        { log_id: '1', complaint_media_list: media, image_list: [] },
        { log_id: '2', complaint_media_list: [media, media] },
      ]);
      const { history } = await details(id);
      const picture = { kind: 'signed', src: `/api/pictures?of=${encodeURIComponent(url)}` };
      expect(history.map(({ pictures }) => pictures)).toEqual([[picture, picture], [picture]]);
    });

    it.each([
      ['nothing', '', 400],
      ['another host', '?of=https%3A%2F%2Fevil.example%2Fa.png', 400],
      ['a host of this network', '?of=http%3A%2F%2F127.0.0.1%2Fa.png', 400],
      ['another path', '?of=..%2Fcomplaints-v2', 400],
      ['an unknown picture', '?of=unknown', 404],
    ])('sends no request for %s', async (_case, query, status) => {
      expect((await get(`/api/pictures${query}`)).status).toBe(status);
    });

    it('passes on nothing that a browser might run', async () => {
      const { simulator } = desk.simulation;
      simulator.injectFaults({ status: 200, raw: '<script>alert(1)</script>' });
      const response = await get('/api/pictures?of=1');
      expect(response.status).toBe(502);
      expect(await failureOf(response)).toMatchObject({ kind: 'unverified', isUncertain: false });
    });
  });

  it('replies with pictures, completes, and decides on refunds', async () => {
    const id = await complain({ order: { amount: 8800 } });
    const uploaded = await fetch(`${desk.url}/api/pictures`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/png', 'Sec-Fetch-Site': 'same-origin' },
      body: new Uint8Array(readPicture('shirt')),
    });
    const { id: picture } = (await uploaded.json()) as { id: string };

    expect(
      (await post(`/api/complaints/${id}/replies`, { ...reply, pictures: [picture] })).status,
    ).toBe(204);
    expect(await details(id)).toMatchObject({
      refund: 'requested',
      complaint: { state: 'PROCESSING', refundAmount: 8800 },
      history: [
        { by: 'consumer' },
        { by: 'merchant', text: '您好', pictures: [{ kind: 'signed' }] },
      ],
    });
    const approval = { decision: 'approve', day: 3 };
    expect((await post(`/api/complaints/${id}/refund`, approval)).status).toBe(204);
    const { refund, history } = await details(id);
    expect(refund).toBe('approved');
    expect(history.at(-1)?.text).toBe('将于3个工作日内退款');
    await desk.simulation.simulator.settleRefund(desk.simulation.merchant, id);
    expect(await details(id)).toMatchObject({
      refund: 'refunded',
      complaint: { isRefunded: true },
    });
    expect((await post(`/api/complaints/${id}/complete`)).status).toBe(204);
    expect(await details(id)).toMatchObject({ complaint: { state: 'PROCESSED' } });
  });

  it('rejects a refund with a reason', async () => {
    const id = await complain();
    const decision = { decision: 'reject', reason: '已超过七天' };
    expect((await post(`/api/complaints/${id}/refund`, decision)).status).toBe(204);
    const { refund, history } = await details(id);
    expect(refund).toBe('rejected');
    expect(history.at(-1)).toMatchObject({ by: 'merchant', text: '已超过七天' });
  });

  it('replies once to a consumer who waits in the chat, however often the reply is sent', async () => {
    const id = await complain({ need_immediate_service: true });
    await post(`/api/complaints/${id}/replies`, reply);
    await post(`/api/complaints/${id}/replies`, reply);
    const { history } = await details(id);
    expect(history.map(({ by, text }) => [by, text]).slice(1)).toEqual([['merchant', '您好']]);
  });

  it.each([
    ['of another site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['of another host of the site', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['of a form', { 'Content-Type': 'text/plain' }, 415],
    ['of another form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415],
  ])('rejects a request %s', async (_case, headers, status) => {
    const id = await complain();
    const response = await post(`/api/complaints/${id}/replies`, reply, headers);
    expect(response.status).toBe(status);
    expect((await details(id)).history).toHaveLength(1);
  });

  it.each<[string, (url: string) => string | undefined, number]>([
    ['its own origin', (url) => url, 204],
    ['another origin', () => 'https://evil.example', 403],
    ['no origin', () => undefined, 403],
    ['an opaque origin', () => 'null', 403],
  ])(
    'decides by the origin where a browser sends nothing else: %s',
    async (_case, originOf, status) => {
      const id = await complain();
      const origin = originOf(desk.url);
      const response = await fetch(`${desk.url}/api/complaints/${id}/replies`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...(origin !== undefined && { origin }) },
        body: JSON.stringify(reply),
      });
      expect(response.status).toBe(status);
    },
  );

  describe('when something goes wrong', () => {
    it.each([
      ['no text', { text: '' }, 'must not be empty'],
      ['a long text', { text: '好'.repeat(501) }, 'has 501 characters, at most 500 are allowed'],
      ['an emoji', { text: '好的😀' }, 'contains U+1F600: WeChat Pay accepts characters of up to'],
      ['many pictures', { pictures: ['1', '2', '3', '4', '5'] }, 'has 5 entries, at most 4'],
    ])("passes the library's reason on for a reply with %s", async (_case, fields, reason) => {
      const id = await complain();
      const response = await post(`/api/complaints/${id}/replies`, { ...reply, ...fields });
      expect(response.status).toBe(400);
      expect(await failureOf(response)).toMatchObject({
        kind: 'argument',
        isUncertain: false,
        reason: expect.stringContaining(reason),
        reasonLanguage: 'en',
      });
      expect((await details(id)).history).toHaveLength(1);
    });

    it.each([
      ['text', { text: 1 }],
      ['id', { id: undefined }],
      ['pictures', { pictures: [1] }],
    ])('rejects a reply whose %s has another type', async (_field, fields) => {
      const id = await complain();
      const response = await post(`/api/complaints/${id}/replies`, { ...reply, ...fields });
      expect(response.status).toBe(400);
      expect((await details(id)).history).toHaveLength(1);
    });

    it("passes WeChat Pay's words on, and no code", async () => {
      const id = await complain();
      const early = await post(`/api/complaints/${id}/complete`);
      expect(early.status).toBe(409);
      expect(await early.json()).toEqual({
        kind: 'state',
        isUncertain: false,
        reason: '投诉单待处理，请先回复用户，再反馈处理完成',
        reasonLanguage: 'zh-CN',
        requestId: expect.any(String),
      });
      const missing = await get('/api/complaints/C-0');
      expect(missing.status).toBe(404);
      expect((await failureOf(missing)).kind).toBe('missing');
    });

    it('keeps messages that name requests and settings in the log', async () => {
      const id = await complain();
      desk.simulation.simulator.injectFaults('unsigned');
      const forged = await get(`/api/complaints/${id}`);
      expect(forged.status).toBe(502);
      const failure = await failureOf(forged);
      expect(failure).toMatchObject({ kind: 'unverified', isUncertain: false });
      expect(failure.reason).toBeUndefined();
      expect(logger.text).toContain('MISSING_HEADERS');
    });

    it.each<[string, SimulatedFault, Partial<FailureView>]>([
      ['no response', 'drop', { kind: 'unavailable', isUncertain: true }],
      ['an unsigned success', 'unsigned', { kind: 'unverified', isUncertain: true }],
      ['a probe', 'probe', { kind: 'unverified', isUncertain: true }],
      [
        'an error on the side of WeChat Pay',
        { status: 500, code: 'SYSTEM_ERROR', message: '系统错误' },
        { kind: 'unavailable', isUncertain: true, reason: '系统错误' },
      ],
      [
        'a rejection',
        { status: 403, code: 'NO_AUTH', message: '您暂无权限为该投诉单提交商户回复' },
        { kind: 'permission', isUncertain: false, reason: '您暂无权限为该投诉单提交商户回复' },
      ],
      [
        'a rejected field',
        {
          status: 400,
          code: 'PARAM_ERROR',
          message: '参数错误',
          detail: { issue: '图片不存在，请先上传' },
        },
        { kind: 'argument', isUncertain: false, reason: '参数错误：图片不存在，请先上传' },
      ],
    ])('says whether a reply may have arrived after %s', async (_case, fault, expected) => {
      const id = await complain();
      spoilAction(id, fault);
      const response = await post(`/api/complaints/${id}/replies`, reply);
      expect(response.ok).toBe(false);
      expect(await failureOf(response)).toMatchObject(expected);
    });

    it('knows that nothing was sent when the complaint could not be read', async () => {
      const id = await complain();
      desk.simulation.simulator.injectFaults('unsigned');
      const response = await post(`/api/complaints/${id}/replies`, reply);
      expect(await failureOf(response)).toMatchObject({ kind: 'unverified', isUncertain: false });
      expect((await details(id)).history).toHaveLength(1);
    });
  });

  it('tells browsers what happens, until it shuts down', async () => {
    const other = await startDesk({ isSeeded: false, nest: { logger } });
    const response = await fetch(`${other.url}/api/events`);
    const stream = response.body?.pipeThrough(new TextDecoderStream());
    let received = '';
    const reading = (async () => {
      for await (const chunk of stream ?? []) received += chunk;
    })();
    const { simulator, merchant } = other.simulation;

    const { complaint, delivery } = await simulator.complain(merchant);
    await simulator.sendUserMessage(merchant, complaint.complaint_id, { text: '有人吗' });

    expect(delivery?.accepted).toBe(true);
    await until(() => received.includes('USER_RESPONSE'));
    const [first] = received.split('\n\n').filter((event) => event.includes('event: change'));
    expect(first).toContain(
      `data: {"complaintId":"${complaint.complaint_id}","action":"CREATE_COMPLAINT"}`,
    );

    // WeChat Pay does not notify a merchant of its own actions.
    simulator.setRegisteredUrl(merchant, undefined);
    await fetch(`${other.url}/api/complaints/${complaint.complaint_id}/replies`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
      body: JSON.stringify(reply),
    });
    await until(() => received.includes('MERCHANT_RESPONSE'));

    await other.app.close();
    await expect(reading).rejects.toThrow('terminated');
  });

  it('serves the simulated consumer under a path of its own', async () => {
    const complaint = { detail: '没有收到货', problem: 'REFUND', amount: 100, picture: 'mug' };
    const { id } = (await (await post('/simulation/api/complaints', complaint)).json()) as {
      id: string;
    };
    expect(await details(id)).toMatchObject({ complaint: { orders: [{ amount: 100 }] } });
    const step = await post(`/simulation/api/complaints/${id}/steps`, { step: 'settle-refund' });
    expect(step.status).toBe(409);
    const picture = await get('/simulation/pictures/mug.png');
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(readPicture('mug'));
  });
});
