import { describe, expect, it } from '@jest/globals';
import type { SqlExecute, SqlTransaction } from '../../../../lib/stores/sql/sql-client.js';
import { runSqlTransaction } from '../../../../lib/stores/sql/sql-transaction.js';
import { deferred } from '../../../support/deferred.js';

/** Stands for a database, to make each step wait or fail. What real ones do: transactions.contract.ts. */
class StandIn {
  readonly steps: string[] = [];
  begin: () => Promise<unknown> = () => Promise.resolve();
  commit: () => Promise<unknown> = () => Promise.resolve();
  rollback: () => Promise<unknown> = () => Promise.resolve();
  complete: () => Promise<number> = () => Promise.resolve(1);

  readonly transaction: SqlTransaction = async (run) => {
    await this.begin();
    this.steps.push('begin');
    try {
      await run('handle', this.execute);
    } catch (error) {
      this.steps.push('rollback');
      await this.rollback();
      throw error;
    }
    this.steps.push('commit');
    await this.commit();
  };

  private readonly execute: SqlExecute = async (sql) => {
    this.steps.push(sql);
    return { rows: [], affected: await this.complete() };
  };

  run(
    handler: (transaction: unknown) => Promise<void>,
    transaction = this.transaction,
  ): Promise<boolean> {
    return runSqlTransaction({
      transaction,
      run: handler,
      complete: { sql: 'complete', parameters: [] },
      commandTimeout: 30,
      toFailure: (error) => new Error('The store failed', { cause: error }),
    });
  }
}

describe('runSqlTransaction', () => {
  it('completes after the handler, and then commits', async () => {
    const database = new StandIn();
    await expect(
      database.run((transaction) => {
        database.steps.push(String(transaction));
        return Promise.resolve();
      }),
    ).resolves.toBe(true);
    expect(database.steps).toEqual(['begin', 'handle', 'complete', 'commit']);
  });

  it('rolls back when the token is void', async () => {
    const database = new StandIn();
    database.complete = () => Promise.resolve(0);
    await expect(database.run(() => Promise.resolve())).resolves.toBe(false);
    expect(database.steps).toEqual(['begin', 'complete', 'rollback']);
  });

  it('rejects with the error of the handler, also when the client wraps it', async () => {
    const database = new StandIn();
    const failure = new Error('The handler failed.');
    const wrapping: SqlTransaction = (run) =>
      database.transaction(run).catch(() => Promise.reject(new Error('wrapped')));
    await expect(database.run(() => Promise.reject(failure), wrapping)).rejects.toBe(failure);
    expect(database.steps).toEqual(['begin', 'rollback']);
  });

  it('lets the handler take its time', async () => {
    const database = new StandIn();
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 100));
    await expect(database.run(slow)).resolves.toBe(true);
  });

  it('gives up a transaction that does not open in time, and commits nothing later', async () => {
    const database = new StandIn();
    const opening = deferred<undefined>();
    database.begin = () => opening.promise;
    const ran: string[] = [];
    const call = database.run(() => {
      ran.push('handler');
      return Promise.resolve();
    });
    await expect(call).rejects.toThrow('The store failed');
    await expect(call).rejects.toMatchObject({ cause: { message: 'no response within 30 ms' } });
    opening.resolve(undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(ran).toEqual([]);
    expect(database.steps).toEqual(['begin', 'rollback']);
  });

  it('gives up a completion that does not end in time, and commits nothing later', async () => {
    const database = new StandIn();
    const completion = deferred<number>();
    database.complete = () => completion.promise;
    await expect(database.run(() => Promise.resolve())).rejects.toThrow('The store failed');
    completion.resolve(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(database.steps).toEqual(['begin', 'complete', 'rollback']);
  });

  it('rejects when the commit fails, or does not end in time', async () => {
    const database = new StandIn();
    database.commit = () => Promise.reject(new Error('connection lost'));
    await expect(database.run(() => Promise.resolve())).rejects.toMatchObject({
      cause: { message: 'connection lost' },
    });
    database.commit = () => new Promise(() => undefined);
    await expect(database.run(() => Promise.resolve())).rejects.toMatchObject({
      cause: { message: 'no response within 30 ms' },
    });
  });

  it('rejects with the error of the handler when the rollback does not end in time', async () => {
    const database = new StandIn();
    database.rollback = () => new Promise(() => undefined);
    const failure = new Error('The handler failed.');
    await expect(database.run(() => Promise.reject(failure))).rejects.toBe(failure);
  });

  it('rejects when a transaction of the app does not run its function', async () => {
    const database = new StandIn();
    await expect(
      database.run(
        () => Promise.resolve(),
        () => Promise.resolve(),
      ),
    ).rejects.toMatchObject({
      cause: { message: 'the transaction ended without running its function' },
    });
  });
});
