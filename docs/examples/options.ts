import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService, type ConfigType } from '@nestjs/config';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import { RedisNotificationStore } from 'nestjs-wechatpay-complaint/redis';

// #region factory
@Module({
  imports: [
    WechatPayComplaintModule.forRootAsync({
      imports: [ConfigModule],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        mchid: config.getOrThrow<string>('WECHATPAY_MCHID'),
        serial: config.getOrThrow<string>('WECHATPAY_SERIAL'),
        privateKey: config.getOrThrow<string>('WECHATPAY_PRIVATE_KEY'),
        apiV3Key: config.getOrThrow<string>('WECHATPAY_API_V3_KEY'),
        platformKeys: {
          [config.getOrThrow<string>('WECHATPAY_PUBLIC_KEY_ID')]:
            config.getOrThrow<string>('WECHATPAY_PUBLIC_KEY'),
        },
      }),
    }),
  ],
})
export class FactoryModule {}
// #endregion factory

// #region environment
@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true, load: [wechatPayComplaintConfig] }),
    WechatPayComplaintModule.forRootAsync({
      inject: [wechatPayComplaintConfig.KEY],
      useFactory: (environment: ConfigType<typeof wechatPayComplaintConfig>) => ({
        ...environment,
        store: new RedisNotificationStore({ connection: 'redis://127.0.0.1:6379' }),
      }),
    }),
  ],
})
export class EnvironmentModule {}
// #endregion environment
