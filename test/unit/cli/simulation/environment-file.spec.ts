import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toEnvLines, writeEnvFile } from '../../../../lib/cli/simulation/environment-file.js';

const VARIABLES = {
  WECHATPAY_MCHID: '1900000109',
  WECHATPAY_PRIVATE_KEY: '',
  WECHATPAY_PRIVATE_KEY_PATH: 'C:\\new folder\\a#b.pem',
};

describe('The environment of the simulator', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wechatpay-cli-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is read by Node as it was written', () => {
    expect(parseEnv(toEnvLines(VARIABLES).join('\n'))).toEqual(VARIABLES);
  });

  it('is written to a file, and again over it', async () => {
    const file = join(folder, '.env.simulator');
    writeEnvFile(file, { WECHATPAY_MCHID: '1' });
    writeEnvFile(file, VARIABLES);
    const text = await readFile(file, 'utf8');
    expect(text).toContain('Not for production.');
    expect(parseEnv(text)).toEqual(VARIABLES);
  });

  it('is not written over a file of somebody else, or where nothing can be written', async () => {
    const file = join(folder, '.env');
    await writeFile(file, 'A=1\n');
    expect(() => {
      writeEnvFile(file, VARIABLES);
    }).toThrow(
      expect.objectContaining({ exitCode: 3, message: expect.stringContaining('real keys') }),
    );
    await expect(readFile(file, 'utf8')).resolves.toBe('A=1\n');
    expect(() => {
      writeEnvFile(join(folder, 'none/.env'), VARIABLES);
    }).toThrow('cannot be written: there is no such file');
  });
});
