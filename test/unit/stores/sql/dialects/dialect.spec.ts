import { describe, expect, it } from '@jest/globals';
import { columnsOf, countOf, returnsRows } from '../../../../../lib/stores/sql/dialects/dialect.js';
import { parseTableNames } from '../../../../../lib/stores/sql/dialects/table-name.js';
import { dialectFor } from '../../../../../lib/stores/sql/schema.js';

const ROW = { mchid: '1900000109', id: 'EV-1', token: 'token' };
const COMPLAINT = {
  mchid: '1900000109',
  id: 'EV-1',
  heardAt: 1,
  complainedAgainAt: 2,
  firstReplyRemindedAt: 3,
  completionRemindedAt: null,
  seen: 'token',
};

describe.each(['postgres', 'mysql', 'sqlite'] as const)('The statements of %s', (name) => {
  const { claim, afterClaim, renew, complete, release, removeExpired, complaints } = dialectFor(
    name,
    parseTableNames(),
  );
  const statements = [
    claim(ROW, 1),
    renew(ROW, 1),
    complete(ROW, 1),
    release(ROW),
    removeExpired(1, 2),
    complaints.read('1900000109', ['EV-1', 'EV-2']),
    complaints.write(COMPLAINT, 1),
    complaints.removeExpired(2),
    ...(afterClaim ? [afterClaim(ROW)] : []),
  ];

  it('use each parameter once and in order', () => {
    for (const { sql, parameters } of statements) {
      const placeholders = sql.match(/\$\d+|\?/g) ?? [];
      const expected = parameters.map((_value, index) =>
        name === 'postgres' ? `$${index + 1}` : '?',
      );
      expect(placeholders).toEqual(expected);
    }
  });

  it('have no text of a parameter in them', () => {
    for (const { sql } of statements) expect(sql).not.toMatch(/EV-1|1900000109|'token'/);
  });
});

describe('columnsOf', () => {
  it('has the values of a complaint in the order of the statements', () => {
    expect(columnsOf(COMPLAINT)).toEqual(['1900000109', 'EV-1', 1, 2, 3, null, 'token']);
  });
});

describe('returnsRows', () => {
  it('is true for SELECT and RETURNING', () => {
    expect(returnsRows('SELECT token FROM t')).toBe(true);
    expect(returnsRows('DELETE FROM t RETURNING 1 AS changed')).toBe(true);
    expect(returnsRows('DELETE FROM t WHERE id IN (1)')).toBe(false);
  });
});

describe('countOf', () => {
  it('counts returned and changed rows', () => {
    expect(countOf({ rows: [{}, {}], affected: 0 })).toBe(2);
    expect(countOf({ rows: [], affected: 3 })).toBe(3);
    expect(countOf({ rows: [], affected: 0 })).toBe(0);
  });
});
