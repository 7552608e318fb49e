import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Environment } from '../../../lib/config/environment.js';
import { collect, problem } from '../../support/option-problems.js';

const PEM = '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-complaint-'));
  await writeFile(join(folder, 'key.pem'), PEM);
});
afterAll(() => rm(folder, { recursive: true }));

function read<T>(variables: Record<string, string | undefined>, use: (env: Environment) => T) {
  return collect((report) => use(new Environment(variables, report)));
}

describe('Environment', () => {
  it('counts a blank variable as not set', () => {
    const { result } = read({ A: ' \n', B: '0' }, (env) =>
      ['A', 'B', 'C'].map((name) => env.isSet(name)),
    );
    expect(result).toEqual([false, true, false]);
  });

  describe('text', () => {
    it('drops white space around a value', () => {
      expect(read({ A: ' x y\n' }, (env) => env.text('A'))).toEqual({
        result: 'x y',
        problems: [],
      });
    });

    it.each([undefined, '', ' \n'])('treats %j as not set', (A) => {
      expect(read({ A }, (env) => env.text('A'))).toEqual({ result: undefined, problems: [] });
    });

    it.each(['"x"', "'x'", ' "x" ', '""'])('reports the quotes of %s', (A) => {
      expect(read({ A }, (env) => env.text('A'))).toEqual({
        result: undefined,
        problems: [problem('A', 'has quotes around it', /^Remove them: docker --env-file/)],
      });
    });
  });

  describe('required', () => {
    it('reports a variable that is not set', () => {
      expect(read({ A: ' ' }, (env) => env.required('A', 'Set it.'))).toEqual({
        result: undefined,
        problems: [{ option: 'A', problem: 'is not set', fix: 'Set it.' }],
      });
    });

    it('reports quotes, and nothing else', () => {
      const { problems } = read({ A: '"x"' }, (env) => env.required('A', 'Set it.'));

      expect(problems.map(({ problem: text }) => text)).toEqual(['has quotes around it']);
    });
  });

  describe('number', () => {
    it('reads digits', () => {
      expect(read({ A: ' 0600 ' }, (env) => env.number('A')).result).toBe(600);
      expect(read({}, (env) => env.number('A'))).toEqual({ result: undefined, problems: [] });
    });

    it.each(['10s', '-1', '1.5', '1e3', '0x10', 'NaN'])('reports "%s"', (A) => {
      expect(read({ A }, (env) => env.number('A'))).toEqual({
        result: undefined,
        problems: [problem('A', 'is not a whole number', /digits only/)],
      });
    });
  });

  describe('flag', () => {
    it.each([
      ['true', true],
      ['TRUE', true],
      ['false', false],
      ['False', false],
      ['', undefined],
    ])('reads "%s" as %s', (A, expected) => {
      expect(read({ A }, (env) => env.flag('A'))).toEqual({ result: expected, problems: [] });
    });

    it.each(['yes', '1', 'truee'])('reports "%s"', (A) => {
      expect(read({ A }, (env) => env.flag('A'))).toEqual({
        result: undefined,
        problems: [problem('A', 'is neither true nor false', /one of them/)],
      });
    });
  });

  describe('pem', () => {
    it('reads a variable', () => {
      expect(read({ A: `\n${PEM}\n` }, (env) => env.pem('A'))).toEqual({
        result: { name: 'A', isSet: true, value: PEM },
        problems: [],
      });
    });

    it('keeps quotes, which do no harm to a PEM', () => {
      expect(read({ A: `"${PEM}"` }, (env) => env.pem('A'))).toEqual({
        result: { name: 'A', isSet: true, value: `"${PEM}"` },
        problems: [],
      });
    });

    it('reads the file that the variable with _PATH names', () => {
      const A_PATH = ` ${join(folder, 'key.pem')} `;

      expect(read({ A: '', A_PATH }, (env) => env.pem('A'))).toEqual({
        result: { name: 'A_PATH', isSet: true, value: PEM },
        problems: [],
      });
    });

    it('knows when neither of them is set', () => {
      expect(read({ A_PATH: ' ' }, (env) => env.pem('A'))).toEqual({
        result: { name: 'A', isSet: false, value: undefined },
        problems: [],
      });
    });

    it('reports both of them', () => {
      expect(read({ A: PEM, A_PATH: 'key.pem' }, (env) => env.pem('A'))).toEqual({
        result: { name: 'A', isSet: true },
        problems: [problem('A', 'and A_PATH are both set', /Keep one/)],
      });
    });

    it.each([
      ['that does not exist', 'missing.pem', 'ENOENT'],
      ['that is a folder', '.', 'EISDIR'],
    ])('reports a file %s', (_what, file, reason) => {
      expect(read({ A_PATH: join(folder, file) }, (env) => env.pem('A'))).toEqual({
        result: { name: 'A_PATH', isSet: true, value: undefined },
        problems: [
          problem('A_PATH', `names a file that cannot be read (${reason})`, /path and permissions/),
        ],
      });
    });

    it('reports a key in place of its path', () => {
      expect(read({ A_PATH: PEM }, (env) => env.pem('A')).problems).toEqual([
        problem('A_PATH', 'holds a key, not the path of a file', /^Set A to it\.$/),
      ]);
    });
  });
});
