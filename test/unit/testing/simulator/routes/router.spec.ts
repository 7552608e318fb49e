import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { closeAll, startSimulator } from '../../../../support/client-bench.js';
import { call } from '../signed-call.js';

const PREFIX = '/v3/merchant-service';

describe('The router', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant({ mode: 'migration' });
  });
  afterEach(closeAll);

  it.each([
    ['GET', '/v3/certificates', 200],
    ['GET', `${PREFIX}/complaint-notifications`, 400],
    ['GET', `${PREFIX}/complaints-v2?begin_date=2026-03-01&end_date=2026-03-02`, 200],
    ['GET', `${PREFIX}/complaints-v2/C-1`, 200],
    ['GET', `${PREFIX}/complaints-v2/C-1/negotiation-historys`, 200],
    ['POST', `${PREFIX}/complaints-v2/C-1/response`, 400],
    ['POST', `${PREFIX}/complaints-v2/C-1/response-immediate-service`, 400],
    ['POST', `${PREFIX}/complaints-v2/C-1/complete`, 400],
    ['POST', `${PREFIX}/complaints-v2/C-1/update-refund-progress`, 400],
    ['POST', `${PREFIX}/images/upload`, 400],
    ['GET', `${PREFIX}/images/upload`, 404],
    ['GET', `${PREFIX}/complaints`, 404],
    ['GET', `${PREFIX}/complaints-v2/`, 404],
    ['GET', '/', 404],
  ])('leads %s %s to a response with %i', async (method, target, status) => {
    const simulator = await startSimulator(merchant);
    await simulator.complain(merchant, { complaint_id: 'C-1' });
    const body = method === 'POST' ? '{}' : '';

    expect((await call(simulator, merchant, { method, target, body })).status).toBe(status);
  });
});
