import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type SimulatedFault,
  type TestMerchant,
  type WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, startSimulator, URL_PATH } from '../../../support/client-bench.js';
import { until } from '../../../support/until.js';
import { call, errorIn, type HttpResponse, isSignedBy } from './signed-call.js';

const CALLBACK_URL = 'https://shop.example.com/wechatpay/complaints';

describe('A fault', () => {
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  /** The response to a call that registers a URL. */
  async function responseWith(...faults: SimulatedFault[]): Promise<HttpResponse> {
    simulator = await startSimulator(merchant);
    simulator.injectFaults(...faults);
    return call(simulator, merchant, {
      method: 'POST',
      target: URL_PATH,
      body: JSON.stringify({ url: CALLBACK_URL }),
    });
  }

  const age = ({ headers }: HttpResponse): number =>
    Date.now() / 1000 - Number(headers['wechatpay-timestamp']);

  it.each<SimulatedFault>(['probe', 'unsigned', 'tampered', 'unknown-serial'])(
    '%s invalidates the signature after the call has taken effect',
    async (fault) => {
      const response = await responseWith(fault);

      expect(response.status).toBe(200);
      expect(isSignedBy(response, merchant.publicKey)).toBe(false);
      expect(simulator.registeredUrl(merchant)).toBe(CALLBACK_URL);
    },
  );

  it('probe sends the prefix of a probe', async () => {
    const { headers } = await responseWith('probe');

    expect(headers['wechatpay-signature']).toMatch(/^WECHATPAY\/SIGNTEST\/./);
  });

  it('unsigned sends none of the headers', async () => {
    const { headers } = await responseWith('unsigned');

    expect(Object.keys(headers).filter((name) => name.startsWith('wechatpay-'))).toEqual([]);
  });

  it('unknown-serial names another key', async () => {
    const { headers } = await responseWith('unknown-serial');

    expect(headers['wechatpay-serial']).toMatch(/^[0-9A-F]{40}$/);
  });

  it('replayed and ahead sign genuinely, ten minutes off', async () => {
    const replayed = await responseWith('replayed');
    const ahead = await responseWith('ahead');

    expect([replayed, ahead].map((response) => isSignedBy(response, merchant.publicKey))).toEqual([
      true,
      true,
    ]);
    expect(age(replayed)).toBeGreaterThanOrEqual(600);
    expect(age(ahead)).toBeLessThanOrEqual(-590);
  });

  it('wrong-type names another signature type', async () => {
    const { headers } = await responseWith('wrong-type');

    expect(headers['wechatpay-signature-type']).toBe('WECHATPAY2-SM2-WITH-SM3');
  });

  it('drop closes the connection before the call takes effect', async () => {
    await expect(responseWith('drop')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(simulator.registeredUrl(merchant)).toBeUndefined();
  });

  it('hang never responds, and lets the simulator stop', async () => {
    const hanging = await startSimulator(merchant);
    hanging.injectFaults('hang');
    const response = call(hanging, merchant, { target: URL_PATH }).catch((error: unknown) => error);
    await until(() => hanging.requests.length === 1);

    await hanging.stop();

    expect(await response).toMatchObject({ code: 'ECONNRESET' });
  });

  it('as an error responds in place of the call, signed', async () => {
    const response = await responseWith({ status: 403, code: 'NO_AUTH', message: '无权限' });

    expect(errorIn(response)).toEqual({ status: 403, code: 'NO_AUTH', message: '无权限' });
    expect(isSignedBy(response, merchant.publicKey)).toBe(true);
    expect(simulator.registeredUrl(merchant)).toBeUndefined();
  });

  it.each([
    [undefined, false],
    [true, true],
  ])('as raw text responds in place of the call; signed: %s', async (signed, expected) => {
    const response = await responseWith({ status: 200, raw: '<html>', signed });

    expect(response).toMatchObject({ status: 200, text: '<html>' });
    expect(isSignedBy(response, merchant.publicKey)).toBe(expected);
    expect(simulator.registeredUrl(merchant)).toBeUndefined();
  });

  it('applies to one response, in the order of injection', async () => {
    const first = await responseWith('tampered', { status: 502, raw: '<html>' });
    simulator.injectFaults('unsigned');
    const get = () => call(simulator, merchant, { target: URL_PATH });

    const responses = [first, await get(), await get(), await get()];

    expect(responses.map(({ status }) => status)).toEqual([200, 502, 200, 200]);
    expect(responses.map((response) => isSignedBy(response, merchant.publicKey))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});
