import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningDesk, startDesk } from '../../sample/03-desk/simulation/start-desk.js';
import type { ComplaintDetailsView, ComplaintView } from '../../sample/03-desk/complaint.view.js';
import { readPicture } from '../../sample/03-desk/simulation/pictures.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { until } from '../support/until.js';

const PHONE = '13912345678';

/** What the page calls; the page itself is looked at in desk-sample.browser.spec.ts. */
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
  /** As the page does it. */
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
  const details = async (id: string) =>
    (await (await get(`/api/complaints/${id}`)).json()) as ComplaintDetailsView;
  const answer = { id: '3b241101-e2bb-4255-8caf-4136c566a962', text: '您好', pictures: [] };

  it('shows pages that run and show nothing but files of their own', async () => {
    for (const path of ['/', '/simulation/']) {
      const page = await get(path);
      expect(page.status).toBe(200);
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      const policy = page.headers.get('content-security-policy')?.split(';');
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "frame-ancestors 'none'",
        ]),
      );
      expect(await page.text()).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
    }
  });

  it('lists the complaints, without a phone number in any form', async () => {
    const id = await complain({ payer_phone: PHONE, complaint_detail: '没有收到货' });

    const response = await get('/api/complaints');
    const text = await response.text();

    expect(response.headers.get('cache-control')).toBe('no-store');
    const [newest, ...others] = JSON.parse(text) as ComplaintView[];
    expect(newest).toMatchObject({ id, detail: '没有收到货', state: 'PENDING', hasPhone: true });
    expect(others.length).toBeGreaterThanOrEqual(5);
    expect(text).not.toContain('phone"');
    const { payer_phone } = desk.simulation.simulator.complaints(desk.simulation.merchant)[0] ?? {};
    expect(payer_phone).toMatch(/^[\w+/=]{300,}$/);
    expect(text).not.toContain(payer_phone);
    expect(JSON.stringify(await details(id))).not.toContain(payer_phone);
  });

  it('tells the phone number to whoever asks for it, and to no log', async () => {
    const id = await complain({ payer_phone: PHONE });

    const response = await post(`/api/complaints/${id}/phone`);

    expect(await response.json()).toEqual({ phone: PHONE });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(logger.text).not.toContain(PHONE);
    expect((await get(`/api/complaints/${id}/phone`)).status).toBe(404);
  });

  it('passes pictures on, as pictures and nothing else', async () => {
    const id = await complain({ images: [readPicture('mug')] });
    const { complaint, history } = await details(id);
    expect(history[0]?.pictures).toEqual(complaint.pictures);

    const picture = await get(complaint.pictures[0] ?? '');

    expect(picture.headers.get('content-type')).toBe('image/png');
    expect(picture.headers.get('x-content-type-options')).toBe('nosniff');
    expect(picture.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect(picture.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(readPicture('mug'));
  });

  it.each([
    ['nothing', '', 400],
    ['another host', '?of=https%3A%2F%2Fevil.example%2Fa.png', 400],
    ['another path', '?of=..%2Fcomplaints-v2', 400],
    ['an unknown picture', '?of=unknown', 404],
  ])('signs no request for %s as a picture', async (_case, query, status) => {
    expect((await get(`/api/pictures${query}`)).status).toBe(status);
  });

  it('passes on no picture that a browser might run', async () => {
    const { simulator } = desk.simulation;
    simulator.injectFaults({ status: 200, raw: '<script>alert(1)</script>' });
    const response = await get('/api/pictures?of=1');
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'MALFORMED_RESPONSE' });
  });

  it('answers with pictures, completes, and decides on refunds', async () => {
    const id = await complain({ order: { amount: 8800 } });
    const uploaded = await fetch(`${desk.url}/api/pictures`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/png', 'Sec-Fetch-Site': 'same-origin' },
      body: new Uint8Array(readPicture('shirt')),
    });
    const { id: picture } = (await uploaded.json()) as { id: string };

    expect(
      (await post(`/api/complaints/${id}/answers`, { ...answer, pictures: [picture] })).status,
    ).toBe(204);
    expect(await details(id)).toMatchObject({
      refund: 'asked',
      complaint: { state: 'PROCESSING', refundAsked: 8800 },
      history: [
        { by: 'consumer' },
        { by: 'merchant', text: '您好', pictures: [expect.any(String)] },
      ],
    });
    expect((await post(`/api/complaints/${id}/refund`, { decision: 'approve' })).status).toBe(204);
    expect(await details(id)).toMatchObject({ refund: 'approved' });
    await desk.simulation.simulator.settleRefund(desk.simulation.merchant, id);
    expect(await details(id)).toMatchObject({
      refund: 'refunded',
      complaint: { isRefunded: true },
    });
    expect((await post(`/api/complaints/${id}/complete`)).status).toBe(204);
    expect(await details(id)).toMatchObject({ complaint: { state: 'PROCESSED' } });
  });

  it('refuses a refund with a reason', async () => {
    const id = await complain();
    const decision = { decision: 'reject', reason: '已超过七天' };
    expect((await post(`/api/complaints/${id}/refund`, decision)).status).toBe(204);
    const { refund, history } = await details(id);
    expect(refund).toBe('rejected');
    expect(history.at(-1)).toMatchObject({ by: 'merchant', text: '已超过七天' });
  });

  it('answers in the chat whoever waits there, once', async () => {
    const id = await complain({ need_immediate_service: true });
    await post(`/api/complaints/${id}/answers`, answer);
    await post(`/api/complaints/${id}/answers`, answer);
    const { history } = await details(id);
    expect(history.map(({ by, text }) => [by, text]).slice(1)).toEqual([['merchant', '您好']]);
  });

  it.each([
    ['from another site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['from another host of the site', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['by a form', { 'Content-Type': 'text/plain' }, 415],
    ['by another form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415],
  ])('does nothing %s', async (_case, headers, status) => {
    const id = await complain();
    const response = await post(`/api/complaints/${id}/answers`, answer, headers);
    expect(response.status).toBe(status);
    expect((await details(id)).history).toHaveLength(1);
  });

  it.each<[string, (url: string) => string | undefined, number]>([
    ['its own origin', (url) => url, 204],
    ['another origin', () => 'https://evil.example', 403],
    ['no origin', () => undefined, 403],
    ['an opaque origin', () => 'null', 403],
  ])('goes by the origin where a browser says no more: %s', async (_case, originOf, status) => {
    const id = await complain();
    const origin = originOf(desk.url);
    const response = await fetch(`${desk.url}/api/complaints/${id}/answers`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(origin !== undefined && { origin }) },
      body: JSON.stringify(answer),
    });
    expect(response.status).toBe(status);
  });

  it.each<[string, object]>([
    ['no text', { ...answer, text: '' }],
    ['a long text', { ...answer, text: '好'.repeat(501) }],
    ['many pictures', { ...answer, pictures: ['1', '2', '3', '4', '5'] }],
    ['no id', { text: '您好', pictures: [] }],
  ])('refuses an answer with %s', async (_case, body) => {
    const id = await complain();
    expect((await post(`/api/complaints/${id}/answers`, body)).status).toBe(400);
  });

  it('says what WeChat Pay says when something goes wrong, and no more', async () => {
    const id = await complain();
    const early = await post(`/api/complaints/${id}/complete`);
    expect(early.status).toBe(409);
    expect(await early.json()).toEqual({
      code: 'INVALID_REQUEST',
      reason: '投诉单待处理，请先回复用户，再反馈处理完成',
      requestId: expect.any(String),
    });
    expect((await get('/api/complaints/C-0')).status).toBe(404);
    desk.simulation.simulator.injectFaults('unsigned');
    const forged = await get(`/api/complaints/${id}`);
    expect(forged.status).toBe(502);
    expect(await forged.json()).toMatchObject({ code: 'MISSING_HEADERS' });
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
    await other.app.close();
    await expect(reading).rejects.toThrow('terminated');
  });

  it('keeps the consumer apart', async () => {
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
