import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NotificationLease } from '../../../lib/notifications/notification-lease.js';
import { PendingCompletions } from '../../../lib/notifications/pending-completions.js';
import { ControlledStore } from '../../support/controlled-store.js';
import { type Deferred, deferred } from '../../support/deferred.js';
import { until } from '../../support/until.js';

const SETTINGS = { lease: 60_000, retention: 60_000, handlerLimit: 60_000 };

let store: ControlledStore;
let pending: PendingCompletions;

beforeEach(() => {
  store = new ControlledStore();
  store.failing.add('complete');
  pending = new PendingCompletions(SETTINGS.retention);
});
afterEach(() => {
  pending.close();
});

const keyOf = (id: string, mchid = '1900000109') => ({ mchid, id });

/** A lease on a handled notification that the store does not know of. */
async function addHandled(id: string): Promise<void> {
  const logger = new Logger('Test');
  const lease = await NotificationLease.claim(store, keyOf(id), SETTINGS, logger);
  if (!(lease instanceof NotificationLease)) throw new Error(`The claim was ${lease}.`);
  pending.add(keyOf(id), lease);
}

function attempts(): number {
  return store.arrived.filter((call) => call === 'complete').length;
}

describe('PendingCompletions', () => {
  it('knows a notification of one merchant until the store does', async () => {
    await addHandled('EV-1');
    expect(pending.has(keyOf('EV-1'))).toBe(true);
    expect(pending.has(keyOf('EV-1', '1900000200'))).toBe(false);
    expect(pending.has(keyOf('EV-2'))).toBe(false);
    store.failing.clear();
    await until(() => !pending.has(keyOf('EV-1')));
    await expect(store.claim(keyOf('EV-1'), 1)).resolves.toEqual({ state: 'done' });
  });

  it('tries again until the store is back', async () => {
    await addHandled('EV-1');
    await until(() => attempts() === 2);
    expect(pending.has(keyOf('EV-1'))).toBe(true);
    store.failing.clear();
    await until(() => store.done.includes('complete'));
  });

  it('gives a notification up when it is no longer redelivered', async () => {
    pending = new PendingCompletions(1);
    await addHandled('EV-1');
    await until(() => !pending.has(keyOf('EV-1')));
    expect(attempts()).toBe(1);
  });

  it('does not wait for the store when it is closed, and counts what the store does not know of', async () => {
    await addHandled('EV-1');
    await addHandled('EV-2');
    const gate: Deferred<undefined> = deferred();
    store.failing.clear();
    store.waitFor.set('complete', gate.promise);
    await until(() => attempts() === 2);
    expect(pending.close()).toBe(2);
    gate.resolve(undefined);
  });

  it('does not try again after it is closed', async () => {
    await addHandled('EV-1');
    expect(pending.close()).toBe(1);
    await until(() => !pending.has(keyOf('EV-1')));
    expect(attempts()).toBe(0);
  });

  it('has nothing to count when the store knows everything', () => {
    expect(pending.close()).toBe(0);
  });
});
