import { describe, expect, it } from '@jest/globals';
import {
  fault,
  hasFault,
  ok,
  printCheck,
  skipped,
  summarize,
  warning,
} from '../../../lib/cli/checks.js';
import { MemoryTerminal } from '../../support/memory-terminal.js';

describe('printCheck', () => {
  it('prints the status in words, what was found, and below it what to do', () => {
    const terminal = new MemoryTerminal();
    printCheck(ok('Clock', 'agrees'), terminal);
    printCheck(fault('Route', 'answers\u001b[2J with 404', 'Register the URL.'), terminal);
    expect(terminal.stdout.split('\n')).toEqual([
      'ok       Clock             agrees',
      'fault    Route             answers [2J with 404',
      '                           Register the URL.',
      '',
    ]);
  });
});

describe('summarize and hasFault', () => {
  it('count faults and warnings', () => {
    const checks = [ok('a', ''), skipped('b', ''), warning('c', '', ''), warning('d', '', '')];
    expect(summarize(checks)).toBe('no faults, 2 warnings');
    expect(hasFault(checks)).toBe(false);
    expect(summarize([...checks, fault('e', '', '')])).toBe('1 fault, 2 warnings');
    expect(hasFault([...checks, fault('e', '', '')])).toBe(true);
    expect(summarize([])).toBe('no faults, no warnings');
  });
});
