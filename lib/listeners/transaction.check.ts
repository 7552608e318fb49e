import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { ConfigurationProblem } from '../errors/wechatpay-configuration.error.js';
import { AppContext } from '../merchant/app-context.js';
import { isInTransaction } from '../notifications/in-transaction.decorator.js';
import { isComplaintNotificationRoute } from '../notifications/route.metadata.js';
import { listenerMetadata } from './listener.metadata.js';
import { MODULE_CLASS, type NestModule, visibleModules } from './visible-modules.js';

/** A method with `@InTransaction()`. */
interface TransactionalMethod {
  /** For messages: `ComplaintsController.handle`. */
  readonly name: string;
  /** Whether it gets notifications at all. */
  readonly isHandler: boolean;
  readonly module: NestModule;
}

/** Finds methods with `@InTransaction()` that cannot have one. Runs once, when the app starts. */
@Injectable()
export class TransactionCheck {
  constructor(
    private readonly app: AppContext,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
    @Inject(MODULE_CLASS) private readonly moduleClass: Type,
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
    const own = [...this.modules.values()].find(
      (module) => module.getProviderByKey<ModuleRef>(ModuleRef).instance === this.moduleRef,
    );
    return this.allMethods().filter(({ module }) => {
      const visible = visibleModules(module, this.moduleClass);
      return visible.size === 0 || (own !== undefined && visible.has(own));
    });
  }

  /** Of the whole app, whose modules may have merchants with different stores. */
  private allMethods(): TransactionalMethod[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    return wrappers.flatMap(({ host: module, instance, isAlias }) => {
      const prototype = isAlias ? null : prototypeOf(instance);
      if (!module || !prototype) return [];
      return this.scanner.getAllMethodNames(prototype).flatMap((key) => {
        if (!isInTransaction(prototype, key)) return [];
        const isHandler =
          listenerMetadata(prototype, key) !== undefined ||
          isComplaintNotificationRoute(Reflect.get(prototype, key));
        return { name: `${prototype.constructor.name}.${key}`, isHandler, module };
      });
    });
  }
}

function prototypeOf(instance: unknown): object | null {
  return typeof instance === 'object' && instance !== null
    ? Reflect.getPrototypeOf(instance)
    : null;
}
