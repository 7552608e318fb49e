import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import {
  CERTIFICATES_PATH,
  closeAll,
  startSimulator,
  URL_PATH,
} from '../../../support/client-bench.js';
import { httpPost } from '../../../support/http-post.js';
import { call } from './signed-call.js';

const CALLBACK_URL = 'https://shop.example.com/wechatpay/complaints';

describe('WechatPaySimulator', () => {
  let merchant: TestMerchant;
  let other: TestMerchant;
  beforeAll(async () => {
    [merchant, other] = await Promise.all([createTestMerchant(), createTestMerchant()]);
  });
  afterEach(closeAll);

  describe('with several merchants', () => {
    it('keeps what belongs to each of them apart', async () => {
      const simulator = await WechatPaySimulator.start({ merchants: [merchant, other] });
      try {
        simulator.setRegisteredUrl(merchant, CALLBACK_URL);
        await simulator.complain(other, { complaint_id: 'C-1' });

        const response = await call(simulator, other, { target: URL_PATH });

        expect(response.text).not.toContain(CALLBACK_URL);
        expect(simulator.registeredUrl(merchant)).toBe(CALLBACK_URL);
        expect(simulator.complaints(merchant)).toEqual([]);
        expect(simulator.complaints(other)).toHaveLength(1);
      } finally {
        await simulator.stop();
      }
    });

    it('rejects two of them with the same id', async () => {
      const twin = await createTestMerchant({ mchid: merchant.mchid });

      await expect(
        WechatPaySimulator.start({ merchants: [merchant, other, twin] }),
      ).rejects.toThrow(
        `Two merchants have the id ${merchant.mchid}: give each a mchid of its own, or none.`,
      );
    });

    it('takes another one in while it runs', async () => {
      const simulator = await startSimulator(merchant);
      simulator.setMerchant(other);
      simulator.setRegisteredUrl(other, CALLBACK_URL);

      const { text } = await call(simulator, other, { target: URL_PATH });
      expect(text).toContain(CALLBACK_URL);
    });

    it('replaces the keys of one, and keeps its URL and its complaints', async () => {
      const simulator = await startSimulator(merchant);
      simulator.setRegisteredUrl(merchant, CALLBACK_URL);
      await simulator.complain(merchant, { complaint_id: 'C-1' }).catch(() => undefined);
      const next = await createTestMerchant({ mchid: merchant.mchid });
      simulator.setMerchant(next);

      await expect(call(simulator, merchant, { target: URL_PATH })).resolves.toMatchObject({
        status: 401,
      });
      const { text } = await call(simulator, next, { target: URL_PATH });
      expect(text).toContain(CALLBACK_URL);
      expect(simulator.complaints(next)).toHaveLength(1);
    });

    it('gives the options of one of several', async () => {
      const simulator = await startSimulator(merchant);

      expect(simulator.merchantOptions(merchant)).toEqual({
        ...merchant.merchantOptions,
        baseUrls: [simulator.url],
      });
    });

    it('rejects one that it was not started with', async () => {
      const simulator = await startSimulator(merchant);

      expect(() => simulator.registeredUrl(other)).toThrow(
        `The simulator does not know merchant ${other.mchid}.`,
      );
    });
  });

  it("points a merchant's options and environment to itself", async () => {
    const simulator = await startSimulator(merchant);

    expect(simulator.moduleOptions(merchant)).toEqual({
      ...merchant.options,
      baseUrls: [simulator.url],
    });
    expect(simulator.environment(merchant)).toEqual({
      ...merchant.environment,
      WECHATPAY_BASE_URLS: simulator.url,
    });
  });

  it('rotates certificates: the previous ones stay listed, unless keepListed is false', async () => {
    const withCertificate = await createTestMerchant({ mode: 'certificate' });
    const simulator = await startSimulator(withCertificate);
    const list = async (): Promise<string[]> => {
      const { text } = await call(simulator, withCertificate, { target: CERTIFICATES_PATH });
      const { data } = JSON.parse(text) as { data: { serial_no: string }[] };
      return data.map(({ serial_no }) => serial_no);
    };
    const certificate = merchant.platformCertificate;

    expect(await simulator.rotateCertificate(withCertificate, { certificate })).toBe(certificate);
    expect(await list()).toEqual([withCertificate.platformCertificate.id, certificate.id]);

    const next = await simulator.rotateCertificate(withCertificate, { keepListed: false });
    expect(await list()).toEqual([next.id]);
  });

  it('listens on a given port, and rejects when that is in use', async () => {
    const first = await WechatPaySimulator.start({ merchants: [merchant] });
    const port = Number(new URL(first.url).port);

    await expect(WechatPaySimulator.start({ merchants: [merchant], port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await first.stop();
    const second = await WechatPaySimulator.start({ merchants: [merchant], port });
    expect(new URL(second.url).port).toBe(String(port));
    await second.stop();
  });

  it('reports each response, and no request without one', async () => {
    const seen: string[] = [];
    const simulator = await startSimulator(merchant, {
      onResponse: ({ method, target }, status) => seen.push(`${method} ${target} ${status}`),
    });
    await call(simulator, merchant, { target: URL_PATH });
    simulator.injectFaults('drop');
    await expect(call(simulator, merchant, { target: URL_PATH })).rejects.toThrow();
    await httpPost(`${simulator.url}${URL_PATH}`, {}, '');

    expect(seen).toEqual([`GET ${URL_PATH} 400`, `POST ${URL_PATH} 400`]);
  });

  describe('after stop', () => {
    it('has no URL and accepts no connections', async () => {
      const simulator = await WechatPaySimulator.start({ merchants: [merchant] });
      const { url } = simulator;
      await simulator.stop();

      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(() => simulator.url).toThrow('The simulator has stopped.');
      await expect(httpPost(url, {}, '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });

    it('can be stopped again', async () => {
      const simulator = await WechatPaySimulator.start({ merchants: [merchant] });
      await simulator.stop();

      await expect(simulator.stop()).resolves.toBeUndefined();
    });
  });
});
