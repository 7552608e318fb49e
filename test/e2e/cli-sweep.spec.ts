import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { type CliResult, runCli } from '../support/cli.js';

const FOLDER = join(import.meta.dirname, 'fixtures');
const DAY = 24 * 60 * 60 * 1000;
const HOUR = DAY / 24;

describe('complaints sweep', () => {
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;
  let id: string;

  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  beforeEach(async () => {
    simulator = await WechatPaySimulator.start({
      merchants: [merchant],
      clock: () => Date.now() - HOUR,
    });
    // Nobody is notified: no callback URL is registered.
    const { complaint } = await simulator.complain(merchant);
    id = complaint.complaint_id;
  });
  afterEach(async () => {
    await simulator.stop();
  });

  /** Runs the command in the folder of the apps. */
  const sweep = (
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<CliResult> =>
    runCli(['complaints', 'sweep', ...args], {
      env: { ...simulator.environment(merchant), NO_COLOR: '1', ...env },
      cwd: FOLDER,
    });
  const yesterday = new Date(Date.now() - DAY).toISOString();
  const app = ['--module', 'swept-app.mjs'];

  it('gives to the listeners of the app what nothing was heard of', async () => {
    const { code, stdout, stderr } = await sweep([...app, '--from', yesterday]);

    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^LISTED +HANDLED +FAILED +CALLS\n1 +1 +0 +\d+\n$/),
    });
    expect(stderr).toContain(`reconciliation CREATE_COMPLAINT ${id}`);
    expect(stderr).toContain('The store of the app is in memory');
    expect(stderr).toContain('shut down');
  });

  it('takes days, a grace period and merchants, and prints JSON', async () => {
    const from = yesterday.slice(0, 10);
    const young = await sweep([...app, '--json', '--from', from, '--grace', '120']);
    expect(young.code).toBe(0);
    expect(JSON.parse(young.stdout)).toMatchObject({ listed: 1, fed: 0, failed: 0 });

    const past = ['--from', '2026-01-30', '--to', '2026-01-31', '--mchid', merchant.mchid];
    const none = await sweep([...app, '--json', ...past]);
    expect(none.code).toBe(0);
    expect(JSON.parse(none.stdout)).toMatchObject({ listed: 0, fed: 0, failed: 0 });
    expect(simulator.requests.at(-1)?.target).toMatch(
      /begin_date=2026-01-30&end_date=2026-01-31(&|$)/,
    );
  });

  it('exits with 1 when a listener failed', async () => {
    const { code, stdout, stderr } = await sweep([...app, '--from', yesterday], { FAILS: 'yes' });

    expect(code).toBe(1);
    expect(stdout).toMatch(/\n1 +0 +1 +\d+\n$/);
    expect(stderr).toContain('no room');
    expect(stderr).toContain('The next sweep finds it again.');
  });

  it('takes a named export, of CommonJS too', async () => {
    const { code, stdout } = await sweep([
      ...['--module', 'swept-app.cjs#AppModule', '--json'],
      ...['--from', yesterday],
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ fed: 1 });
  });

  it.each([
    ['none.mjs', 'none.mjs cannot be loaded'],
    ['swept-app.cjs', 'exports no module as default. It exports: AppModule.'],
    ['swept-app.mjs#Nothing', 'exports no module as Nothing. It exports: BrokenModule, DeafModule'],
    ['swept-app.mjs#OtherModule', 'does not import WechatPayComplaintModule'],
    ['swept-app.mjs#DeafModule', 'nobody would handle what is found'],
    ['swept-app.mjs#BrokenModule', 'does not start: no database'],
  ])('exits with 3 when it cannot use the app: %s', async (reference, reason) => {
    const { code, stdout, stderr } = await sweep(['--module', reference]);

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(reason);
    expect(simulator.requests).toEqual([]);
  });

  it('exits with 3 for a merchant that the app does not know', async () => {
    const { code, stderr } = await sweep([...app, '--mchid', '1900009999']);
    expect(code).toBe(3);
    expect(stderr).toContain('1900009999');
  });

  it('exits with 4 when WeChat Pay responds with an error', async () => {
    simulator.injectFaults({ status: 403, code: 'NO_AUTH', message: '商户未开通此产品' });
    const { code, stderr } = await sweep(app);
    expect(code).toBe(4);
    expect(stderr).toContain('商户未开通此产品');
  });

  it.each([
    [[], '--module is missing'],
    [[...app, '--from', 'monday'], '--from must be a day such as'],
    [[...app, '--to', '2026-02-30'], '--to must be a day such as'],
    [[...app, '--grace', '-1'], 'grace'],
    [[...app, '--from', '2026-02-02', '--to', '2026-02-01'], 'lies before from'],
  ])('exits with 2 when the command line is wrong: %j', async (args, reason) => {
    const { code, stdout, stderr } = await sweep(args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(reason);
  });
});
