/**
 * The placeholders `$1`, `$2` and so on as `?`, which Knex and MikroORM expect for every database. They
 * are in order, each is used once, and no statement has a question mark or a dollar elsewhere.
 */
export function withQuestionMarks(sql: string): string {
  return sql.replaceAll(/\$\d+/g, '?');
}
