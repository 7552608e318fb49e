export const DEFAULT_TABLE = 'wechatpay_notification';

/** A table, with its schema if it has been given. */
export interface TableName {
  readonly schema?: string;
  readonly name: string;
}

/** Shorter than an identifier may be, because the name of the index is made of it. */
const TABLE = /^(?:([A-Za-z_]\w{0,62})\.)?([A-Za-z_]\w{0,49})$/;

/**
 * Reads `table` or `schema.table`. The name becomes a part of statements, so it is made of letters,
 * digits and underscores alone.
 *
 * @throws TypeError for any other name
 */
export function parseTableName(table: string): TableName {
  const [, schema, name] = TABLE.exec(table) ?? [];
  if (name !== undefined) return { schema, name };
  throw new TypeError(
    `The table of the SQL notification store is not a name such as '${DEFAULT_TABLE}' or ` +
      `'app.${DEFAULT_TABLE}', of letters, digits and underscores, with at most 50 characters.`,
  );
}
