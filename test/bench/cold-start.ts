import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { quantile } from './measure.js';
import { type Chapter, judge } from './report.js';

const run = promisify(execFile);
const ROUNDS = 15;

const PEERS = [
  'reflect-metadata',
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/axios',
  'axios',
  'rxjs',
];

const IMPORT = `
  ${PEERS.map((name) => `await import('${name}');`).join('\n')}
  const start = performance.now();
  await import('nestjs-wechatpay-complaint');
  console.log(performance.now() - start);`;

const REQUIRE = `
  ${PEERS.map((name) => `require('${name}');`).join('\n')}
  const start = performance.now();
  require('nestjs-wechatpay-complaint');
  console.log(performance.now() - start);`;

/** The difference to the same app without the module. */
const START = `
  await import('reflect-metadata');
  const { NestFactory } = await import('@nestjs/core');
  const { WechatPayComplaintModule } = await import('nestjs-wechatpay-complaint');
  const { generateKeyPairSync } = await import('node:crypto');
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const wechatpay = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const time = async (imports) => {
    const start = performance.now();
    await NestFactory.createApplicationContext({ module: class App {}, imports }, { logger: false });
    return performance.now() - start;
  };
  await time([]);
  const without = await time([]);
  const module = WechatPayComplaintModule.forRoot({
    mchid: '1900000109',
    serial: '7777',
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    apiV3Key: 'x'.repeat(32),
    platformKeys: { PUB_KEY_ID_1: wechatpay.publicKey.export({ type: 'spki', format: 'pem' }) },
  });
  console.log((await time([module])) - without);`;

/** What a serverless function pays when it starts. Runs on the built package. */
export async function coldStart(): Promise<Chapter> {
  const measured = [
    await measure('import, its peers loaded', ['--input-type=module', '--eval', IMPORT], 25),
    await measure('require, its peers loaded', ['--input-type=commonjs', '--eval', REQUIRE], 25),
    await measure('start of a module', ['--input-type=module', '--eval', START], 3),
  ];
  return {
    title: 'Cold start',
    columns: ['', 'ms', 'quartiles'],
    rows: measured.map(({ name, times }) => [
      name,
      quantile(times, 0.5).toFixed(1),
      `${quantile(times, 0.25).toFixed(1)} .. ${quantile(times, 0.75).toFixed(1)}`,
    ]),
    notes: measured.map(({ name, times, bound }) =>
      judge({ name: `milliseconds: ${name}`, value: quantile(times, 0.5), bound }),
    ),
  };
}

async function measure(
  name: string,
  args: readonly string[],
  bound: number,
): Promise<{ name: string; times: number[]; bound: number }> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { stdout } = await run(process.execPath, args);
    times.push(Number(stdout));
  }
  return { name, times, bound };
}
