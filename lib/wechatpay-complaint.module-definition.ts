import { ConfigurableModuleBuilder, type DynamicModule } from '@nestjs/common';
import type { WechatPayComplaintModuleOptions } from './config/wechatpay-complaint-options.interface.js';
import { isJsonObject } from './utils/json.js';

const builder = new ConfigurableModuleBuilder<WechatPayComplaintModuleOptions>({
  moduleName: 'WechatPayComplaint',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createWechatPayComplaintOptions')
  .setExtras({ isGlobal: false }, (definition, { isGlobal }) => ({
    ...definition,
    global: isGlobal,
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
