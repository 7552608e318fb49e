import { describe, expect, it } from '@jest/globals';
import { columnsOfRecord, readRecords } from '../../../../lib/stores/sql/complaint-records.js';

const NOTHING = {
  heard_at: null,
  complained_again_at: null,
  first_reply_reminded_at: null,
  completion_reminded_at: null,
  seen: null,
};

describe('columnsOfRecord', () => {
  it('has null where the record has nothing', () => {
    expect(columnsOfRecord({ heardAt: 0, seen: '' })).toEqual({
      heardAt: 0,
      complainedAgainAt: null,
      firstReplyRemindedAt: null,
      completionRemindedAt: null,
      seen: '',
    });
  });
});

describe('readRecords', () => {
  const read = (...rows: unknown[]) => readRecords({ rows, affected: 0 });

  it('takes times as numbers, texts and bigints, as drivers return them', () => {
    const row = {
      ...NOTHING,
      id: 'a',
      heard_at: 1_700_000_000_000,
      complained_again_at: '1700000000001',
      first_reply_reminded_at: 1_700_000_000_002n,
    };
    expect([...read(row, { ...NOTHING, id: 'b', seen: '' })]).toStrictEqual([
      [
        'a',
        {
          heardAt: 1_700_000_000_000,
          complainedAgainAt: 1_700_000_000_001,
          firstReplyRemindedAt: 1_700_000_000_002,
        },
      ],
      ['b', { seen: '' }],
    ]);
  });

  it.each([[{ ...NOTHING, id: 7 }], [['a']], [null]])('rejects a row without an id: %j', (row) => {
    expect(() => read(row)).toThrow('without the id of the complaint');
  });

  it.each(['soon', true, 1.5])('rejects the time %j', (heard_at) => {
    expect(() => read({ ...NOTHING, id: 'a', heard_at })).toThrow('no whole number');
  });
});
