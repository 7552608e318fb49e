import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleInit,
  Optional,
  type Type,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from './errors/wechatpay-configuration.error.js';
import { ListenerCheck } from './listeners/listener.check.js';
import { TransactionCheck } from './listeners/transaction.check.js';
import { MODULE_CLASS, visibleModules } from './listeners/visible-modules.js';
import { AppContext } from './merchant/app-context.js';
import { MerchantRouteCheck } from './notifications/merchant-route.check.js';
import { RawBodyCheck } from './notifications/raw-body.check.js';
import { RouteCheck } from './notifications/route.check.js';
import { type NotificationRoute, RouteExplorer } from './notifications/route.explorer.js';
import { SETTING_PROBLEMS } from './wechatpay-complaint.module-definition.js';

/** An app can have several of these modules. The first one checks what concerns the whole app. */
const checkedApps = new WeakSet<ModulesContainer>();

/** Checks how the module is used in this app, before the first request. */
@Injectable()
export class StartupCheck implements OnModuleInit, OnApplicationBootstrap {
  private readonly isFirst: boolean;

  constructor(
    private readonly app: AppContext,
    private readonly moduleRef: ModuleRef,
    private readonly modules: ModulesContainer,
    private readonly routes: RouteCheck,
    private readonly rawBody: RawBodyCheck,
    private readonly explorer: RouteExplorer,
    private readonly merchantRoutes: MerchantRouteCheck,
    private readonly listeners: ListenerCheck,
    private readonly transactions: TransactionCheck,
    // The bare class, imported without forRoot(), has no settings.
    @Optional()
    @Inject(SETTING_PROBLEMS)
    private readonly settingProblems: readonly ConfigurationProblem[] = [],
  ) {
    this.isFirst = !checkedApps.has(modules);
    checkedApps.add(modules);
  }

  /**
   * If something is wrong, a store that has connected is closed, so that its connection does not keep the
   * process alive.
   *
   * @throws WechatPayConfigurationError
   */
  async onModuleInit(): Promise<void> {
    const problems = [
      ...this.settingProblems,
      ...this.visibilityProblems(),
      ...this.listeners.problems(),
      ...this.transactions.problems(),
    ];
    if (this.isFirst) problems.push(...this.routes.problems());
    problems.push(...this.merchantRoutes.problems(this.ownRoutes()));
    if (problems.length === 0) return;
    await this.app.close();
    throw new WechatPayConfigurationError(problems);
  }

  onApplicationBootstrap(): void {
    this.listeners.warn();
    if (!this.isFirst) return;
    this.routes.warn();
    this.listeners.warnAboutUnprovided();
    this.rawBody.report();
  }

  /** Routes whose guard is given the merchants of this module. */
  private ownRoutes(): NotificationRoute[] {
    const own = this.moduleRef.get<Type>(MODULE_CLASS, { strict: true });
    const modules = [...this.modules.values()];
    const ours = modules.find(({ providers }) => providers.get(StartupCheck)?.instance === this);
    const hosts: ReadonlySet<unknown> = new Set(
      modules.filter(
        (module) => module === ours || (ours && visibleModules(module, own).has(ours)),
      ),
    );
    return this.explorer.guarded().filter(({ host }) => hosts.has(host));
  }

  /** Nest would inject one of two visible modules, and not the same one everywhere. */
  private visibilityProblems(): ConfigurationProblem[] {
    const own = this.moduleRef.get<Type>(MODULE_CLASS, { strict: true });
    const mixed = [...this.modules.values()]
      .filter((module) => module.metatype !== own && visibleModules(module, own).size > 1)
      .map(({ metatype }) => metatype.name);
    if (mixed.length === 0) return [];
    return [
      {
        option: 'forRoot()',
        problem: `is visible more than once in ${mixed.join(', ')}, and Nest would mix the merchants up`,
        fix: 'Import it once, or each one in a module of its own that does not see the other.',
      },
    ];
  }
}
