import type { HttpService } from '@nestjs/axios';
import { type BeforeApplicationShutdown, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CallbackUrlRegistrar } from './callback-url/callback-url.registrar.js';
import { ComplaintNotificationService } from './callback-url/complaint-notification.service.js';
import { ComplaintService } from './complaints/complaint.service.js';
import type { WechatPayComplaintModuleOptions } from './config/wechatpay-complaint-options.interface.js';
import { createHttpService } from './http/http-service.js';
import { ComplaintDispatcher } from './listeners/complaint-dispatcher.js';
import { ComplaintListenerExplorer } from './listeners/complaint-listener.explorer.js';
import { MODULE_CLASS } from './listeners/visible-modules.js';
import { MerchantContext } from './merchant/merchant-context.js';
import { CallbackUrlRouteCheck } from './notifications/callback-url-route.check.js';
import { ComplaintNotificationProcessor } from './notifications/complaint-notification.processor.js';
import { ComplaintNotificationReceiver } from './notifications/complaint-notification.receiver.js';
import { ComplaintNotificationVerifier } from './notifications/complaint-notification.verifier.js';
import { RawBodyCheck } from './notifications/raw-body.check.js';
import { RouteCheck } from './notifications/route.check.js';
import { RouteExplorer } from './notifications/route.explorer.js';
import {
  COMPLAINT_NOTIFICATION_RECEIVER,
  WECHATPAY_HTTP_SERVICE,
} from './wechatpay-complaint.constants.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
} from './wechatpay-complaint.module-definition.js';
import { StartupCheck } from './wechatpay-complaint.startup-check.js';

/**
 * Complaint notifications of WeChat Pay (微信支付消费者投诉) for a Nest app: `forRoot(options)`, or
 * `forRootAsync({ imports, inject, useFactory | useClass | useExisting })`, each with `isGlobal` and
 * `route`.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: MODULE_CLASS, useFactory: () => WechatPayComplaintModule },
    { provide: WECHATPAY_HTTP_SERVICE, useFactory: createHttpService },
    {
      provide: MerchantContext,
      // Optional, so that importing the bare class ends in an error that says what to do instead.
      inject: [{ token: MODULE_OPTIONS_TOKEN, optional: true }, WECHATPAY_HTTP_SERVICE],
      useFactory: (options: WechatPayComplaintModuleOptions | undefined, http: HttpService) =>
        MerchantContext.create(options, http),
    },
    ComplaintNotificationService,
    ComplaintService,
    CallbackUrlRegistrar,
    ComplaintNotificationVerifier,
    ComplaintNotificationProcessor,
    { provide: COMPLAINT_NOTIFICATION_RECEIVER, useClass: ComplaintNotificationReceiver },
    ComplaintListenerExplorer,
    ComplaintDispatcher,
    RouteExplorer,
    RouteCheck,
    RawBodyCheck,
    CallbackUrlRouteCheck,
    StartupCheck,
  ],
  exports: [
    ComplaintNotificationService,
    ComplaintService,
    ComplaintNotificationVerifier,
    ComplaintDispatcher,
    COMPLAINT_NOTIFICATION_RECEIVER,
  ],
})
export class WechatPayComplaintModule
  extends ConfigurableModuleClass
  implements BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    private readonly merchant: MerchantContext,
    private readonly processor: ComplaintNotificationProcessor,
  ) {
    super();
  }

  /** Nest has called `onModuleDestroy` of the app's providers by now, but the HTTP server still runs. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.processor.waitForHandlers();
  }

  /** The HTTP server is closed. Until then notifications arrive and need keys and store. */
  async onApplicationShutdown(): Promise<void> {
    await this.processor.close();
    await this.merchant.close();
  }
}
