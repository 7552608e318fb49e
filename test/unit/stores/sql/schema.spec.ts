import { describe, expect, it } from '@jest/globals';
import { schema } from '../../../../lib/stores/sql.js';
import { dialectFor } from '../../../../lib/stores/sql/schema.js';

describe('schema', () => {
  it.each([
    ['postgres', 'CREATE TABLE IF NOT EXISTS "wechatpay_notification" ('],
    ['mysql', 'CREATE TABLE IF NOT EXISTS `wechatpay_notification` ('],
    ['sqlite', 'CREATE TABLE IF NOT EXISTS "wechatpay_notification" ('],
  ] as const)('gives the DDL of %s', (dialect, start) => {
    expect(schema(dialect).startsWith(start)).toBe(true);
    expect(schema(dialect)).toContain('wechatpay_notification_expires_at');
  });

  it.each([
    ['postgres', '"app"."seen"'],
    ['mysql', '`app`.`seen`'],
    ['sqlite', '"app"."seen"'],
  ] as const)('takes a table with its schema in %s', (dialect, table) => {
    expect(schema(dialect, 'app.seen')).toContain(`CREATE TABLE IF NOT EXISTS ${table} (`);
    const row = { mchid: '1', id: '2', token: '3' };
    expect(dialectFor(dialect, 'app.seen').claim(row, 1).sql).toContain(`INSERT INTO ${table} `);
  });

  it('rejects a dialect that it does not know', () => {
    expect(() => schema('oracle' as never)).toThrow("'postgres', 'mysql' (MariaDB as well)");
    expect(() => schema('toString' as never)).toThrow(TypeError);
  });
});
