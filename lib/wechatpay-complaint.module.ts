import type { HttpService } from '@nestjs/axios';
import { type BeforeApplicationShutdown, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CallbackUrlRegistrar } from './client/callback-url.registrar.js';
import { ComplaintService } from './client/complaint.service.js';
import { ComplaintNotificationService } from './client/complaint-notification.service.js';
import { createHttpService, WECHATPAY_HTTP_SERVICE } from './client/http-service.js';
import { MerchantContext } from './client/merchant-context.js';
import { COMPLAINT_NOTIFICATION_RECEIVER } from './notification/complaint-notification.constants.js';
import { ComplaintNotificationHandler } from './notification/complaint-notification.handler.js';
import { ComplaintNotificationReceiver } from './notification/complaint-notification.receiver.js';
import { ComplaintNotificationRunner } from './notification/complaint-notification.runner.js';
import { RawBodyOption } from './notification/raw-body-option.js';
import { resolveOptions } from './options/resolve-options.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
} from './options/wechatpay-complaint.module-definition.js';
import type { WechatPayComplaintModuleOptions } from './options/wechatpay-complaint-options.interface.js';

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
    RawBodyOption,
    ComplaintNotificationRunner,
    ComplaintNotificationService,
    ComplaintService,
    CallbackUrlRegistrar,
    ComplaintNotificationHandler,
    { provide: COMPLAINT_NOTIFICATION_RECEIVER, useClass: ComplaintNotificationReceiver },
  ],
  exports: [
    ComplaintNotificationService,
    ComplaintService,
    ComplaintNotificationHandler,
    COMPLAINT_NOTIFICATION_RECEIVER,
  ],
})
export class WechatPayComplaintModule
  extends ConfigurableModuleClass
  implements BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    private readonly merchant: MerchantContext,
    private readonly runner: ComplaintNotificationRunner,
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
