import { ConfigurableModuleBuilder, type DynamicModule } from '@nestjs/common';
import type { WechatPayComplaintModuleOptions } from './config/wechatpay-complaint-options.interface.js';
import { createRouteController } from './listeners/complaint-route.controller.js';
import { isJsonObject } from './utils/json.js';

/** Settings that Nest needs before it knows the options, so they stand beside a factory. */
interface ModuleExtras {
  /** Whether every module of the app can use this one without importing it. @default false */
  isGlobal: boolean;
  /**
   * Path of a POST route that this module brings: it gives notifications to the methods with
   * `@OnComplaint()`. Prefix, versioning and parameters are those of any route. Without it, the app
   * has a route with `@ComplaintNotification()`, or feeds `ComplaintDispatcher`.
   */
  route: string | undefined;
}

const builder = new ConfigurableModuleBuilder<WechatPayComplaintModuleOptions>({
  moduleName: 'WechatPayComplaint',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createWechatPayComplaintOptions')
  .setExtras<ModuleExtras>({ isGlobal: false, route: undefined }, (definition, extras) => ({
    ...definition,
    global: extras.isGlobal,
    controllers: extras.route === undefined ? [] : [createRouteController(extras.route)],
  }))
  .build();

export const { MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } = builder;

/** Without options the module is imported like the bare class, whose error says what to do. */
export class ConfigurableModuleClass extends builder.ConfigurableModuleClass {
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return isJsonObject(options) ? super.forRoot(options) : { module: this };
  }

  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return isJsonObject(options) ? super.forRootAsync(options) : { module: this };
  }
}
