import { beforeAll, describe, expect, it } from '@jest/globals';
import { createTestMerchant } from 'nestjs-wechatpay-complaint/testing';
import {
  readBody,
  respondByTable,
  type Route,
  type RoutedCall,
} from '../../../../../lib/testing/simulator/routes/route-table.js';
import {
  notFound,
  RequestRejection,
  success,
} from '../../../../../lib/testing/simulator/simulated-response.js';
import { ImageLinks } from '../../../../../lib/testing/simulator/state/image-links.js';
import { SimulatedMerchants } from '../../../../../lib/testing/simulator/state/merchant-state.js';

describe('respondByTable', () => {
  let merchants: SimulatedMerchants;
  let mchid: string;
  beforeAll(async () => {
    const merchant = await createTestMerchant();
    const links = new ImageLinks(
      () => '',
      () => 0,
    );
    ({ mchid } = merchant);
    merchants = new SimulatedMerchants([merchant], links, () => 0);
  });

  function respond(respondWith: Route['respond'], method: string, target: string, body = '') {
    const routes: Route[] = [
      { method: 'GET', path: /^\/things\/([^/]+)$/, respond: respondWith },
      { method: 'POST', path: /^\/things$/, respond: (call) => success(readBody(call)) },
    ];
    const request = { method, target, headers: {}, body };
    return respondByTable(routes, { request, state: merchants.get({ mchid }), merchants });
  }
  const echo = ({ id, query }: RoutedCall) => success({ id, query: Object.fromEntries(query) });

  it('hands the route the id without escapes, and the query', () => {
    const response = respond(echo, 'GET', '/things/%E6%8A%95%2F%201?a=1&b=x?y');

    expect(response).toMatchObject({
      status: 200,
      body: JSON.stringify({ id: '投/ 1', query: { a: '1', b: 'x?y' } }),
    });
  });

  it.each([
    ['DELETE', '/things/1'],
    ['GET', '/things'],
    ['GET', '/things/1/2'],
  ])('has no response to %s %s', (method, target) => {
    expect(respond(echo, method, target)).toBeUndefined();
  });

  it('responds to a rejection with its error', () => {
    const reject = (): never => {
      throw new RequestRejection(notFound());
    };

    expect(respond(reject, 'GET', '/things/1')).toMatchObject({ status: 404, isSigned: true });
  });

  it('lets other errors through', () => {
    const fail = (): never => {
      throw new Error('from the test');
    };

    expect(() => respond(fail, 'GET', '/things/1')).toThrow('from the test');
  });

  it('responds with 404 to escapes that cannot be decoded', () => {
    expect(respond(echo, 'GET', '/things/%')).toMatchObject({ status: 404 });
  });

  it.each([
    ['{"a":1}', 200],
    ['[]', 400],
    ['', 400],
    ['{"a":', 400],
  ])('reads the body %s: %i', (body, status) => {
    expect(respond(echo, 'POST', '/things', body)).toMatchObject({ status });
  });
});
