import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintPayload,
  type ComplaintNotificationPayload,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import { signComplaintNotification } from 'nestjs-wechatpay-complaint/testing';
import { MerchantFolder } from '../../lib/cli/simulation/merchant-folder.js';
import { type CliResult, runCli } from '../support/cli.js';
import { closeApps, startApp } from '../support/start-app.js';

const handled: ComplaintNotificationPayload[] = [];

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload() payload: ComplaintNotificationPayload): void {
    handled.push(payload);
  }

  /** Accepts whatever comes. */
  @Post('careless')
  careless(): void {}

  @Post('broken')
  @ComplaintNotification()
  broken(): void {
    throw new Error('The database is away.');
  }
}

describe('The program and an app', () => {
  let folder: string;
  let merchants: MerchantFolder;
  let app: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wechatpay-cli-'));
    merchants = await MerchantFolder.openOrCreate(join(folder, 'merchant'), 'public-key');
    const { url } = await startApp({
      imports: [WechatPayComplaintModule.forRoot(merchants.merchant.options)],
      controllers: [ComplaintsController],
    });
    app = url;
  });
  afterAll(async () => {
    await closeApps();
    await rm(folder, { recursive: true });
  });

  const trigger = (route: string, ...args: string[]): Promise<CliResult> =>
    runCli(['trigger', 'USER_RESPONSE', '--to', `${app}/${route}`, '--dir', 'merchant', ...args], {
      cwd: folder,
    });

  describe('trigger', () => {
    it('sends a genuine notification with given data, in copies, of which one is handled', async () => {
      await writeFile(join(folder, 'data.json'), '{"complaint_id":"1","amount":5}');
      const before = handled.length;
      const { code, stdout } = await trigger(
        ...['complaints', '--copies', '5', '--data', 'data.json', '--complaint', '42'],
      );
      expect(code).toBe(0);
      expect(stdout.match(/^ok /gm)).toHaveLength(5);
      expect(handled.slice(before)).toMatchObject([
        {
          event_type: 'COMPLAINT.STATE_CHANGE',
          complaint: { complaint_id: '42', action_type: 'USER_RESPONSE', amount: 5 },
        },
      ]);
    });

    it.each([
      ['probe', 'The signature is wrong'],
      ['tampered', 'The signature is wrong'],
      ['expired', 'The timestamp is too old'],
      ['unknown-key', 'The serial is not known'],
    ])('succeeds when an app refuses one of kind %s', async (kind, message) => {
      const { code, stdout } = await trigger('complaints', '--kind', kind, '--json');
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        kind,
        responses: [{ status: 401, isRight: true, body: expect.stringContaining(message) }],
      });
    });

    it.each([
      ['careless', ['--kind', 'tampered'], 'this route does not verify signatures'],
      ['careless', [], 'WeChat Pay takes 200 and 204 only'],
      ['broken', [], 'The handler failed'],
      ['elsewhere', [], 'There is no route at this path'],
    ])('fails for the route %s with %j and says why', async (route, args, reason) => {
      const { code, stdout } = await trigger(route, ...args);
      expect(code).toBe(1);
      expect(stdout).toContain('fault');
      expect(stdout).toContain(reason);
    });

    it('exits with 5 when nothing listens, and with 3 without a merchant or readable data', async () => {
      const to = ['trigger', 'USER_RESPONCE', '--to', 'http://127.0.0.1:9/'];
      const silent = await runCli([...to, '--dir', 'merchant'], { cwd: folder });
      expect(silent.code).toBe(5);
      expect(silent.stdout).toContain('ECONNREFUSED');
      expect(silent.stderr).toContain('Did you mean USER_RESPONSE?');
      const missing = await runCli(to, { cwd: folder });
      expect(missing.code).toBe(3);
      expect(missing.stderr).toContain('wechatpay-complaint simulate');
      await expect(trigger('complaints', '--data', 'none.json')).resolves.toMatchObject({
        code: 3,
      });
    });
  });

  describe('verify', () => {
    /** Writes a notification to files and verifies those. */
    async function verify(
      { headers, body }: { headers: Record<string, string>; body: string },
      ...args: string[]
    ): Promise<CliResult> {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      await writeFile(join(folder, 'headers.txt'), lines.join('\r\n'));
      await writeFile(join(folder, 'body.json'), body);
      return runCli(['verify', '--headers', 'headers.txt', '--body', 'body.json', ...args], {
        cwd: folder,
        env: { ...merchants.environment('http://127.0.0.1:9') },
      });
    }

    it('says that a notification is genuine, whatever its age', async () => {
      const timestamp = Math.floor(Date.now() / 1000) - 86_400;
      const notification = signComplaintNotification(merchants.merchant, { timestamp });
      const { code, stdout } = await verify(notification);
      expect(code).toBe(0);
      expect(stdout).toContain('It is genuine.');
      expect(stdout).toMatch(/warning +Time .*864\d\d s before now/);
      const late = await verify(notification, '--at', new Date().toISOString());
      expect(late.code).toBe(1);
      expect(late.stdout).toContain('TIMESTAMP_TOO_OLD');
    });

    it('says what has happened to the body of one that is refused', async () => {
      const notification = signComplaintNotification(merchants.merchant, { summary: '变更' });
      const body = JSON.stringify(JSON.parse(notification.body), null, 2);
      const { code, stdout } = await verify({ ...notification, body }, '--json');
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ accepted: false });
      expect(stdout).toContain('SIGNATURE_MISMATCH: the body was parsed and written again');
    });

    it('exits with 3 when a file holds no header', async () => {
      const { code, stderr } = await verify({ headers: {}, body: '' });
      expect(code).toBe(3);
      expect(stderr).toContain('contains no header');
    });
  });
});
