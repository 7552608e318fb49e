import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const ENTRY_POINTS = [
  ['nestjs-wechatpay-complaint', 'WechatPayComplaintModule'],
  ['nestjs-wechatpay-complaint/config', 'wechatPayComplaintConfig'],
  ['nestjs-wechatpay-complaint/opentelemetry', 'WechatPayComplaintInstrumentation'],
  ['nestjs-wechatpay-complaint/redis', 'RedisNotificationStore'],
  ['nestjs-wechatpay-complaint/sql', 'SqlNotificationStore'],
  ['nestjs-wechatpay-complaint/terminus', 'WechatPayComplaintHealthIndicator'],
  ['nestjs-wechatpay-complaint/testing', 'WechatPaySimulator'],
] as const;

const run = promisify(execFile);

/** What a script prints in a Node process whose current package is the built one. */
async function evaluate(type: 'module' | 'commonjs', script: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [`--input-type=${type}`, '--eval', script], {
    cwd: ROOT,
  });
  return JSON.parse(stdout);
}

describe('An entry point of the built package', () => {
  it.each(ENTRY_POINTS)('%s exports %s to import and to require', async (entry, name) => {
    await expect(
      evaluate(
        'module',
        `import { ${name} as it } from '${entry}'; console.log(JSON.stringify(typeof it))`,
      ),
    ).resolves.toBe('function');
    await expect(
      evaluate(
        'commonjs',
        `const { ${name}: it } = require('${entry}'); console.log(JSON.stringify(typeof it))`,
      ),
    ).resolves.toBe('function');
  });

  it.each(ENTRY_POINTS)('%s gives import and require the same %s', async (entry, name) => {
    const script = `
      import { createRequire } from 'node:module';
      import { ${name} as imported } from '${entry}';
      const { ${name}: required } = createRequire(import.meta.url)('${entry}');
      console.log(JSON.stringify(imported === required));`;
    await expect(evaluate('module', script)).resolves.toBe(true);
  });

  it('has a CommonJS build for tools that do not know the condition module-sync', async () => {
    const script = `
      const { WechatPayComplaintModule } = require('./dist/cjs/index.js');
      const { WechatPaySimulator } = require('./dist/cjs/testing/index.js');
      console.log(JSON.stringify([typeof WechatPayComplaintModule, typeof WechatPaySimulator]));`;
    await expect(evaluate('commonjs', script)).resolves.toEqual(['function', 'function']);
  });
});
