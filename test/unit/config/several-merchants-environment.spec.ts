import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../../lib/config/read-environment.js';
import type { SeveralMerchantsOptions } from '../../../lib/config/wechatpay-complaint-options.interface.js';
import { WechatPayConfigurationError } from '../../../lib/errors/wechatpay-configuration.error.js';
import { createTestMerchant, type TestMerchant } from '../../../lib/testing/index.js';

type Environment = Readonly<Record<string, string | undefined>>;

let merchant: TestMerchant;
let folder: string;

beforeAll(async () => {
  merchant = await createTestMerchant();
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-shops-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes files in a directory of their own. */
async function write(files: Readonly<Record<string, unknown>>): Promise<string> {
  const path = await mkdtemp(join(folder, 'merchants-'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(path, name), JSON.stringify(content));
  }
  return path;
}

function readAll(variables: Environment): SeveralMerchantsOptions {
  const options = readEnvironment(variables);
  if (!options.merchants) throw new Error('These are the options of one merchant.');
  return options;
}

/** `option problem` of each fault, sorted. */
function faultsOf(variables: Environment): string[] {
  try {
    readAll(variables);
  } catch (error) {
    if (!(error instanceof WechatPayConfigurationError)) throw error;
    return error.problems.map(({ option, problem }) => `${option} ${problem}`).sort();
  }
  throw new Error('The environment was accepted.');
}

/** The options of the test merchant under another id, as a file has them. */
function own(mchid: string, changes: object = {}): object {
  const { platformCertificates: _default, ...options } = merchant.merchantOptions;
  return { ...options, mchid, ...changes };
}

describe('The environment of several merchants', () => {
  it('reads all merchants, with the other variables as defaults', async () => {
    const path = await write({ 'a.json': own('1900000001'), 'b.json': own('1900000002') });
    const { merchants, ...common } = readAll({
      WECHATPAY_MERCHANTS_PATH: path,
      WECHATPAY_CALLBACK_URL: 'https://shop.example.com/{mchid}/complaints',
      WECHATPAY_TIMEOUT: '5000',
    });

    expect(merchants).toMatchObject([
      { mchid: '1900000001', platformCertificates: { download: false } },
      { mchid: '1900000002', platformCertificates: { download: false } },
    ]);
    expect(common).toMatchObject({
      callbackUrl: 'https://shop.example.com/{mchid}/complaints',
      timeout: 5000,
    });
  });

  it('has certificates downloaded where a merchant has no key, or as it says', async () => {
    const path = await write({
      'a.json': own('1900000001', { platformKeys: undefined }),
      'b.json': own('1900000002', { platformCertificates: { download: true } }),
    });
    const { merchants } = readAll({
      WECHATPAY_MERCHANTS_PATH: path,
      WECHATPAY_REFRESH_INTERVAL: '60000',
    });

    expect(merchants).toMatchObject([
      { platformCertificates: { download: true, refreshInterval: 60_000 } },
      { platformCertificates: { download: true } },
    ]);
  });

  it('names the file of every fault', async () => {
    const path = await write({
      'a.json': own('1900000001', { serial: '', apiV3Key: undefined }),
      'b.json': own('1900000001'),
      'c.json': { ...own(''), mchid: 1_900_000_003 },
    });

    expect(faultsOf({ WECHATPAY_MERCHANTS_PATH: path, WECHATPAY_TIMEOUT: '0' })).toEqual([
      'WECHATPAY_MERCHANTS_PATH: apiV3Key in a.json is missing',
      'WECHATPAY_MERCHANTS_PATH: mchid in b.json is 1900000001, which is that of merchants[0] as well',
      'WECHATPAY_MERCHANTS_PATH: mchid in c.json is not a merchant id (it is of type number)',
      'WECHATPAY_MERCHANTS_PATH: serial in a.json is missing',
      'WECHATPAY_TIMEOUT is 0',
    ]);
  });

  it('names what cannot be read', async () => {
    const path = await write({ 'a.json': 'none' });

    expect(faultsOf({ WECHATPAY_MERCHANTS_PATH: join(path, 'b.json') })).toEqual([
      'WECHATPAY_MERCHANTS_PATH cannot be read (ENOENT)',
    ]);
    expect(faultsOf({ WECHATPAY_MERCHANTS_PATH: path })).toEqual([
      'WECHATPAY_MERCHANTS_PATH: a.json is of type string',
    ]);
  });

  it('does not stand beside the variables of one merchant', async () => {
    const path = await write({ 'a.json': own('1900000001') });
    const changes = { WECHATPAY_MERCHANTS_PATH: path, WECHATPAY_MCHID: merchant.mchid };

    expect(faultsOf(changes)).toEqual([
      'WECHATPAY_MCHID and WECHATPAY_MERCHANTS_PATH are both set',
    ]);
  });

  it('names the variable of a faulty option that all merchants have in common', async () => {
    const path = await write({ 'a.json': own('1900000001', { baseUrls: undefined }) });
    const urls = 'https://api.mch.weixin.qq.com,ftp://a.example';

    expect(faultsOf({ WECHATPAY_MERCHANTS_PATH: path, WECHATPAY_BASE_URLS: urls })).toEqual([
      'WECHATPAY_BASE_URLS[1] is not an absolute https URL',
    ]);
  });
});
