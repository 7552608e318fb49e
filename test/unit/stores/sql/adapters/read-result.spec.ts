import { describe, expect, it } from '@jest/globals';
import { readResult } from '../../../../../lib/stores/sql/adapters/read-result.js';

const row = { token: 'token', state: 'done' };

describe('readResult', () => {
  it.each([
    ['pg', { rows: [row], rowCount: 1 }, { rows: [row], affected: 1 }],
    ['pg, a statement without rows', { rows: [], rowCount: null }, { rows: [], affected: 0 }],
    ['PGlite', { rows: [], affectedRows: 2 }, { rows: [], affected: 2 }],
    ['TypeORM on PostgreSQL, UPDATE', [[row], 1], { rows: [row], affected: 1 }],
    ['TypeORM on PostgreSQL, UPDATE of nothing', [[], 0], { rows: [], affected: 0 }],
    ['mysql2, SELECT', [[row], [{ name: 'token' }]], { rows: [row], affected: 0 }],
    ['mysql2, UPDATE', [{ affectedRows: 2 }, undefined], { rows: [], affected: 2 }],
    ['TypeORM on MySQL', { affectedRows: 1, insertId: 0 }, { rows: [], affected: 1 }],
    ['planetscale', { rowsAffected: 1 }, { rows: [], affected: 1 }],
    ['flat rows', [row, row], { rows: [row, row], affected: 0 }],
    ['no rows', [], { rows: [], affected: 0 }],
  ])('reads the result of %s', (_client, result, expected) => {
    expect(readResult(result)).toEqual(expected);
  });

  it.each([undefined, null, 7, 'OK', {}, { rowCount: '1' }])(
    'rejects %j, because a claim must not depend on a guess',
    (result) => {
      expect(() => readResult(result)).toThrow('a result of an unknown form');
    },
  );
});
