import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { WechatPayComplaintModuleOptions } from './config/wechatpay-complaint-options.interface.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<WechatPayComplaintModuleOptions>({
    moduleName: 'WechatPayComplaint',
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createWechatPayComplaintOptions')
    .setExtras({ isGlobal: false }, (definition, { isGlobal }) => ({
      ...definition,
      global: isGlobal,
    }))
    .build();
