import { describe, expect, it } from '@jest/globals';
import { COMMANDS } from '../../../lib/cli/commands/index.js';
import { runProgram } from '../../../lib/cli/program.js';
import { VERSION } from '../../../lib/version.js';
import { MemoryTerminal } from '../../support/memory-terminal.js';

async function run(...words: string[]) {
  const terminal = new MemoryTerminal();
  const code = await runProgram(words, terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

describe('runProgram', () => {
  it('prints all commands', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const { name, summary } of COMMANDS) {
      expect(stdout).toContain(name);
      expect(stdout).toContain(summary);
    }
  });

  it('prints them without words too, as a fault of usage', async () => {
    const { code, stdout } = await run();
    expect(code).toBe(2);
    expect(stdout).toContain('Usage: wechatpay-complaint COMMAND');
  });

  it.each(COMMANDS.map(({ name }) => name))('says what %s takes', async (name) => {
    const { code, stdout } = await run(...name.split(' '), '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: wechatpay-complaint ${name}`);
    expect(stdout).toContain('--help');
  });

  it('prints the stack of a fault of its own, and the version', async () => {
    const terminal = new MemoryTerminal();
    const broken = {
      name: 'broken',
      summary: '',
      options: {},
      run: () => Promise.reject(new TypeError('x is not a function')),
    };
    await expect(runProgram(['broken'], terminal, [broken])).resolves.toBe(70);
    expect(terminal.stderr).toMatch(/TypeError: x is not a function\n +at /);
    await expect(run('--version')).resolves.toMatchObject({ code: 0, stdout: `${VERSION}\n` });
  });

  it.each([
    [['complaint', 'list'], 'Did you mean complaints list?'],
    [['docter'], 'Did you mean doctor?'],
    [['xyz'], "There is no command 'xyz'."],
    [['url'], 'Give one of: url get, url set, url delete.'],
    [['url', 'gett'], 'Give one of: url get, url set, url delete.'],
    [['complaints', 'list', '--limt', '3'], 'Did you mean --limit?'],
    [['complaints', 'list', '--limit', 'many'], '--limit must be a whole number from 1 to 100000.'],
    [['complaints', 'show'], 'ID is missing.'],
    [['url', 'get', 'it'], "'it' is one argument too many."],
    [['trigger', 'CREATE_COMPLAINT'], '--to is missing.'],
    [
      ['trigger', 'CREATE_COMPLAINT', '--to', 'localhost:3000'],
      '--to must be an http or https URL',
    ],
    [['trigger', 'A', '--to', 'http://localhost', '--kind', 'prob'], 'Did you mean probe?'],
    [['verify', '--headers', 'h'], '--body is missing.'],
    [
      ['simulate', '--app', 'https://shop.example.com'],
      '--app must be the origin of an app on this',
    ],
    [['doctor', '--app', 'shop'], '--app must be an origin'],
  ])('exits with 2 for %j, and helps', async (words, help) => {
    const { code, stdout, stderr } = await run(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(help);
    expect(stderr).toMatch(/See wechatpay-complaint .*--help\./);
  });
});
