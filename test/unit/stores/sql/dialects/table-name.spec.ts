import { describe, expect, it } from '@jest/globals';
import { parseTableName } from '../../../../../lib/stores/sql/dialects/table-name.js';

describe('parseTableName', () => {
  it('reads a table with its schema and without', () => {
    expect(parseTableName('seen')).toEqual({ schema: undefined, name: 'seen' });
    expect(parseTableName('app.seen_2')).toEqual({ schema: 'app', name: 'seen_2' });
  });

  it.each(['', 'a-b', 'a b', '1a', 'a.b.c', 'a"', 'a`; DROP TABLE b', '通知', 'x'.repeat(51)])(
    'rejects %j, which would become a part of statements',
    (table) => {
      expect(() => parseTableName(table)).toThrow(TypeError);
    },
  );
});
