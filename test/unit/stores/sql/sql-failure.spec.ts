import { describe, expect, it } from '@jest/globals';
import { NotificationStoreError } from '../../../../lib/errors/notification-store.error.js';
import { CallTimeout } from '../../../../lib/stores/sql/call-limiter.js';
import { storeFailure } from '../../../../lib/stores/sql/sql-failure.js';

describe('storeFailure', () => {
  it('says which store failed, why, and what to do', () => {
    const error = storeFailure(new Error('too many connections.'), 'postgres', 'app.seen');
    expect(error).toBeInstanceOf(NotificationStoreError);
    expect(error.message).toBe(
      'The notification store in PostgreSQL failed: too many connections. Check that the database is ' +
        'running, that the pool of the app has free connections, and that its login may select, ' +
        'insert, update and delete in app.seen.',
    );
  });

  it.each([
    ['PostgreSQL', 'relation "seen" does not exist'],
    ['MySQL', "Table 'test.seen' doesn't exist"],
    ['SQLite', 'no such table: seen'],
    ['an outdated table', "Unknown column 'claims' in 'field list'"],
  ])('asks for the migration when the table is missing, as %s says it', (_database, message) => {
    expect(storeFailure(new Error(message), 'mysql', 'seen').message).toContain(
      "Create the table seen by a migration with the statements of schema('mysql')",
    );
  });

  it.each(['cause', 'driverError'])(
    'takes the innermost error, and drops what is around it (%s)',
    (property) => {
      const inner = Object.assign(new Error('deadlock detected'), { code: '40P01' });
      const outer = Object.assign(new Error('Failed query: INSERT ... params: EV-1'), {
        [property]: Object.assign(new Error('in between'), { cause: inner }),
      });
      const failure = storeFailure(outer, 'postgres', 'seen');
      expect(failure.message).toContain('failed: deadlock detected.');
      expect(failure.message).not.toContain('EV-1');
      expect(failure.cause).toEqual(new Error('deadlock detected'));
      expect(failure.cause).toMatchObject({ code: '40P01' });
    },
  );

  it('bears causes that form a circle, and what is no error', () => {
    const circle: { message: string; cause?: unknown } = new Error('round');
    circle.cause = circle;
    expect(storeFailure(circle, 'sqlite', 'seen').message).toContain('failed: round.');
    expect(storeFailure('gone', 'sqlite', 'seen').message).toContain('failed: gone.');
  });

  it('keeps a long message of several lines to one line of limited length', () => {
    const { message } = storeFailure(
      new Error(`\n\n first\n  ${'x'.repeat(1000)}`),
      'mysql',
      'seen',
    );
    expect(message).toContain('failed: first xxx');
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(600);
  });

  it('has the code TIMEOUT after a time limit', () => {
    expect(storeFailure(new CallTimeout('no response'), 'mysql', 'seen').cause).toMatchObject({
      code: 'TIMEOUT',
    });
  });
});
