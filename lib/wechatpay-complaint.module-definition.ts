import { ConfigurableModuleBuilder, type DynamicModule } from '@nestjs/common';
import { MODULE_SETTINGS } from './config/module-settings.js';
import { checkNames } from './config/option-checks.js';
import type { WechatPayComplaintModuleOptions } from './config/wechatpay-complaint-options.interface.js';
import type { ConfigurationProblem } from './errors/wechatpay-configuration.error.js';
import { createRouteController } from './listeners/complaint-route.controller.js';
import { type ComplaintRoute, routeProblems } from './listeners/route-setting.js';
import { isJsonObject } from './utils/json.js';

/** Settings of the import itself, which stand beside a factory: Nest needs them before the options. */
interface ModuleSettings {
  /** Whether every module of the app can use this one without importing it. @default false */
  isGlobal: boolean;
  /**
   * A POST route that the module brings, such as `'wechatpay/complaints'`: it gives notifications to the
   * methods with `@OnComplaint()`. Prefixes, versions and parameters are those of any route. Without
   * it the app has a route with `@ComplaintNotification()`, or feeds `ComplaintDispatcher` itself.
   */
  route: ComplaintRoute | undefined;
}

/** What is wrong with the settings of the import. */
export const SETTING_PROBLEMS = Symbol('SETTING_PROBLEMS');

/** What `forRootAsync` takes. */
const ASYNC_NAMES: readonly string[] = [
  'imports',
  'inject',
  'useFactory',
  'useClass',
  'useExisting',
  'provideInjectionTokensFrom',
  ...MODULE_SETTINGS,
];

const builder = new ConfigurableModuleBuilder<WechatPayComplaintModuleOptions>({
  moduleName: 'WechatPayComplaint',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createWechatPayComplaintOptions')
  .setExtras<ModuleSettings>({ isGlobal: false, route: undefined }, applySettings)
  .build();

export const { MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } = builder;

/** Without options the module is imported like the bare class, whose error says what to do. */
export class ConfigurableModuleClass extends builder.ConfigurableModuleClass {
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    if (!isJsonObject(options)) return { module: this };
    return withProblems(super.forRoot(options), routeProblems(options.route));
  }

  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    if (!isJsonObject(options)) return { module: this };
    const problems = routeProblems(options.route);
    checkNames('', options, ASYNC_NAMES, (option, problem, fix) => {
      problems.push({ option: `forRootAsync() has ${option}, which`, problem, fix });
    });
    return withProblems(super.forRootAsync(options), problems);
  }
}

function applySettings(
  definition: DynamicModule,
  { isGlobal, route }: ModuleSettings,
): DynamicModule {
  const hasRoute = route !== undefined && routeProblems(route).length === 0;
  return {
    ...definition,
    global: isGlobal,
    controllers: hasRoute ? [createRouteController(route)] : [],
  };
}

/** Nest offers no place to report them, so that the startup check does, beside all other problems. */
function withProblems(
  definition: DynamicModule,
  problems: readonly ConfigurationProblem[],
): DynamicModule {
  const provider = { provide: SETTING_PROBLEMS, useValue: problems };
  return { ...definition, providers: [...(definition.providers ?? []), provider] };
}
