import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEnvironment } from '../../../../lib/config/read-environment.js';
import { MERCHANT_MODES, MerchantFolder } from '../../../../lib/cli/simulation/merchant-folder.js';

describe('MerchantFolder', () => {
  let root: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'wechatpay-cli-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  it.each(MERCHANT_MODES)('gives the same merchant again, in %s mode', async (mode) => {
    const path = join(root, mode);
    const created = await MerchantFolder.openOrCreate(path, mode);
    const { merchant } = await MerchantFolder.openOrCreate(path, 'public-key');
    const { publicKey, platformCertificate, ...plain } = created.merchant;
    expect(merchant).toMatchObject(plain);
    for (const [kept, key] of [
      [merchant.publicKey, publicKey],
      [merchant.platformCertificate, platformCertificate],
    ] as const) {
      expect({ id: kept.id, pem: kept.pem }).toEqual({ id: key.id, pem: key.pem });
      expect(kept.privateKey.equals(key.privateKey)).toBe(true);
    }
  });

  it.each(MERCHANT_MODES)(
    'has an environment that the config factory accepts, in %s mode',
    async (mode) => {
      const folder = await MerchantFolder.openOrCreate(join(root, mode), mode);
      const environment = folder.environment('http://127.0.0.1:9090');
      const { platformKeys, ...expected } = folder.merchant.options;
      expect(readEnvironment(environment)).toMatchObject({
        mchid: expected.mchid,
        serial: expected.serial,
        apiV3Key: expected.apiV3Key,
        platformKeys,
        platformCertificates: expected.platformCertificates,
        baseUrls: ['http://127.0.0.1:9090'],
      });
      expect(environment.WECHATPAY_PRIVATE_KEY).toBe('');
      expect(environment).not.toHaveProperty('WECHATPAY_CALLBACK_URL');
    },
  );

  it('keeps the registered URL', async () => {
    const path = join(root, 'url');
    const folder = await MerchantFolder.openOrCreate(path, 'public-key');
    folder.registeredUrl = 'https://shop.example.com/a';
    expect(MerchantFolder.open(path).registeredUrl).toBe('https://shop.example.com/a');
    folder.registeredUrl = undefined;
    expect(MerchantFolder.open(path).registeredUrl).toBeUndefined();
  });

  it('says what to do without a merchant, and with one that cannot be read', async () => {
    const path = join(root, 'broken');
    expect(() => MerchantFolder.open(path)).toThrow('Start the simulator first');
    expect(existsSync(path)).toBe(false);
    await MerchantFolder.openOrCreate(path, 'public-key');
    await writeFile(join(path, 'merchant.json'), '{"mode":"public-key"}');
    expect(() => MerchantFolder.open(path)).toThrow('merchant.json has no mchid');
    await writeFile(join(path, 'apiclient_cert.pem'), 'damaged');
    expect(() => MerchantFolder.open(path)).toThrow(expect.objectContaining({ exitCode: 3 }));
  });
});
