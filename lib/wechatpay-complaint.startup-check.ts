import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleInit,
  Scope,
  type Type,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from './errors/wechatpay-configuration.error.js';
import { MerchantRouteCheck } from './notifications/merchant-route.check.js';
import { RawBodyCheck } from './notifications/raw-body.check.js';
import { RouteCheck } from './notifications/route.check.js';
import { type NotificationRoute, RouteExplorer } from './notifications/route.explorer.js';
import { MODULE_OPTIONS_TOKEN } from './wechatpay-complaint.module-definition.js';

type NestModule = ModulesContainer extends Map<string, infer T> ? T : never;

/** An app can have several of these modules. The first one checks what concerns the whole app. */
const checkedApps = new WeakSet<ModulesContainer>();

/** Checks how the module is used in this app, before the first request. */
@Injectable()
export class StartupCheck implements OnModuleInit, OnApplicationBootstrap {
  private readonly isFirst: boolean;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly modules: ModulesContainer,
    private readonly routes: RouteCheck,
    private readonly rawBody: RawBodyCheck,
    private readonly explorer: RouteExplorer,
    private readonly merchantRoutes: MerchantRouteCheck,
  ) {
    this.isFirst = !checkedApps.has(modules);
    checkedApps.add(modules);
  }

  /** @throws WechatPayConfigurationError */
  onModuleInit(): void {
    const problems = [...this.scopeProblems(), ...this.visibilityProblems()];
    if (this.isFirst) problems.push(...this.routes.problems());
    problems.push(...this.merchantRoutes.problems(this.ownRoutes()));
    if (problems.length > 0) throw new WechatPayConfigurationError(problems);
  }

  onApplicationBootstrap(): void {
    if (!this.isFirst) return;
    this.routes.warn();
    this.rawBody.report();
  }

  /**
   * Options of a request-scoped provider would make the whole module request-scoped: every request
   * would have a store of its own, and hooks would never run.
   */
  private scopeProblems(): ConfigurationProblem[] {
    const { scope } = this.moduleRef.introspect(MODULE_OPTIONS_TOKEN);
    if (scope !== Scope.REQUEST) return [];
    return [
      {
        option: 'forRootAsync()',
        problem:
          'gets its options from a request-scoped provider, so notifications could not be remembered from one request to the next',
        fix: 'Inject only providers with the default scope into the options factory.',
      },
    ];
  }

  /** Routes whose guard is given the merchants of this module. */
  private ownRoutes(): NotificationRoute[] {
    const own = this.moduleRef.get<Type>(MODULE_CLASS, { strict: true });
    const ours = [...this.modules.values()].find(
      ({ metatype, providers }) =>
        metatype === own && providers.get(StartupCheck)?.instance === this,
    );
    return this.explorer.guarded().filter(({ host }) => {
      const module = [...this.modules.values()].find((candidate) => candidate === host);
      return module !== undefined && ours !== undefined && visibleFrom(module, own).has(ours);
    });
  }

  /** Nest would inject one of two visible modules, and not the same one everywhere. */
  private visibilityProblems(): ConfigurationProblem[] {
    const own = this.moduleRef.get<Type>(MODULE_CLASS, { strict: true });
    const mixed = [...this.modules.values()]
      .filter((module) => module.metatype !== own && visibleFrom(module, own).size > 1)
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

/** The instances of our module that a module imports, itself or through modules that export them. */
function visibleFrom(module: NestModule, own: Type): Set<NestModule> {
  const visible = new Set(module.imports);
  for (const seen of visible) {
    // A set that grows is iterated to its end.
    for (const next of seen.imports) {
      if (seen.exports.has(next.metatype)) visible.add(next);
    }
  }
  return new Set([...visible].filter(({ metatype }) => metatype === own));
}

/** Injected, because the module imports this file. */
export const MODULE_CLASS = Symbol('WechatPayComplaintModule');
