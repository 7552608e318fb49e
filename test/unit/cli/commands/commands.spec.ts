import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signComplaintNotification, WechatPaySimulator } from 'nestjs-wechatpay-complaint/testing';
import { runProgram } from '../../../../lib/cli/program.js';
import { MerchantFolder } from '../../../../lib/cli/simulation/merchant-folder.js';
import { MemoryTerminal } from '../../../support/memory-terminal.js';
import { PNG } from '../../../support/small-images.js';

const CALLBACK_URL = 'https://shop.example.com/complaints';

/** In this process; the e2e suites run the program as a user does. */
describe('A command', () => {
  const original = process.env;
  let folder: string;
  let keys: MerchantFolder;
  let simulator: WechatPaySimulator;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wechatpay-cli-'));
    keys = await MerchantFolder.openOrCreate(folder, 'migration');
    simulator = await WechatPaySimulator.start({ merchants: [keys.merchant] });
  });
  beforeEach(() => {
    process.env = { ...original, ...keys.environment(simulator.url) };
    delete process.env.REDIS_URL;
    simulator.setRegisteredUrl(keys.merchant, undefined);
  });
  afterEach(() => {
    process.env = original;
  });
  afterAll(async () => {
    await simulator.stop();
    await rm(folder, { recursive: true });
  });

  async function run(...words: string[]) {
    const terminal = new MemoryTerminal();
    const code = await runProgram(words, terminal);
    return { code, stdout: terminal.stdout, stderr: terminal.stderr };
  }

  it('sets, prints and deletes the callback URL', async () => {
    await expect(run('url', 'get')).resolves.toMatchObject({ code: 1, stdout: '' });
    const { stdout } = await run('url', 'set', CALLBACK_URL, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'created', url: CALLBACK_URL });
    await expect(run('url', 'set', CALLBACK_URL)).resolves.toMatchObject({ code: 0 });
    await expect(run('url', 'get')).resolves.toMatchObject({ stdout: `${CALLBACK_URL}\n` });
    await expect(run('url', 'delete')).resolves.toMatchObject({ code: 2 });
    await expect(run('url', 'delete', '--yes')).resolves.toMatchObject({ code: 0 });
    await expect(run('url', 'delete', '--yes')).resolves.toMatchObject({ code: 1 });
  });

  it('reads complaints and answers one', async () => {
    const { complaint } = await simulator.complain(keys.merchant, { payer_phone: '13912345678' });
    const id = complaint.complaint_id;
    const image = join(folder, 'cup.png');
    await writeFile(image, PNG);
    const listed = await run('complaints', 'list', '--reveal');
    expect(listed.stdout).toMatch(new RegExp(`^${id} .*13912345678`, 'm'));
    await expect(run('complaints', 'show', id)).resolves.toMatchObject({ code: 0 });
    await expect(
      run('complaints', 'reply', id, 'x', '--image', image, '--image', image),
    ).resolves.toMatchObject({ code: 0 });
    await expect(run('complaints', 'complete', id)).resolves.toMatchObject({ code: 0 });
    const { stdout } = await run('complaints', 'history', id);
    expect(stdout).toContain('x [2 pictures]');
    await expect(run('complaints', 'list', '--state', 'PENDING')).resolves.toMatchObject({
      stderr: 'There are no such complaints.\n',
    });
  });

  it.each([
    ['--image', folderOf, 'it is a folder'],
    ['--image', () => 'none.png', 'there is no such file'],
  ])('says why %s cannot be read: %#', async (option, pathOf, reason) => {
    const { code, stderr } = await run('complaints', 'reply', '1', 'x', option, pathOf());
    expect(code).toBe(3);
    expect(stderr).toContain(reason);
  });

  function folderOf(): string {
    return folder;
  }

  it('says that an environment file cannot be read', async () => {
    const { code, stderr } = await run('url', 'get', '--env-file', join(folder, 'none.env'));
    expect(code).toBe(3);
    expect(stderr).toContain('none.env cannot be read: there is no such file.');
  });

  it('examines pinned keys and downloaded certificates during a migration', async () => {
    simulator.setRegisteredUrl(keys.merchant, 'http://127.0.0.1:9/complaints');
    const { code, stdout } = await run('doctor');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok +Platform key +public key PUB_KEY_ID_\d+ does not expire$/m);
    expect(stdout).toMatch(/^ok +Platform key +certificate [0-9A-F]+ expires on/m);
    expect(stdout).toMatch(/^ok +APIv3 key +decrypts the certificates$/m);
    expect(stdout).toMatch(/^fault +Route +http:\/\/127.0.0.1:9\/complaints cannot be reached/m);
  });

  it('sends a notification that nobody receives, and verifies one', async () => {
    const to = 'http://127.0.0.1:9/complaints';
    await expect(run('trigger', 'NEW_ACTION', '--to', to, '--dir', folder)).resolves.toMatchObject({
      code: 5,
      stderr: 'NEW_ACTION is not among the known action types.\n',
    });
    const { headers, body } = signComplaintNotification(keys.merchant);
    await writeFile(join(folder, 'headers.json'), JSON.stringify(headers));
    await writeFile(join(folder, 'body.json'), body);
    const captured = [
      '--headers',
      join(folder, 'headers.json'),
      '--body',
      join(folder, 'body.json'),
    ];
    const verified = await run('verify', ...captured, '--at', new Date().toISOString());
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('It is genuine.') });
    await expect(run('verify', ...captured, '--at', 'soon')).resolves.toMatchObject({ code: 2 });
  });
});
