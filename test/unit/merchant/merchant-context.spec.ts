import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { createHttpService } from '../../../lib/http/http-service.js';
import { MerchantContext } from '../../../lib/merchant/merchant-context.js';
import { closeAll, downloadsOf, startSimulator } from '../../support/client-bench.js';
import { resolvedOptionsOf } from '../../support/resolved-options.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant({ mode: 'certificate' });
});
afterEach(closeAll);

async function start() {
  const simulator = await startSimulator(merchant);
  const options = resolvedOptionsOf(simulator.moduleOptions(merchant));
  const changed: string[] = [];
  const context = new MerchantContext(options, createHttpService(), ({ mchid }) => {
    changed.push(mchid);
  });
  return { simulator, context, changed };
}

/** Whether the context can still download certificates. */
async function canDownload(context: MerchantContext): Promise<boolean> {
  await context.keys.downloadFirst();
  return context.keys.find(merchant.platformCertificate.id) !== undefined;
}

describe('MerchantContext', () => {
  it('says so when it has new certificates', async () => {
    const { simulator, context, changed } = await start();

    await expect(canDownload(context)).resolves.toBe(true);
    expect(changed).toEqual([merchant.mchid]);
    expect(downloadsOf(simulator)).toHaveLength(1);
    context.close();
  });

  it('works until those who use it have finished, once it is retired', async () => {
    const { context } = await start();
    expect(context.retain()).toBe(true);
    expect(context.retain()).toBe(true);
    context.retire();
    context.release();

    expect(context.retain()).toBe(false);
    await expect(canDownload(context)).resolves.toBe(true);
    context.release();
  });

  it.each<[when: string, end: (context: MerchantContext) => void]>([
    [
      'its last user has finished',
      (context) => {
        context.retain();
        context.retire();
        context.release();
      },
    ],
    [
      'nobody uses it',
      (context) => {
        context.retire();
      },
    ],
    [
      'it is closed, whoever uses it',
      (context) => {
        context.retain();
        context.close();
      },
    ],
  ])('downloads nothing any more when it is retired and %s', async (_when, end) => {
    const { simulator, context } = await start();
    end(context);

    await expect(canDownload(context)).resolves.toBe(false);
    expect(downloadsOf(simulator)).toEqual([]);
  });
});
