import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CallbackUrlResponses,
  createTestMerchant,
  type TestMerchant,
  type WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, startSimulator, URL_PATH } from '../../../../support/client-bench.js';
import { call, errorIn, type HttpResponse } from '../signed-call.js';

const CALLBACK_URL = 'https://shop.example.com/wechatpay/complaints';
const OTHER_URL = 'https://shop.example.com/elsewhere';

describe('The calls for the callback URL', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  function send(
    simulator: WechatPaySimulator,
    method: string,
    body = method === 'POST' || method === 'PUT' ? JSON.stringify({ url: CALLBACK_URL }) : '',
  ): Promise<HttpResponse> {
    return call(simulator, merchant, { method, target: URL_PATH, body });
  }

  it('create, read, update and remove it', async () => {
    const simulator = await startSimulator(merchant);
    const registration = (url: string) => JSON.stringify({ mchid: merchant.mchid, url });

    expect(await send(simulator, 'POST')).toMatchObject({
      status: 200,
      text: registration(CALLBACK_URL),
    });
    expect(await send(simulator, 'GET')).toMatchObject({
      status: 200,
      text: registration(CALLBACK_URL),
    });
    expect(await send(simulator, 'PUT', JSON.stringify({ url: OTHER_URL }))).toMatchObject({
      status: 200,
      text: registration(OTHER_URL),
    });
    expect(simulator.registeredUrl(merchant)).toBe(OTHER_URL);
    expect(await send(simulator, 'DELETE')).toMatchObject({ status: 204, text: '' });
    expect(simulator.registeredUrl(merchant)).toBeUndefined();
  });

  it.each([
    ['a text', '"text"'],
    ['broken JSON', '{"url":'],
    ['no url', '{}'],
    ['null', '{"url":null}'],
    ['http', '{"url":"http://shop.example.com/complaints"}'],
    ['a query', JSON.stringify({ url: `${CALLBACK_URL}?a=b` })],
  ])('respond with PARAM_ERROR to %s as URL', async (_case, body) => {
    const simulator = await startSimulator(merchant);

    expect(errorIn(await send(simulator, 'POST', body))).toMatchObject({
      status: 400,
      code: 'PARAM_ERROR',
      detail: { field: 'url', location: 'body', issue: expect.stringContaining('must') },
    });
  });

  it('respond with 405 to another method, and with 404 to a query', async () => {
    const simulator = await startSimulator(merchant);

    expect(errorIn(await send(simulator, 'PATCH'))).toMatchObject({
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
    });
    expect(errorIn(await call(simulator, merchant, { target: `${URL_PATH}?a=b` }))).toMatchObject({
      status: 404,
      code: 'RESOURCE_NOT_EXISTS',
    });
  });

  it.each([
    ['GET', undefined, 'RESOURCE_NOT_EXISTS'],
    ['POST', OTHER_URL, 'INVALID_REQUEST'],
    ['PUT', undefined, 'RESOURCE_NOT_EXISTS'],
    ['DELETE', undefined, 'RESOURCE_NOT_EXISTS'],
  ])('respond to %s with %s registered by 400 %s', async (method, registered, code) => {
    const simulator = await startSimulator(merchant);
    simulator.setRegisteredUrl(merchant, registered);

    expect(errorIn(await send(simulator, method))).toMatchObject({ status: 400, code });
    expect(simulator.registeredUrl(merchant)).toBe(registered);
  });

  const error = { status: 409, code: 'OF_THE_TEST', message: '自定义' };

  it.each<[string, CallbackUrlResponses, string | undefined]>([
    ['GET', { getWhenUnset: error }, undefined],
    ['POST', { createWhenSet: error }, OTHER_URL],
    ['PUT', { updateWhenUnset: error }, undefined],
    ['DELETE', { deleteWhenUnset: error }, undefined],
  ])('respond to such a %s with the error that an option sets', async (method, responses, url) => {
    const simulator = await startSimulator(merchant, { responses });
    simulator.setRegisteredUrl(merchant, url);

    expect(errorIn(await send(simulator, method))).toEqual(error);
    expect(simulator.registeredUrl(merchant)).toBe(url);
  });

  it.each<[string, CallbackUrlResponses, string | undefined, string | undefined, number]>([
    ['POST', { createWhenSet: 'succeed' }, OTHER_URL, CALLBACK_URL, 200],
    ['PUT', { updateWhenUnset: 'succeed' }, undefined, CALLBACK_URL, 200],
    ['DELETE', { deleteWhenUnset: 'succeed' }, undefined, undefined, 204],
  ])('let such a %s succeed with the option', async (method, responses, before, after, status) => {
    const simulator = await startSimulator(merchant, { responses });
    simulator.setRegisteredUrl(merchant, before);

    expect((await send(simulator, method)).status).toBe(status);
    expect(simulator.registeredUrl(merchant)).toBe(after);
  });
});
