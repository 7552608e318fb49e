import { describe, expect, it } from '@jest/globals';
import {
  parseTableName,
  parseTableNames,
  textOf,
} from '../../../../../lib/stores/sql/dialects/table-name.js';

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

describe('parseTableNames', () => {
  it.each([
    [undefined, undefined, 'wechatpay_notification', 'wechatpay_complaint'],
    ['app.seen', undefined, 'app.seen', 'app.wechatpay_complaint'],
    ['app.seen', 'other.complaint', 'app.seen', 'other.complaint'],
    ['app.seen', 'complaint', 'app.seen', 'complaint'],
  ])('reads %j and %j', (table, complaintTable, notifications, complaints) => {
    const names = parseTableNames(table, complaintTable);
    expect(textOf(names.notifications)).toBe(notifications);
    expect(textOf(names.complaints)).toBe(complaints);
  });

  it('rejects one table for both', () => {
    expect(() => parseTableNames('app.seen', 'app.seen')).toThrow("complaints: 'app.seen'");
    expect(() => parseTableNames('wechatpay_complaint')).toThrow(TypeError);
  });

  it('rejects what is no name', () => {
    expect(() => parseTableNames('seen', 'a b')).toThrow('is not a name');
  });
});
