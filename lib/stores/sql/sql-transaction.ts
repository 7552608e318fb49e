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
export async function runSqlTransaction(settings: CompletingTransaction): Promise<boolean> {
  const { transaction, run, complete, commandTimeout, toFailure } = settings;
  const limit = new PhaseLimit(commandTimeout);
  const progress: { handled?: Promise<void>; completed?: number } = {};
  limit.start();
  const work = async (handle: unknown, execute: SqlExecute): Promise<void> => {
    limit.stop();
    // The lease may be another's by now, so nothing may be committed.
    limit.assertKept();
    progress.handled = run(handle);
    await progress.handled.finally(() => {
      limit.start();
    });
    progress.completed = countOf(await execute(complete.sql, [...complete.parameters]));
    limit.assertKept();
    if (progress.completed === 0) throw new Error('the lease was taken over');
  };
  // A promise in any case: a client of the app may throw.
  const ended = Promise.resolve().then(() => transaction(work));
  try {
    await Promise.race([ended, limit.exceeded]);
  } catch (error) {
    await progress.handled;
    if (progress.completed === 0) return false;
    throw toFailure(error);
  } finally {
    limit.stop();
  }
  if (progress.completed === undefined) {
    throw toFailure(new Error('the transaction ended without running its function'));
  }
  return progress.completed > 0;
}

/** Limits the time before the handler, and the time after it. */
class PhaseLimit {
  /** Never fulfilled. */
  readonly exceeded: Promise<never>;
  private exceed: (error: Error) => void = () => undefined;
  private timer?: NodeJS.Timeout;
  private error?: Error;

  constructor(
    /** Milliseconds. */
    private readonly limit: number,
  ) {
    this.exceeded = new Promise((_resolve, reject) => {
      this.exceed = reject;
    });
  }

  start(): void {
    this.timer = setTimeout(() => {
      this.error = new CallTimeout(`no response within ${this.limit} ms`);
      this.exceed(this.error);
    }, this.limit);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** @throws CallTimeout after the limit */
  assertKept(): void {
    if (this.error) throw this.error;
  }
}
