import { Injectable } from '@nestjs/common';
import { Pool, type PoolClient } from 'pg';
import {
  type ComplaintNotificationPayload,
  InTransaction,
  OnComplaint,
} from 'nestjs-wechatpay-complaint';
import { pgStore, schema } from 'nestjs-wechatpay-complaint/sql';

export function createStore() {
  // #region store
  const pool = new Pool({ connectionString: 'postgres://app@db.example.com/shop' });
  const store = pgStore(pool); // for the option store; the pool stays yours
  // #endregion store
  return store;
}

export async function migrate(pool: Pool): Promise<void> {
  // #region migration
  await pool.query(schema('postgres')); // in a migration
  // #endregion migration
}

export async function migrateMysql(queryRunner: {
  query(sql: string): Promise<unknown>;
}): Promise<void> {
  // #region migration-mysql
  for (const statement of schema('mysql').split(';\n').filter(Boolean)) {
    await queryRunner.query(statement); // MySQL takes one statement at a time
  }
  // #endregion migration-mysql
}

// #region transaction
@Injectable()
export class ComplaintTasks {
  @OnComplaint('CREATE_COMPLAINT')
  @InTransaction()
  async add({ complaint }: ComplaintNotificationPayload, client: PoolClient) {
    // Committed together with the mark that the notification was handled, or not at all.
    await client.query('INSERT INTO complaint_task (complaint_id) VALUES ($1)', [
      complaint.complaint_id,
    ]);
  }
}
// #endregion transaction
