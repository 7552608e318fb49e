import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { VERSION } from '../../lib/version.js';
import { type CliResult, runCli } from '../support/cli.js';
import { PNG } from '../support/small-images.js';

const URL_A = 'https://shop.example.com/wechatpay/complaints';
const URL_B = 'https://other.example.com/wechatpay/complaints';
const PHONE = '13912345678';

describe('The program', () => {
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;
  let folder: string;

  beforeAll(async () => {
    merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
    folder = await mkdtemp(join(tmpdir(), 'wechatpay-cli-'));
  });
  beforeEach(() => {
    simulator.setRegisteredUrl(merchant, undefined);
  });
  afterAll(async () => {
    await simulator.stop();
    await rm(folder, { recursive: true });
  });

  /** Runs a command with the merchant's environment. */
  const run = (...args: string[]): Promise<CliResult> =>
    runCli(args, { env: { ...simulator.environment(merchant) }, cwd: folder });

  it('prints its version, and exits with 2 when the command line is wrong', async () => {
    await expect(runCli(['--version'])).resolves.toMatchObject({ code: 0, stdout: `${VERSION}\n` });
    const wrong = await runCli(['complaints', 'list', '--limt', '3']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('Did you mean --limit?');
  });

  describe('with an environment', () => {
    it('exits with 3 and names every variable that is missing', async () => {
      const { code, stderr } = await runCli(['url', 'get'], { cwd: folder });
      expect(code).toBe(3);
      expect(stderr).toContain('WECHATPAY_MCHID is not set');
      expect(stderr).toContain('WECHATPAY_PRIVATE_KEY is not set');
      expect(stderr).not.toContain('.env');
    });

    it('reads a file, and names it when it is there and was not given', async () => {
      const lines = Object.entries(simulator.environment(merchant)).map(
        ([name, value]) => `${name}="${value.replaceAll('\n', '\\n')}"`,
      );
      const own = await mkdtemp(join(folder, 'env-'));
      await writeFile(join(own, '.env'), lines.join('\n'));
      const forgotten = await runCli(['url', 'get'], { cwd: own });
      expect(forgotten).toMatchObject({ code: 3 });
      expect(forgotten.stderr).toContain('add --env-file .env');
      const given = await runCli(['url', 'get', '--env-file=.env'], { cwd: own });
      expect(given).toMatchObject({ code: 1, stdout: '' });
      expect(given.stderr).toContain('No callback URL is registered');
    });

    it('exits with 4 and the Request-ID when WeChat Pay responds with an error', async () => {
      simulator.injectFaults({ status: 403, code: 'NO_AUTH', message: '商户未开通此产品' });
      const { code, stderr } = await run('url', 'get');
      expect(code).toBe(4);
      expect(stderr).toMatch(/403 NO_AUTH: 商户未开通此产品 .*Request-ID/);
    });

    it('exits with 5 when nothing that can be trusted comes', async () => {
      simulator.setRegisteredUrl(merchant, URL_A);
      simulator.injectFaults('unsigned');
      await expect(run('url', 'get')).resolves.toMatchObject({ code: 5, stdout: '' });
    });
  });

  describe('with the callback URL', () => {
    it('sets, prints and deletes it', async () => {
      await expect(run('url', 'set', URL_A)).resolves.toMatchObject({
        code: 0,
        stdout: `created: ${URL_A} for merchant ${merchant.mchid}\n`,
      });
      await expect(run('url', 'get')).resolves.toMatchObject({ code: 0, stdout: `${URL_A}\n` });
      const { stdout } = await run('url', 'get', '--json');
      expect(JSON.parse(stdout)).toEqual({ mchid: merchant.mchid, url: URL_A });
      await expect(run('url', 'delete', '--yes')).resolves.toMatchObject({ code: 0 });
      expect(simulator.registeredUrl(merchant)).toBeUndefined();
      await expect(run('url', 'delete', '--yes')).resolves.toMatchObject({ code: 1 });
    });

    it('replaces it only when told so, and shows what it replaces', async () => {
      simulator.setRegisteredUrl(merchant, URL_A);
      const asked = await run('url', 'set', URL_B);
      expect(asked.code).toBe(2);
      expect(asked.stderr).toContain(URL_A);
      expect(asked.stderr).toContain('--yes');
      expect(simulator.registeredUrl(merchant)).toBe(URL_A);
      await expect(run('url', 'set', URL_B, '--yes')).resolves.toMatchObject({ code: 0 });
      expect(simulator.registeredUrl(merchant)).toBe(URL_B);
    });

    it('sends no URL that WeChat Pay would reject', async () => {
      const requests = simulator.requests.length;
      const { code, stderr } = await run('url', 'set', 'https://shop.example.com/a?b=1');
      expect(code).toBe(2);
      expect(stderr).toContain('must not contain a query string');
      expect(simulator.requests).toHaveLength(requests);
    });

    it('never registers the URL of the environment by itself', async () => {
      const env = { ...simulator.environment(merchant), WECHATPAY_CALLBACK_URL: URL_A };
      await expect(runCli(['url', 'get'], { env })).resolves.toMatchObject({ code: 1 });
      expect(simulator.registeredUrl(merchant)).toBeUndefined();
    });
  });

  describe('with complaints', () => {
    let id: string;

    beforeEach(async () => {
      const { complaint } = await simulator.complain(merchant, {
        complaint_detail: '杯子\u001b[2J是碎的',
        payer_phone: PHONE,
        order: { amount: 8800 },
      });
      id = complaint.complaint_id;
    });

    it('lists them as a table and as JSON, without phone numbers and control characters', async () => {
      const { code, stdout } = await run('complaints', 'list', '--state', 'pending');
      expect(code).toBe(0);
      expect(stdout).toContain(id);
      expect(stdout).toContain('¥88.00');
      expect(stdout).toContain('杯子 [2J是碎的');
      const json = await run('complaints', 'list', '--json');
      const found = JSON.parse(json.stdout) as Record<string, unknown>[];
      expect(found.map(({ complaint_id }) => complaint_id)).toContain(id);
      expect(found[0]).not.toHaveProperty('payer_phone');
      expect(stdout + json.stdout).not.toContain(PHONE);
      expect(stdout + json.stdout).not.toContain('\u001b');
    });

    it('says when there are more, and when there are none', async () => {
      await simulator.complain(merchant);
      const limited = await run('complaints', 'list', '--limit', '1', '--json');
      expect(JSON.parse(limited.stdout)).toHaveLength(1);
      expect(limited.stderr).toContain('raise --limit');
      const none = await run('complaints', 'list', '--from', '2020-01-01', '--to', '2020-01-02');
      expect(none).toMatchObject({ code: 0, stdout: '' });
      await expect(run('complaints', 'list', '--from', 'today')).resolves.toMatchObject({
        code: 2,
      });
    });

    it('shows one, with the phone number only when it is told to', async () => {
      const hidden = await run('complaints', 'show', id);
      expect(hidden.stdout).toContain('--reveal');
      expect(hidden.stdout).not.toContain(PHONE);
      const revealed = await run('complaints', 'show', id, '--reveal');
      expect(revealed.stdout).toContain(PHONE);
      await expect(run('complaints', 'show', '123')).resolves.toMatchObject({ code: 4 });
    });

    it('replies with a picture, completes, and prints the history', async () => {
      const picture = join(folder, 'cup.png');
      await writeFile(picture, PNG);
      const tooEarly = await run('complaints', 'complete', id);
      expect(tooEarly).toMatchObject({ code: 4 });
      await expect(
        run('complaints', 'reply', id, '马上退款', '--image', picture),
      ).resolves.toMatchObject({ code: 0, stdout: `replied to complaint ${id}\n` });
      await expect(run('complaints', 'complete', id)).resolves.toMatchObject({ code: 0 });
      const { stdout } = await run('complaints', 'history', id);
      expect(stdout).toMatch(/USER_CREATE_COMPLAINT[^]*马上退款 \[1 picture\][^]*CONFIRM_COMPLETE/);
      const json = await run('complaints', 'history', id, '--json');
      expect(JSON.parse(json.stdout)).toHaveLength(3);
    });

    it('replies in the chat when the consumer waits there', async () => {
      const { complaint } = await simulator.complain(merchant, { need_immediate_service: true });
      await expect(
        run('complaints', 'reply', complaint.complaint_id, '您好'),
      ).resolves.toMatchObject({ code: 0 });
      const { stdout } = await run('complaints', 'history', complaint.complaint_id);
      expect(stdout).toContain('您好');
      expect(simulator.complaintHistory(merchant, complaint.complaint_id)[0]).toHaveProperty(
        'normal_message',
      );
    });

    it('sends nothing when a picture cannot be read', async () => {
      const requests = simulator.requests.length;
      const { code, stderr } = await run('complaints', 'reply', id, 'x', '--image', 'none.png');
      expect(code).toBe(3);
      expect(stderr).toContain('--image none.png cannot be read: there is no such file');
      expect(simulator.requests).toHaveLength(requests);
    });
  });
});
