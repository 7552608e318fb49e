import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { parseArguments } from '../../../lib/cli/arguments.js';
import { ENVIRONMENT_OPTIONS, readOptions } from '../../../lib/cli/environment.js';
import { CommandError, EXIT } from '../../../lib/cli/exit-codes.js';
import type { SingleMerchantOptions } from '../../../lib/config/wechatpay-complaint-options.interface.js';
import { MemoryTerminal } from '../../support/memory-terminal.js';

let folder: string;
let first: TestMerchant;
let second: TestMerchant;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-environment-'));
  [first, second] = await Promise.all([
    createTestMerchant({ mchid: '1900000001' }),
    createTestMerchant({ mchid: '1900000002' }),
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

function read(
  variables: Readonly<Record<string, string>>,
  ...words: string[]
): SingleMerchantOptions {
  const replaced = jest.replaceProperty(process, 'env', { ...variables });
  try {
    const args = parseArguments(words, { options: ENVIRONMENT_OPTIONS });
    return readOptions(args, new MemoryTerminal());
  } finally {
    replaced.restore();
  }
}

/** An environment with several merchants, or with one in the same form. */
async function environmentOf(...merchants: TestMerchant[]): Promise<Record<string, string>> {
  const path = join(folder, `${merchants.length}-merchants.json`);
  await writeFile(path, JSON.stringify(merchants.map(({ merchantOptions }) => merchantOptions)));
  return {
    WECHATPAY_MERCHANTS_PATH: path,
    WECHATPAY_CALLBACK_URL: 'https://shop.example.com/{mchid}/complaints',
    WECHATPAY_TIMEOUT: '5000',
  };
}

/** What it says, if it ends with the exit code for a faulty configuration. */
function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.configuration)
      return error.message;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('The options of a command', () => {
  it('are those of the merchant of the environment, named or not', () => {
    const { environment, mchid } = first;

    expect(read(environment).mchid).toBe(mchid);
    expect(read(environment, '--mchid', mchid).mchid).toBe(mchid);
  });

  it('are not those of a merchant that --mchid does not name', () => {
    expect(messageOf(() => read(first.environment, '--mchid', second.mchid))).toBe(
      '--mchid 1900000002 is not the merchant of the environment, 1900000001.',
    );
  });

  it('are those of the merchant that is named among several, with the shared ones', async () => {
    const environment = await environmentOf(first, second);
    const { serial, privateKey, apiV3Key } = second;

    const options = read(environment, '--mchid', second.mchid);

    expect(options).toMatchObject({ mchid: second.mchid, serial, privateKey, apiV3Key });
    expect(options).toMatchObject({ timeout: 5000 });
    expect(options.merchants).toBeUndefined();
  });

  it('need no --mchid if WECHATPAY_MERCHANTS_PATH has one merchant only', async () => {
    expect(read(await environmentOf(first)).mchid).toBe(first.mchid);
  });

  it('need --mchid if there are several merchants', async () => {
    const environment = await environmentOf(first, second);

    expect(messageOf(() => read(environment))).toBe(
      'WECHATPAY_MERCHANTS_PATH names several merchants. Choose one with --mchid: ' +
        '1900000001, 1900000002.',
    );
  });

  it('are not those of a merchant that is not among several', async () => {
    const environment = await environmentOf(first, second);

    expect(messageOf(() => read(environment, '--mchid', '1900000003'))).toBe(
      '--mchid 1900000003 is not among the merchants of WECHATPAY_MERCHANTS_PATH: ' +
        '1900000001, 1900000002.',
    );
  });

  it('have the callback URL of the merchant', async () => {
    const { callbackUrl } = read(await environmentOf(first, second), '--mchid', second.mchid);

    expect(callbackUrl).toBe('https://shop.example.com/1900000002/complaints');
  });
});
