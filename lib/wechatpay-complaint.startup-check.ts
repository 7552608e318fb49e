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
import { RawBodyCheck } from './notifications/raw-body.check.js';
import { RouteCheck } from './notifications/route.check.js';
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
  ) {
    this.isFirst = !checkedApps.has(modules);
    checkedApps.add(modules);
  }

  /** @throws WechatPayConfigurationError */
  onModuleInit(): void {
    const problems = [...this.scopeProblems(), ...this.visibilityProblems()];
    if (this.isFirst) problems.push(...this.routes.problems());
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

  /** Nest would inject one of two visible modules, and not the same one everywhere. */
  private visibilityProblems(): ConfigurationProblem[] {
    const own = this.moduleRef.get<Type>(MODULE_CLASS, { strict: true });
    return [...this.modules.values()]
      .filter((module) => module.metatype !== own && visibleFrom(module, own).size > 1)
      .map(({ metatype }) => ({
        option: metatype.name,
        problem:
          'sees two imports of WechatPayComplaintModule, and Nest would mix their merchants up',
        fix: 'Import forRoot() once, or each in a module of its own that does not see the other.',
      }));
  }
}

/** The instances of our module that a module imports, itself or through a module that exports them. */
function visibleFrom(
  module: NestModule,
  own: Type,
  visited = new Set<NestModule>(),
): Set<NestModule> {
  const visible = new Set<NestModule>();
  if (visited.has(module)) return visible;
  visited.add(module);
  for (const imported of module.imports) {
    if (imported.metatype === own) visible.add(imported);
    else if (imported.exports.has(own)) {
      for (const exported of visibleFrom(imported, own, visited)) visible.add(exported);
    }
  }
  return visible;
}

/** Injected, because the module imports this file. */
export const MODULE_CLASS = Symbol('WechatPayComplaintModule');
