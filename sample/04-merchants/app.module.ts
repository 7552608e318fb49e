import { Module } from '@nestjs/common';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { ComplaintsController } from './complaints.controller.js';
import { ComplaintsJournal } from './complaints.journal.js';
import { MerchantsModule } from './merchants.module.js';
import { MerchantsRepository } from './merchants.repository.js';
import { MerchantsService } from './merchants.service.js';

@Module({
  imports: [
    MerchantsModule,
    WechatPayComplaintModule.forRootAsync({
      imports: [MerchantsModule],
      inject: [MerchantsRepository],
      useFactory: (merchants: MerchantsRepository) => ({
        // Looked up when they are needed, and kept in memory until they are invalidated.
        merchants,
        maxMerchants: 5000,
        callbackUrl: 'https://saas.example.com/wechatpay/{mchid}/complaints',
      }),
    }),
  ],
  controllers: [ComplaintsController],
  providers: [ComplaintsJournal, MerchantsService],
})
export class AppModule {}
