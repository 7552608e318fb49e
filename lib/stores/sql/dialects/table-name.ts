const DEFAULT_TABLE = 'wechatpay_notification';
const DEFAULT_COMPLAINT_TABLE = 'wechatpay_complaint';

/** A table, with its schema if it has been given. */
export interface TableName {
  readonly schema?: string;
  readonly name: string;
}

/** The tables of a store. */
export interface TableNames {
  readonly notifications: TableName;
  readonly complaints: TableName;
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

/**
 * Reads the names of both tables. By default, complaints are in the schema of the notifications.
 *
 * @throws TypeError if one is no name, or both are the same
 */
export function parseTableNames(table = DEFAULT_TABLE, complaintTable?: string): TableNames {
  const notifications = parseTableName(table);
  const complaints =
    complaintTable === undefined
      ? { schema: notifications.schema, name: DEFAULT_COMPLAINT_TABLE }
      : parseTableName(complaintTable);
  if (textOf(notifications) === textOf(complaints)) {
    throw new TypeError(
      `The SQL notification store was given one table for notifications and complaints: '${textOf(complaints)}'. ` +
        'Give two names, as table and complaintTable.',
    );
  }
  return { notifications, complaints };
}

/** `table` or `schema.table`. */
export function textOf({ schema, name }: TableName): string {
  return schema === undefined ? name : `${schema}.${name}`;
}

/** A table as standard SQL quotes it. */
export function quoteTable({ schema, name }: TableName): string {
  return schema === undefined ? `"${name}"` : `"${schema}"."${name}"`;
}
