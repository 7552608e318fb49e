import {
  MemoryNotificationStore,
  type NotificationClaim,
  type NotificationStore,
} from 'nestjs-wechatpay-complaint';

type Method = 'claim' | 'renew' | 'complete' | 'release' | 'ping';

/** A real store, of which a test can make calls fail or wait. */
export class ControlledStore implements NotificationStore {
  /** Calls that fail as those of a store that is away. */
  readonly failing = new Set<Method>();
  /** Calls that the store carries out only once this promise is settled. */
  readonly waitFor = new Map<Method, Promise<unknown>>();
  /** Calls that have arrived, oldest first. */
  readonly arrived: Method[] = [];
  /** Calls that were carried out, oldest first. */
  readonly done: Method[] = [];
  closed = 0;
  private readonly inner = new MemoryNotificationStore();

  claim(...args: Parameters<NotificationStore['claim']>): Promise<NotificationClaim> {
    return this.carryOut('claim', () => this.inner.claim(...args));
  }

  renew(...args: Parameters<NotificationStore['renew']>): Promise<boolean> {
    return this.carryOut('renew', () => this.inner.renew(...args));
  }

  complete(...args: Parameters<NotificationStore['complete']>): Promise<boolean> {
    return this.carryOut('complete', () => this.inner.complete(...args));
  }

  release(...args: Parameters<NotificationStore['release']>): Promise<boolean> {
    return this.carryOut('release', () => this.inner.release(...args));
  }

  ping(): Promise<void> {
    return this.carryOut('ping', () => this.inner.ping());
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }

  private async carryOut<Result>(method: Method, call: () => Promise<Result>): Promise<Result> {
    this.arrived.push(method);
    if (this.failing.has(method)) throw new Error('the store is away');
    await this.waitFor.get(method);
    const result = await call();
    this.done.push(method);
    return result;
  }
}
