import { describe, expect, it } from '@jest/globals';
import { schema } from '../../../../lib/stores/sql.js';
import { parseTableNames } from '../../../../lib/stores/sql/dialects/table-name.js';
import { dialectFor } from '../../../../lib/stores/sql/schema.js';

describe('schema', () => {
  it.each([
    ['postgres', 'CREATE TABLE IF NOT EXISTS "wechatpay_notification" ('],
    ['mysql', 'CREATE TABLE IF NOT EXISTS `wechatpay_notification` ('],
    ['sqlite', 'CREATE TABLE IF NOT EXISTS "wechatpay_notification" ('],
  ] as const)('gives the DDL of %s', (dialect, start) => {
    expect(schema(dialect).startsWith(start)).toBe(true);
    expect(schema(dialect)).toContain('wechatpay_notification_expires_at');
    expect(schema(dialect)).toContain(start.replace('notification', 'complaint'));
    expect(schema(dialect)).toContain('wechatpay_complaint_expires_at');
  });

  it.each([
    ['postgres', '"app"."seen"'],
    ['mysql', '`app`.`seen`'],
    ['sqlite', '"app"."seen"'],
  ] as const)('takes a table with its schema in %s', (dialect, table) => {
    expect(schema(dialect, 'app.seen')).toContain(`CREATE TABLE IF NOT EXISTS ${table} (`);
    const row = { mchid: '1', id: '2', token: '3' };
    const tables = parseTableNames('app.seen');
    expect(dialectFor(dialect, tables).claim(row, 1).sql).toContain(`INSERT INTO ${table} `);
  });

  it.each([
    ['postgres', '"app"."complaint"'],
    ['mysql', '`app`.`complaint`'],
    ['sqlite', '"app"."complaint"'],
  ] as const)('takes a table of complaints with its schema in %s', (dialect, table) => {
    expect(schema(dialect, 'seen', 'app.complaint')).toContain(
      `CREATE TABLE IF NOT EXISTS ${table} (`,
    );
    const { complaints } = dialectFor(dialect, parseTableNames('seen', 'app.complaint'));
    expect(complaints.read('1', ['2']).sql).toContain(`FROM ${table} `);
  });

  it('rejects a dialect that it does not know', () => {
    expect(() => schema('oracle' as never)).toThrow("'postgres', 'mysql' (MariaDB as well)");
    expect(() => schema('toString' as never)).toThrow(TypeError);
  });
});
