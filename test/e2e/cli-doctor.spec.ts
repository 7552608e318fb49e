import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import { ComplaintNotification, WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import {
  createTestCertificate,
  createTestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { MerchantFolder } from '../../lib/cli/simulation/merchant-folder.js';
import { runProgram } from '../../lib/cli/program.js';
import { runCli } from '../support/cli.js';
import { MemoryTerminal } from '../support/memory-terminal.js';
import { closeApps, startApp } from '../support/start-app.js';

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  handle(): void {}

  @Post('careless')
  careless(): void {}
}

interface FoundCheck {
  readonly status: string;
  readonly name: string;
  readonly text: string;
}

describe('doctor', () => {
  const original = process.env;
  let folder: string;
  let keys: MerchantFolder;
  let simulator: WechatPaySimulator;
  let app: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wechatpay-cli-'));
    keys = await MerchantFolder.openOrCreate(folder, 'public-key');
    simulator = await WechatPaySimulator.start({ merchants: [keys.merchant] });
    const { url } = await startApp({
      imports: [WechatPayComplaintModule.forRoot(simulator.moduleOptions(keys.merchant))],
      controllers: [ComplaintsController],
    });
    app = url;
  });
  afterEach(() => {
    process.env = original;
    simulator.setRegisteredUrl(keys.merchant, undefined);
  });
  afterAll(async () => {
    await closeApps();
    await simulator.stop();
    await rm(folder, { recursive: true });
  });

  /** What doctor has found, as `status name: text`. It runs in this process. */
  async function examine(
    env: Readonly<Record<string, string>> = {},
    ...args: string[]
  ): Promise<{ code: number; found: string[] }> {
    const { REDIS_URL: _, ...inherited } = original;
    process.env = { ...inherited, ...keys.environment(simulator.url), ...env };
    const terminal = new MemoryTerminal();
    const code = await runProgram(['doctor', '--json', ...args], terminal);
    return { code, found: toLines(terminal.stdout) };
  }

  function toLines(json: string): string[] {
    const { checks } = JSON.parse(json) as { checks: FoundCheck[] };
    return checks.map(({ status, name, text }) => `${status} ${name}: ${text}`);
  }

  it('finds nothing wrong with an app that is set up', async () => {
    simulator.setRegisteredUrl(keys.merchant, `${app}/complaints`);
    const { code, stdout } = await runCli(['doctor', '--json'], {
      env: { ...keys.environment(simulator.url) },
    });
    expect(code).toBe(0);
    expect(toLines(stdout)).toEqual([
      expect.stringMatching(/^ok Options: merchant \d+, public key PUB_KEY_ID_/),
      `ok Hosts: ${simulator.url}`,
      'ok Private key: RSA, 2048 bits',
      expect.stringMatching(/^ok Key pair: .*apiclient_cert\.pem belong together$/),
      expect.stringMatching(/^ok Certificate: the API certificate expires on \d{4}-\d\d-\d\d$/),
      "ok Clock: agrees with WeChat Pay's",
      `ok Callback URL: ${app}/complaints is registered`,
      expect.stringMatching(/^ok Response key: the response is signed with public key PUB_KEY_ID_/),
      expect.stringMatching(/^ok Platform key: public key PUB_KEY_ID_\d+ does not expire$/),
      expect.stringMatching(/^skipped APIv3 key: /),
      `ok Route: ${app}/complaints refuses a signature probe with 401`,
      expect.stringMatching(/^skipped Store: /),
    ]);
  });

  it('prints what to do, and never a secret', async () => {
    const { code, stdout, stderr } = await runCli(['doctor'], {
      env: { ...keys.environment(simulator.url) },
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/warning +Callback URL +none is registered/);
    expect(stdout).toContain('wechatpay-complaint url set URL');
    expect(stdout).toContain('no faults, 1 warning');
    const { apiV3Key, privateKey } = keys.merchant;
    for (const secret of [apiV3Key, privateKey.split('\n')[1] ?? '', 'PRIVATE KEY-----']) {
      expect(stdout + stderr).not.toContain(secret);
    }
  });

  it('lists every variable that cannot be used', async () => {
    const { code, found } = await examine({
      WECHATPAY_SERIAL: 'xyz',
      WECHATPAY_API_V3_KEY: 'short',
    });
    expect(code).toBe(1);
    expect(found).toEqual([
      'fault Options: WECHATPAY_SERIAL is not a hexadecimal serial number',
      'fault Options: WECHATPAY_API_V3_KEY has 5 bytes, 32 are needed',
    ]);
  });

  it('tells keys that do not belong together', async () => {
    const other = await MerchantFolder.openOrCreate(join(folder, 'other'), 'public-key');
    const { WECHATPAY_SERIAL = '', WECHATPAY_PRIVATE_KEY_PATH = '' } = other.environment('');
    const wrongSerial = await examine({ WECHATPAY_SERIAL });
    expect(wrongSerial.code).toBe(1);
    expect(wrongSerial.found).toContainEqual(
      expect.stringContaining(
        `fault Key pair: ${join(folder, 'apiclient_cert.pem')} has the serial`,
      ),
    );
    expect(wrongSerial.found).toContainEqual(expect.stringContaining('fault Callback URL: GET'));
    expect(wrongSerial.found).toContainEqual(expect.stringContaining('SIGN_ERROR'));
    const certificate = ['--certificate', join(folder, 'apiclient_cert.pem')];
    const wrongKey = await examine({ WECHATPAY_PRIVATE_KEY_PATH }, ...certificate);
    expect(wrongKey.found).toContainEqual(
      expect.stringContaining('fault Key pair: the private key does not belong to'),
    );
  });

  it.each([
    [() => ({ commonName: '1230000109' }), 'is the certificate of merchant 1230000109', 'fault'],
    [() => ({ notAfter: new Date(Date.now() - 1000) }), 'the API certificate expired on', 'fault'],
    [() => ({ notAfter: new Date(Date.now() + 86_400_000) }), 'expires on', 'warning'],
  ])('reads the certificate of the merchant: %#', async (optionsOf, text, status) => {
    const { mchid } = keys.merchant;
    const certificate = await createTestCertificate({ commonName: mchid, ...optionsOf() });
    const [pem, key] = [join(folder, 'other.pem'), join(folder, 'other_key.pem')];
    await writeFile(pem, certificate.pem);
    await writeFile(key, certificate.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const { code, found } = await examine(
      { WECHATPAY_SERIAL: certificate.id, WECHATPAY_PRIVATE_KEY_PATH: key },
      ...['--certificate', pem],
    );
    // WeChat Pay does not know this certificate in any case.
    expect(code).toBe(1);
    expect(found).toContainEqual(expect.stringMatching(new RegExp(`^${status} .*${text}`)));
  });

  it('says when there is no certificate, and when a file is none', async () => {
    const env = { WECHATPAY_PRIVATE_KEY: keys.merchant.privateKey, WECHATPAY_PRIVATE_KEY_PATH: '' };
    const none = await examine(env);
    expect(none.found).toContainEqual(expect.stringMatching(/^skipped Key pair: .*--certificate/));
    const { found } = await examine(env, '--certificate', join(folder, 'pub_key.pem'));
    expect(found).toContainEqual(expect.stringMatching(/^fault Key pair: .*is not a certificate$/));
  });

  it('finds a response that is not genuine, and one without a signature', async () => {
    simulator.setRegisteredUrl(keys.merchant, `${app}/complaints`);
    simulator.injectFaults('tampered');
    const tampered = await examine();
    expect(tampered.code).toBe(1);
    expect(tampered.found).toContainEqual(
      expect.stringMatching(/^fault Callback URL: .*SIGNATURE_MISMATCH/),
    );
    expect(tampered.found).toContainEqual(
      expect.stringMatching(/^fault Response key: SIGNATURE_MISMATCH/),
    );
    simulator.injectFaults({ status: 401, raw: '{"code":"SIGN_ERROR","message":"x"}' });
    const unsigned = await examine();
    expect(unsigned.found).toContainEqual(expect.stringMatching(/^skipped Response key: /));
  });

  it('finds that nothing responds', async () => {
    const { code, found } = await examine({ WECHATPAY_BASE_URLS: 'http://127.0.0.1:9' });
    expect(code).toBe(1);
    expect(found).toContainEqual(expect.stringMatching(/^fault Callback URL: .*ECONNREFUSED/));
    expect(found.join()).not.toContain('Clock');
  });

  it.each([
    ['careless', 'answers a signature probe with 201'],
    ['elsewhere', 'answers a signature probe with 404'],
  ])('finds that the route %s is none of this package', async (route, text) => {
    simulator.setRegisteredUrl(keys.merchant, `${app}/${route}`);
    const { code, found } = await examine();
    expect(code).toBe(1);
    expect(found).toContain(`fault Route: ${app}/${route} ${text}`);
  });

  it('probes the app of a public URL where it is told to', async () => {
    simulator.setRegisteredUrl(keys.merchant, 'https://shop.example.com/complaints');
    const skipped = await examine({ WECHATPAY_CALLBACK_URL: 'https://new.example.com/complaints' });
    expect(skipped.found).toContainEqual(expect.stringMatching(/^skipped Route: .*--app ORIGIN/));
    expect(skipped.found).toContainEqual(
      expect.stringMatching(/^warning Callback URL: .*not https:\/\/new/),
    );
    const { found } = await examine({}, '--app', app);
    expect(found).toContain(`ok Route: ${app}/complaints refuses a signature probe with 401`);
    const { code, found: gone } = await examine({}, '--app', 'http://127.0.0.1:9');
    expect(code).toBe(1);
    expect(gone).toContainEqual(expect.stringMatching(/^fault Route: .*cannot be reached/));
  });

  it('finds a Redis that does not respond, and does not print its password', async () => {
    const { code, found } = await examine({ REDIS_URL: 'redis://user:hunter2@127.0.0.1:9' });
    expect(code).toBe(1);
    expect(found).toContainEqual(expect.stringMatching(/^fault Store: .*no response/));
    const malformed = await examine({}, '--redis', 'http://user:hunter2@127.0.0.1');
    expect(malformed.found).toContainEqual(
      expect.stringMatching(/^fault Store: .*not a URL of Redis/),
    );
    expect([...found, ...malformed.found].join()).not.toContain('hunter2');
  });

  describe('in certificate mode', () => {
    it('reads the certificates and their expiry', async () => {
      const merchant = await createTestMerchant({ mode: 'certificate' });
      const service = await WechatPaySimulator.start({ merchants: [merchant] });
      try {
        const soon = await createTestCertificate({
          notAfter: new Date(Date.now() + 10 * 86_400_000),
        });
        await service.rotateCertificate(merchant, { certificate: soon, keepListed: false });
        const { code, found } = await examine({ ...service.environment(merchant) });
        expect(code).toBe(0);
        expect(found).toEqual(
          expect.arrayContaining([
            expect.stringMatching(
              new RegExp(`^warning Platform key: certificate ${soon.id} expires on`),
            ),
            'ok APIv3 key: decrypts the certificates',
            `ok Response key: the response is signed with platform certificate ${soon.id}`,
          ]),
        );
        const wrongKey = { WECHATPAY_API_V3_KEY: 'x'.repeat(32) };
        const wrong = await examine({ ...service.environment(merchant), ...wrongKey });
        expect(wrong.code).toBe(1);
        expect(wrong.found.join()).toContain('fault');
      } finally {
        await service.stop();
      }
    });
  });
});
