import { describe, expect, it } from '@jest/globals';
import { type ArgumentDeclarations, parseArguments } from '../../../lib/cli/arguments.js';

const DECLARATIONS: ArgumentDeclarations = {
  positionals: ['ID'],
  options: {
    limit: { placeholder: 'NUMBER', description: '' },
    image: { placeholder: 'FILE', description: '', multiple: true },
    json: { description: '' },
  },
};

const parse = (...words: string[]) => parseArguments(words, DECLARATIONS);

describe('parseArguments', () => {
  it('reads positionals, values, lists and switches in any order', () => {
    const args = parse('--image', 'a', '42', '--json', '--image=b', '--limit', '7');
    expect(args.positional('ID')).toBe('42');
    expect(args.list('image')).toEqual(['a', 'b']);
    expect(args.flag('json')).toBe(true);
    expect(args.text('limit')).toBe('7');
    expect(args.number('limit', { default: 1, min: 1, max: 10 })).toBe(7);
  });

  it('has defaults for what is not given', () => {
    const args = parse('42');
    expect(args.list('image')).toEqual([]);
    expect(args.flag('json')).toBe(false);
    expect(args.text('limit')).toBeUndefined();
    expect(args.number('limit', { default: 5, min: 1, max: 10 })).toBe(5);
    expect(args.choice('limit', ['a', 'b'])).toBe('a');
    expect(() => args.required('limit')).toThrow('--limit is missing.');
  });

  it.each([
    [['42', '--limt', '1'], "Unknown option '--limt'. Did you mean --limit?"],
    [['42', '--zzz'], "Unknown option '--zzz'."],
    [['42', '--limit'], "Option '--limit <value>' argument missing."],
    [['42', '--json=yes'], "Option '--json' does not take an argument."],
    [[], 'ID is missing.'],
    [['42', '43'], "'43' is one argument too many. Text with spaces needs quotes."],
  ])('rejects %j', (words, message) => {
    expect(() => parse(...words)).toThrow(expect.objectContaining({ exitCode: 2, message }));
  });

  it.each(['0', '11', '1.5', '-1', '', 'x', '1e1'])('rejects the number %j', (text) => {
    const args = parse('42', `--limit=${text}`);
    expect(() => args.number('limit', { default: 5, min: 1, max: 10 })).toThrow(
      '--limit must be a whole number from 1 to 10.',
    );
  });

  it('rejects a word that is no choice, and names the closest', () => {
    expect(parse('42', '--limit', 'b').choice('limit', ['a', 'b'])).toBe('b');
    expect(() => parse('42', '--limit', 'prob').choice('limit', ['genuine', 'probe'])).toThrow(
      '--limit must be one of: genuine, probe. Did you mean probe?',
    );
  });
});
