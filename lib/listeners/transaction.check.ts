import { Injectable } from '@nestjs/common';
import type { ConfigurationProblem } from '../errors/wechatpay-configuration.error.js';
import { AppContext } from '../merchant/app-context.js';
import { isInTransaction } from '../notifications/in-transaction.decorator.js';
import { isComplaintNotificationRoute } from '../notifications/route.metadata.js';
import { ComplaintListenerExplorer } from './complaint-listener.explorer.js';
import { listenerMetadata } from './listener.metadata.js';

/** A method with `@InTransaction()`. */
interface TransactionalMethod {
  /** For messages: `ComplaintsController.handle`. */
  readonly name: string;
  /** Whether it gets notifications at all. */
  readonly isHandler: boolean;
}

/** Finds methods with `@InTransaction()` that cannot have one. Runs once, when the app starts. */
@Injectable()
export class TransactionCheck {
  constructor(
    private readonly app: AppContext,
    private readonly explorer: ComplaintListenerExplorer,
  ) {}

  problems(): ConfigurationProblem[] {
    const hasTransactions = this.app.store?.completeInTransaction !== undefined;
    return this.methods().flatMap(({ name, isHandler }) => {
      if (!isHandler) {
        return {
          option: name,
          problem: 'has @InTransaction(), but gets no notifications',
          fix: 'Add @OnComplaint() or @ComplaintNotification(), or remove it.',
        };
      }
      if (hasTransactions) return [];
      return {
        option: name,
        problem: 'has @InTransaction(), but the option store has no transactions',
        fix:
          "Give a store on a database, such as typeOrmStore(dataSource) of 'nestjs-wechatpay-complaint/sql', " +
          'or remove @InTransaction(). On SQLite only some clients have transactions.',
      };
    });
  }

  private methods(): TransactionalMethod[] {
    return this.explorer
      .find(({ prototype }, key) => isInTransaction(prototype, key) || undefined)
      .map(({ host: { prototype }, key }) => ({
        name: `${prototype.constructor.name}.${key}`,
        isHandler:
          listenerMetadata(prototype, key) !== undefined ||
          isComplaintNotificationRoute(Reflect.get(prototype, key)),
      }));
  }
}
