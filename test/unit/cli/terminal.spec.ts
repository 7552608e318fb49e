import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { confirmChange } from '../../../lib/cli/confirmation.js';
import { parseArguments } from '../../../lib/cli/arguments.js';
import { MemoryTerminal } from '../../support/memory-terminal.js';

const args = (...words: string[]) =>
  parseArguments(words, { options: { yes: { description: '' } } });

describe('Terminal', () => {
  it('prints results to stdout, and what is about them to stderr', () => {
    const terminal = new MemoryTerminal();
    terminal.print('result');
    terminal.print();
    terminal.note('hint');
    terminal.json({ a: 1 });
    expect(terminal.stdout).toBe('result\n\n{\n  "a": 1\n}\n');
    expect(terminal.stderr).toBe('hint\n');
  });

  it('cuts a table to the window, but not in a pipe, and not when told otherwise', () => {
    const rows = [['1', 'long text']];
    const onTerminal = new MemoryTerminal({ isTTY: true, columns: 8 });
    onTerminal.table(['ID', 'TEXT'], rows);
    expect(onTerminal.stdout).toBe('ID  TEXT\n1   lon…\n');
    const whole = new MemoryTerminal({ isTTY: true, columns: 8 });
    whole.table(['ID', 'TEXT'], rows, { isCut: false });
    const piped = new MemoryTerminal({ columns: 8 });
    piped.table(['ID', 'TEXT'], rows);
    expect([whole.stdout, piped.stdout]).toEqual(Array(2).fill('ID  TEXT\n1   long text\n'));
  });

  it('styles text only where a terminal shows colours', () => {
    const coloured = new MemoryTerminal({ isTTY: true, hasColors: true });
    expect(coloured.style('red', 'x')).toBe('\u001b[31mx\u001b[39m');
    expect(new MemoryTerminal({ isTTY: true }).style('red', 'x')).toBe('x');
    expect(new MemoryTerminal({ hasColors: true }).style('red', 'x')).toBe('x');
  });
});

describe('confirmChange', () => {
  it.each([
    ['y\n', true],
    ['YES\n', true],
    ['n\n', false],
    ['\n', false],
    ['yellow\n', false],
  ])('takes %j for %s', async (answer, isConfirmed) => {
    const terminal = new MemoryTerminal({ isTTY: true, input: Readable.from([answer]) });
    await expect(confirmChange('Replace it?', args(), terminal)).resolves.toBe(isConfirmed);
    expect(terminal.stderr).toContain('Replace it? [y/N] ');
    expect(terminal.stderr.includes('Nothing was changed.')).toBe(!isConfirmed);
  });

  it('takes the end of the input for no', async () => {
    const terminal = new MemoryTerminal({ isTTY: true, input: Readable.from([]) });
    await expect(confirmChange('Replace it?', args(), terminal)).resolves.toBe(false);
  });

  it('does not ask with --yes, and rejects where nobody can be asked', async () => {
    const terminal = new MemoryTerminal();
    await expect(confirmChange('Replace it?', args('--yes'), terminal)).resolves.toBe(true);
    await expect(confirmChange('Replace it?', args(), terminal)).rejects.toMatchObject({
      exitCode: 2,
      message: 'Nobody can be asked here: add --yes.',
    });
  });
});
