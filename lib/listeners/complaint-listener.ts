import type { InjectionToken } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { ComplaintNotificationPayload } from '../notifications/complaint-notification-payload.interface.js';
import { isInTransaction } from '../notifications/in-transaction.decorator.js';
import { settleResult } from '../notifications/settle-result.js';
import type { NestModule } from './visible-modules.js';

/** A provider or controller, whose class may have listeners. */
export interface ListenerHost {
  readonly module: NestModule;
  readonly token: InjectionToken;
  readonly prototype: object;
  /** An empty object with this prototype, unless `isStatic`. */
  readonly instance: object;
  /** Whether there is one instance for all notifications. */
  readonly isStatic: boolean;
}

/** What Nest keeps the request-scoped providers of one notification by. */
export interface NotificationContext {
  readonly id: number;
}

/** A method of a provider or controller that this package calls. */
export class ListenerMethod {
  /** `Class.method`, by which it is remembered. */
  readonly name: string;

  constructor(
    readonly host: ListenerHost,
    /** Name of the method. */
    readonly key: string,
  ) {
    this.name = `${host.prototype.constructor.name}.${key}`;
  }

  /** Name of the Nest module. */
  get module(): string {
    return this.host.module.metatype.name;
  }

  get isStatic(): boolean {
    return this.host.isStatic;
  }

  /** @throws whatever the method throws, and whatever a request-scoped provider of its class throws */
  async call(args: readonly unknown[], context: NotificationContext): Promise<void> {
    const instance = this.host.isStatic ? this.host.instance : await this.resolve(context);
    const method: unknown = Reflect.get(instance, this.key);
    if (typeof method !== 'function') throw new TypeError(`${this.name} is no longer a method.`);
    await settleResult(Reflect.apply(method, instance, args));
  }

  private resolve(context: NotificationContext): Promise<object> {
    const { module, token } = this.host;
    const { instance: moduleRef } = module.getProviderByKey<ModuleRef>(ModuleRef);
    return moduleRef.resolve<object>(token, context, { strict: true });
  }
}

/** A method with `@OnComplaint()` of a provider or controller. */
export class ComplaintListener extends ListenerMethod {
  constructor(
    host: ListenerHost,
    key: string,
    /** Empty: every action. */
    readonly actionTypes: readonly string[],
  ) {
    super(host, key);
  }

  get isInTransaction(): boolean {
    return isInTransaction(this.host.prototype, this.key);
  }

  hears(actionType: string): boolean {
    return this.actionTypes.length === 0 || this.actionTypes.includes(actionType);
  }

  /** @throws whatever the method throws, and whatever a request-scoped provider of its class throws */
  run(
    notification: ComplaintNotificationPayload,
    context: NotificationContext,
    transaction?: unknown,
  ): Promise<void> {
    const args = this.isInTransaction ? [notification, transaction] : [notification];
    return this.call(args, context);
  }
}
