import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { ConfigModule, type ConfigType } from '@nestjs/config';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import { RedisNotificationStore } from 'nestjs-wechatpay-complaint/redis';
import { ComplaintsController } from './complaints.controller.js';
import { ComplaintsProcessor } from './complaints.processor.js';
import { COMPLAINTS_QUEUE } from './complaints.queue.js';
import { ComplaintsRepository } from './complaints.repository.js';
import { redisConfig } from './redis.config.js';

const EIGHT_DAYS = 8 * 24 * 60 * 60;

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true, load: [wechatPayComplaintConfig, redisConfig] }),
    WechatPayComplaintModule.forRootAsync({
      inject: [wechatPayComplaintConfig.KEY, redisConfig.KEY],
      useFactory: (
        // Includes WECHATPAY_CALLBACK_URL, which every process registers when it starts.
        wechatPay: ConfigType<typeof wechatPayComplaintConfig>,
        { url, prefix }: ConfigType<typeof redisConfig>,
      ) => ({
        ...wechatPay,
        store: new RedisNotificationStore({ connection: url, keyPrefix: `${prefix}notification:` }),
        // Milliseconds until another process may handle the notifications of one that died. Short,
        // because the handler only adds a job.
        lease: 2000,
      }),
    }),
    BullModule.forRootAsync({
      inject: [redisConfig.KEY],
      useFactory: ({ url, prefix }: ConfigType<typeof redisConfig>) => ({
        connection: { url },
        prefix: `${prefix}queue`,
      }),
    }),
    BullModule.registerQueue({
      name: COMPLAINTS_QUEUE,
      defaultJobOptions: {
        attempts: 10,
        backoff: { type: 'exponential', delay: 1000 },
        // Adding a job that still exists changes nothing. WeChat Pay redelivers for up to a week.
        removeOnComplete: { age: EIGHT_DAYS },
      },
    }),
  ],
  controllers: [ComplaintsController],
  providers: [ComplaintsProcessor, ComplaintsRepository],
})
export class AppModule {}
