import { Module } from '@nestjs/common';
import { ConfigModule, type ConfigType } from '@nestjs/config';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import { pgStore } from 'nestjs-wechatpay-complaint/sql';
import { Pool } from 'pg';
import { ComplaintsListener } from './complaints.listener.js';
import { ComplaintsWorker } from './complaints.worker.js';
import { DatabaseModule } from './database.js';

/** The app of the folder above without Redis: notifications, complaints and jobs are in PostgreSQL. */
@Module({
  imports: [
    DatabaseModule,
    ConfigModule.forRoot({ isGlobal: true, load: [wechatPayComplaintConfig] }),
    WechatPayComplaintModule.forRootAsync({
      route: 'wechatpay/complaints',
      inject: [wechatPayComplaintConfig.KEY, Pool],
      useFactory: (wechatPay: ConfigType<typeof wechatPayComplaintConfig>, pool: Pool) => ({
        ...wechatPay,
        store: pgStore(pool),
        // Milliseconds until another process may handle the notifications of one that died. Short,
        // because the handler only writes two rows.
        lease: 2000,
      }),
    }),
  ],
  providers: [ComplaintsListener, ComplaintsWorker],
})
export class AppModule {}
