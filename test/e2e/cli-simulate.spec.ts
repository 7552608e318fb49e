import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, type INestApplication, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ComplaintNotification, WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import { collect, runCli, startCli } from '../support/cli.js';
import { until } from '../support/until.js';

const CALLBACK_URL = 'https://shop.example.com/complaints';
/** A process takes a while to start on a busy machine. */
const STARTUP = 20_000;

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  handle(): void {}
}

interface Simulator {
  readonly process: ChildProcess;
  readonly url: string;
  readonly page: string;
  readonly output: () => string;
  readonly log: () => string;
}

describe('simulate', () => {
  const original = process.env;
  let folder: string;
  let app: INestApplication | undefined;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wechatpay-cli-'));
  });
  beforeEach(() => {
    process.env = { ...original };
  });
  afterEach(async () => {
    process.env = original;
    await app?.close();
    app = undefined;
    for (const child of running.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function simulate(...args: string[]): Promise<Simulator> {
    const child = startCli(['simulate', '--port', '0', ...args], { cwd: folder });
    running.push(child);
    const [output, log] = [collect(child.stdout), collect(child.stderr)];
    const find = (name: string): string | undefined =>
      new RegExp(`^  ${name} +(http\\S+)$`, 'm').exec(log())?.[1];
    const isReady = (): boolean => log().includes('environment of your app');
    await until(() => isReady() || child.exitCode !== null, STARTUP);
    if (!isReady()) throw new Error(`It has ended:\n${log()}`);
    return { process: child, url: find('API') ?? '', page: find('page') ?? '', output, log };
  }

  async function stop({ process: child }: Simulator): Promise<unknown> {
    child.kill('SIGTERM');
    const [code]: unknown[] = await once(child, 'exit');
    return code;
  }

  /** An app with the environment of a file, which registers its URL. */
  async function startOwnApp(port: number): Promise<void> {
    const variables = parseEnv(await readFile(join(folder, '.env.simulator'), 'utf8'));
    Object.assign(process.env, variables, { WECHATPAY_CALLBACK_URL: CALLBACK_URL });
    class AppModule {}
    app = await NestFactory.create(
      {
        module: AppModule,
        imports: [WechatPayComplaintModule.forRootAsync(wechatPayComplaintConfig.asProvider())],
        controllers: [ComplaintsController],
      },
      { rawBody: true, logger: false, abortOnError: false },
    );
    await app.listen(port, '127.0.0.1');
  }

  async function act(page: string, action: object): Promise<Response> {
    return fetch(`${page}/actions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(action),
    });
  }

  it('serves an app by the environment that it writes, and delivers to it', async () => {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const simulator = await simulate('--write-env', '.env.simulator', '--app', origin);
    await startOwnApp(port);
    await until(() =>
      simulator.log().includes('POST /v3/merchant-service/complaint-notifications 200'),
    );

    const response = await act(simulator.page, {
      action: 'complain',
      text: '杯子是碎的',
      problem_type: 'REFUND',
      amount: 100,
    });
    expect(response.status).toBe(200);
    await expect(response.json()).resolves.toMatchObject({
      registeredUrl: CALLBACK_URL,
      complaints: [{ detail: '杯子是碎的', state: 'PENDING' }],
      deliveries: [
        { action_type: 'CREATE_COMPLAINT', responses: [{ status: 204, isRight: true }] },
      ],
      calls: [
        { method: 'POST', status: 200 },
        { method: 'GET', status: 400 },
      ],
    });
    expect(simulator.log()).toMatch(/delivery {2}CREATE_COMPLAINT EV-\w+ 204/);
    expect(await stop(simulator)).toBe(0);
  });

  it('keeps merchant, keys and registered URL when it is started again', async () => {
    const first = await simulate('--dir', 'kept');
    await act(first.page, { action: 'register', url: CALLBACK_URL });
    const environment = parseEnv(first.output());
    expect(environment.WECHATPAY_BASE_URLS).toBe(first.url);
    await stop(first);

    const second = await simulate('--dir', 'kept', '--mode', 'certificate');
    const { WECHATPAY_BASE_URLS: _, ...kept } = parseEnv(second.output());
    expect(environment).toMatchObject(kept);
    const env = { ...environment, WECHATPAY_BASE_URLS: second.url } as Record<string, string>;
    await expect(runCli(['url', 'get'], { env })).resolves.toMatchObject({
      code: 0,
      stdout: `${CALLBACK_URL}\n`,
    });
    // Only the owner of the files may read them, and git never takes them up.
    expect((await stat(join(folder, 'kept/apiclient_key.pem'))).mode & 0o077).toBe(0);
    await expect(readFile(join(folder, 'kept/.gitignore'), 'utf8')).resolves.toBe('*\n');
  });

  it('leaves a file alone that it has not written', async () => {
    await writeFile(join(folder, '.env'), 'WECHATPAY_MCHID=1230000109\n');
    const args = ['simulate', '--port', '0', '--write-env', '.env'];
    const { code, stderr } = await runCli(args, { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toContain('.env was not written by the simulator');
    await expect(readFile(join(folder, '.env'), 'utf8')).resolves.toBe(
      'WECHATPAY_MCHID=1230000109\n',
    );
  });

  it('says that a port is in use', async () => {
    const { url } = await simulate();
    const { port } = new URL(url);
    const { code, stderr } = await runCli(['simulate', '--port', port], { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toContain(`Port ${port} is in use: choose another one with --port.`);
  });

  it('says when the merchant in its folder cannot be read', async () => {
    await stop(await simulate('--dir', 'damaged'));
    await writeFile(join(folder, 'damaged/merchant.json'), '{}');
    const { code, stderr } = await runCli(['simulate', '--dir', 'damaged'], { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toContain('The simulated merchant in damaged cannot be read');
  });
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
