import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MerchantFolder } from '../../../../lib/cli/simulation/merchant-folder.js';
import { PageServer } from '../../../../lib/cli/simulation/page-server.js';
import { Simulation } from '../../../../lib/cli/simulation/simulation.js';
import { httpPost } from '../../../support/http-post.js';
import { PNG } from '../../../support/small-images.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const COMPLAINT = { action: 'complain', text: 'x', problem_type: 'OTHERS', amount: 1 };

describe('PageServer', () => {
  let folder: string;
  let simulation: Simulation;
  let server: PageServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wechatpay-cli-'));
    const merchants = await MerchantFolder.openOrCreate(folder, 'public-key');
    simulation = await Simulation.start({ folder: merchants, port: 0, app: 'http://127.0.0.1:9' });
    server = new PageServer(simulation);
    await server.start(0);
  });
  afterAll(async () => {
    await server.stop();
    await simulation.stop();
    await rm(folder, { recursive: true });
  });

  async function act(action: unknown): Promise<{ status: number; error?: string }> {
    const { status, text } = await httpPost(
      `${server.url}/actions`,
      JSON_TYPE,
      JSON.stringify(action),
    );
    return { status, ...(JSON.parse(text) as { error?: string }) };
  }

  it.each([
    ['/', 'text/html'],
    ['/page.css', 'text/css'],
    ['/page.js', 'text/javascript'],
    ['/icon.svg', 'image/svg+xml'],
    ['/state', 'application/json'],
  ])('serves %s as %s, with its policy', async (path, type) => {
    const response = await fetch(server.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain(type);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['/merchant.json', '/../merchant-folder.ts', '/page/page.js', '/tsconfig.json'])(
    'serves nothing else, such as %s',
    async (path) => {
      expect((await fetch(server.url + path)).status).toBe(404);
    },
  );

  it('refuses other sites: by name, and by a type that they can send', async () => {
    const before = simulation.simulator.complaints(simulation.merchant).length;
    const body = JSON.stringify(COMPLAINT);
    const rebound = { ...JSON_TYPE, Host: 'attacker.example.com' };
    const { status } = await httpPost(`${server.url}/actions`, rebound, body);
    expect(status).toBe(403);
    const plain = await httpPost(`${server.url}/actions`, { 'Content-Type': 'text/plain' }, body);
    expect(plain.status).toBe(415);
    expect(simulation.simulator.complaints(simulation.merchant)).toHaveLength(before);
  });

  it('takes every step, and says when one is not possible', async () => {
    const images = [PNG.toString('base64')];
    await expect(act({ ...COMPLAINT, images })).resolves.toMatchObject({ status: 200 });
    const [complaint] = simulation.simulator.complaints(simulation.merchant);
    const about = { complaint_id: complaint?.complaint_id, text: 'x' };
    for (const action of [
      'message',
      'continue',
      'platform-message',
      'apply-platform',
      'cancel-platform',
      'apply-platform',
      'finish-platform',
      'refund-orders',
    ]) {
      await expect(act({ action, ...about })).resolves.toMatchObject({ status: 200 });
    }
    await expect(act({ action: 'settle-refund', ...about })).resolves.toMatchObject({
      status: 400,
      error: expect.stringContaining('No refund'),
    });
    expect(
      simulation.simulator.complaintHistory(simulation.merchant, complaint?.complaint_id ?? ''),
    ).toHaveLength(9);
  });

  it.each([
    [{ ...COMPLAINT, text: ' ' }, 'Write 1 to 500 characters.'],
    [{ ...COMPLAINT, problem_type: 'X' }, 'problem_type is missing or malformed.'],
    [{ ...COMPLAINT, amount: 0.5 }, 'amount must be a whole number'],
    [{ ...COMPLAINT, images: ['AAAA'] }, 'no JPG, BMP or PNG'],
    [{ ...COMPLAINT, images: [1] }, 'A picture is malformed.'],
    [{ ...COMPLAINT, images: Array(5).fill('') }, 'at most 4 pictures'],
    [{ action: 'message', complaint_id: '404', text: 'x' }, '404'],
    [
      { action: 'message', complaint_id: '../x', text: 'x' },
      'complaint_id is missing or malformed.',
    ],
    [{ action: 'toString' }, 'There is no such action.'],
    [{ action: 'register', url: 'ftp://shop' }, 'must be an absolute https:// URL'],
    [{ action: 'notify', action_type: 'A', complaint_id: '1', kind: 'x', copies: 1 }, 'kind'],
    [{ action: 'notify', action_type: 'A', complaint_id: '1', kind: 'probe', copies: 0 }, 'copies'],
    [[], 'The body must be a JSON object.'],
  ])('refuses %j', async (action, error) => {
    await expect(act(action)).resolves.toMatchObject({
      status: 400,
      error: expect.stringContaining(error),
    });
  });

  it('refuses bodies that are too large', async () => {
    await expect(act({ text: 'x'.repeat(13 * 1024 * 1024) })).resolves.toMatchObject({
      status: 413,
    });
  });

  it('says when something has changed', async () => {
    const aborter = new AbortController();
    const events = await fetch(`${server.url}/events`, { signal: aborter.signal });
    const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
    await expect(reader?.read()).resolves.toMatchObject({ value: 'retry: 1000\n\n' });
    await act({ action: 'register', url: 'http://127.0.0.1:9/complaints' });
    await expect(reader?.read()).resolves.toMatchObject({ value: 'data: changed\n\n' });
    expect(simulation.registeredUrl).toBe('http://127.0.0.1:9/complaints');
    aborter.abort();
    await act({ action: 'register', url: '' });
    expect(simulation.registeredUrl).toBeUndefined();
  });

  it('sends a notification again, and records that nothing listens', async () => {
    await act({ action: 'register', url: 'https://shop.example.com/complaints' });
    const order = { action: 'notify', action_type: 'USER_RESPONSE', complaint_id: '1', copies: 2 };
    await expect(act({ ...order, kind: 'genuine', id: 'EV-1' })).resolves.toMatchObject({
      status: 200,
      deliveries: [{ id: 'EV-1', responses: [{ isRight: false }, { isRight: false }] }],
    });
    await act({ action: 'register', url: '' });
    await expect(act({ ...order, kind: 'genuine' })).resolves.toMatchObject({
      status: 400,
      error: expect.stringContaining('No callback URL is registered'),
    });
  });
});
