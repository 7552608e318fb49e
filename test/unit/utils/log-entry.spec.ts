import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { LogEntry } from '../../../lib/utils/log-entry.js';

const SENTENCE = 'Notification EV-1 was handled.';

describe('A log entry', () => {
  it('is its sentence as text', () => {
    const entry = new LogEntry(SENTENCE, { id: 'EV-1' });
    expect(String(entry)).toBe(SENTENCE);
    expect(inspect(entry)).toBe(SENTENCE);
    expect(inspect({ entry }, { compact: true })).toBe(`{ entry: ${SENTENCE} }`);
  });

  it('has a stack below its sentence', () => {
    const entry = new LogEntry(SENTENCE, {}, 'Error: locked\n    at handle');
    expect(inspect(entry)).toBe(`${SENTENCE}\nError: locked\n    at handle`);
  });

  it('is its fields as JSON, with the sentence once', () => {
    const entry = new LogEntry(SENTENCE, { id: 'EV-1', duration: 3, code: undefined }, 'Error: a');
    expect(JSON.parse(JSON.stringify(entry))).toEqual({
      msg: SENTENCE,
      id: 'EV-1',
      duration: 3,
      stack: 'Error: a',
    });
    expect(Object.keys(Object.assign({}, entry)).sort()).toEqual([
      'duration',
      'id',
      'msg',
      'stack',
    ]);
  });

  it('gives its sentence to loggers that look for message', () => {
    const { message, ...fields } = new LogEntry(SENTENCE, { id: 'EV-1' });
    expect(message).toBe(SENTENCE);
    expect(fields).toEqual({ msg: SENTENCE, id: 'EV-1' });
  });
});
