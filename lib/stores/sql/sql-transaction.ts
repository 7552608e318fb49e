import { CallTimeout } from './call-limiter.js';
import { countOf, type SqlStatement } from './dialects/dialect.js';
import type { SqlExecute, SqlTransaction } from './sql-client.js';

export interface CompletingTransaction {
  readonly transaction: SqlTransaction;
  /** The app's handler, which may take its time. */
  readonly run: (transaction: unknown) => Promise<void>;
  /** The last statement, which changes no row if the token is void. */
  readonly complete: SqlStatement;
  /** Milliseconds to open the transaction, and again to complete and commit it. */
  readonly commandTimeout: number;
  /** What to reject with when the database has failed. */
  readonly toFailure: (error: unknown) => Error;
}

/**
 * Runs a handler and the completion in one transaction: either both are committed, or neither.
 *
 * A commit without a response in time rejects, although the database may have executed it. The row then
 * tells the next delivery.
 *
 * @returns false if the token was void, so that everything was rolled back
 * @throws whatever `run` rejects with, after the rollback
 */
export function runSqlTransaction(settings: CompletingTransaction): Promise<boolean> {
  const { transaction, run, complete, commandTimeout, toFailure } = settings;
  return new Promise((resolve, reject) => {
    let isAbandoned = false;
    let outcome: 'none' | 'completed' | 'stale' | { readonly error: unknown } = 'none';
    let timer: NodeJS.Timeout | undefined;
    const settleWithin = (settle: () => void): void => {
      timer = setTimeout(() => {
        isAbandoned = true;
        settle();
      }, commandTimeout);
    };
    const timeOut = (): void => {
      reject(toFailure(new CallTimeout(`no response within ${commandTimeout} ms`)));
    };
    /** Nobody waits any more: the lease may be another's by now, so nothing may be committed. */
    const assertAwaited = (): void => {
      if (isAbandoned) throw new CallTimeout('the transaction was given up');
    };

    const work = async (handle: unknown, execute: SqlExecute): Promise<void> => {
      clearTimeout(timer);
      assertAwaited();
      outcome = 'none';
      try {
        await run(handle);
      } catch (error) {
        outcome = { error };
        settleWithin(() => {
          reject(error);
        });
        throw error;
      }
      settleWithin(timeOut);
      const result = await execute(complete.sql, [...complete.parameters]);
      assertAwaited();
      outcome = countOf(result) > 0 ? 'completed' : 'stale';
      if (outcome === 'stale') throw new Error('the lease was taken over');
    };

    const settle = (error: unknown, isCommitted: boolean): void => {
      clearTimeout(timer);
      if (typeof outcome === 'object') reject(outcome.error);
      else if (outcome === 'stale') resolve(false);
      else if (isCommitted && outcome === 'completed') resolve(true);
      else reject(toFailure(error));
    };
    settleWithin(timeOut);
    transaction(work).then(
      () => {
        settle(new Error('the transaction ended without the statement that completes'), true);
      },
      (error: unknown) => {
        settle(error, false);
      },
    );
  });
}
