import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { ComplaintNotificationPayload } from 'nestjs-wechatpay-complaint';
import { RedisNotificationStore } from 'nestjs-wechatpay-complaint/redis';

export function ownConnection() {
  return [
    // #region connection
    new RedisNotificationStore({ connection: 'redis://:password@redis.example.com:6379/0' }),
    // #endregion connection
  ];
}

export function clientOfTheApp() {
  // #region client
  // Close it in onApplicationShutdown, not before: handlers that are still running need it.
  const client = new Redis('redis://127.0.0.1:6379', { socketTimeout: 5000 });
  const store = new RedisNotificationStore({ client });
  // #endregion client
  return store;
}

interface Transaction {
  /** Whether the row is new. */
  insertIfNew(table: string, row: object): Promise<boolean>;
}

interface Database {
  transaction(work: (transaction: Transaction) => Promise<void>): Promise<void>;
}

@Injectable()
export class Tasks {
  constructor(private readonly database: Database) {}

  // #region transaction
  async add({ mchid, id, complaint: { complaint_id } }: ComplaintNotificationPayload) {
    await this.database.transaction(async (transaction) => {
      if (!(await transaction.insertIfNew('handled_notifications', { mchid, id }))) return;
      await transaction.insertIfNew('complaint_tasks', { complaint_id });
    });
  }
  // #endregion transaction
}
