export {
  drizzleStore,
  type DrizzleExecutor,
  type DrizzleServerDatabase,
  type DrizzleSql,
  type DrizzleSqliteDatabase,
  type DrizzleStoreSettings,
} from './sql/adapters/drizzle.js';
export { knexStore, type KnexClient, type KnexExecutor } from './sql/adapters/knex.js';
export {
  mikroOrmStore,
  type MikroOrmLike,
  type MikroOrmManager,
  type MikroOrmStoreSettings,
} from './sql/adapters/mikro-orm.js';
export { mysql2Store, type Mysql2Connection, type Mysql2Pool } from './sql/adapters/mysql2.js';
export { pgStore, type PgClient, type PgPool, type PgStatement } from './sql/adapters/pg.js';
export {
  prismaStore,
  type PrismaClientLike,
  type PrismaStoreSettings,
  type PrismaTransaction,
} from './sql/adapters/prisma.js';
export { sqliteStore, type SqliteDatabase, type SqliteStatement } from './sql/adapters/sqlite.js';
export type { SqlStoreSettings, TransactionHostLike } from './sql/adapters/transaction-host.js';
export {
  typeOrmStore,
  type TypeOrmDataSource,
  type TypeOrmManager,
} from './sql/adapters/type-orm.js';
export type { SqlDialectName, SqlParameter, SqlResult } from './sql/dialects/dialect.js';
export { schema } from './sql/schema.js';
export type { SqlClient, SqlExecute, SqlTransaction } from './sql/sql-client.js';
export {
  SqlNotificationStore,
  type SqlNotificationStoreOptions,
  type SqlNotificationStoreSettings,
} from './sql/sql-notification-store.js';
