import type { HttpService } from '@nestjs/axios';
import { type BeforeApplicationShutdown, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CallbackUrlRegistrar } from './callback-url/callback-url.registrar.js';
import { ComplaintService } from './complaints/complaint.service.js';
import { ComplaintNotificationService } from './callback-url/complaint-notification.service.js';
import { createHttpService } from './http/http-service.js';
import { MerchantContext } from './merchant/merchant-context.js';
import {
  COMPLAINT_NOTIFICATION_RECEIVER,
  WECHATPAY_HTTP_SERVICE,
} from './wechatpay-complaint.constants.js';
import { ComplaintNotificationVerifier } from './notifications/complaint-notification.verifier.js';
import { ComplaintNotificationReceiver } from './notifications/complaint-notification.receiver.js';
import { ComplaintNotificationProcessor } from './notifications/complaint-notification.processor.js';
import { RawBodyCheck } from './notifications/raw-body.check.js';
import { resolveOptions } from './config/resolve-options.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
} from './wechatpay-complaint.module-definition.js';
import type { WechatPayComplaintModuleOptions } from './config/wechatpay-complaint-options.interface.js';

/**
 * Complaint notifications of WeChat Pay (微信支付消费者投诉) for a Nest app: `forRoot(options)`, or
 * `forRootAsync({ imports, inject, useFactory | useClass | useExisting })`, each with `isGlobal`.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: WECHATPAY_HTTP_SERVICE, useFactory: createHttpService },
    {
      provide: MerchantContext,
      // Optional, so that importing the bare class ends in an error that says what to do instead.
      inject: [{ token: MODULE_OPTIONS_TOKEN, optional: true }, WECHATPAY_HTTP_SERVICE],
      useFactory: (options: WechatPayComplaintModuleOptions | undefined, http: HttpService) =>
        new MerchantContext(resolveOptions(options), http),
    },
    RawBodyCheck,
    ComplaintNotificationProcessor,
    ComplaintNotificationService,
    ComplaintService,
    CallbackUrlRegistrar,
    ComplaintNotificationVerifier,
    { provide: COMPLAINT_NOTIFICATION_RECEIVER, useClass: ComplaintNotificationReceiver },
  ],
  exports: [
    ComplaintNotificationService,
    ComplaintService,
    ComplaintNotificationVerifier,
    COMPLAINT_NOTIFICATION_RECEIVER,
  ],
})
export class WechatPayComplaintModule
  extends ConfigurableModuleClass
  implements BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    private readonly merchant: MerchantContext,
    private readonly runner: ComplaintNotificationProcessor,
  ) {
    super();
  }

  /** While everything that handlers use is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.runner.settle();
  }

  /** After the HTTP server has closed: until then notifications come, and need keys and store. */
  async onApplicationShutdown(): Promise<void> {
    await this.runner.drain();
    await this.merchant.close();
  }
}
