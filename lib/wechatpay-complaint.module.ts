import type { HttpService } from '@nestjs/axios';
import { type BeforeApplicationShutdown, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CallbackUrlRegistrar } from './callback-url/callback-url.registrar.js';
import { ComplaintNotificationService } from './callback-url/complaint-notification.service.js';
import { ComplaintService } from './complaints/complaint.service.js';
import type { WechatPayComplaintModuleOptions } from './config/wechatpay-complaint-options.interface.js';
import { WechatPayComplaintHealth } from './health/wechatpay-complaint.health.js';
import { createHttpService } from './http/http-service.js';
import { ComplaintDispatcher } from './listeners/complaint-dispatcher.js';
import { ComplaintListenerExplorer } from './listeners/complaint-listener.explorer.js';
import { ListenerCheck } from './listeners/listener.check.js';
import { TransactionCheck } from './listeners/transaction.check.js';
import { MODULE_CLASS } from './listeners/visible-modules.js';
import { AppContext } from './merchant/app-context.js';
import { MerchantAccess } from './merchant/merchant-access.js';
import { MerchantRegistry } from './merchant/merchant-registry.js';
import { WechatPayMerchants } from './merchant/wechatpay-merchants.js';
import { CallbackUrlRouteCheck } from './notifications/callback-url-route.check.js';
import { ComplaintNotificationProcessor } from './notifications/complaint-notification.processor.js';
import { ComplaintNotificationReceiver } from './notifications/complaint-notification.receiver.js';
import { ComplaintNotificationVerifier } from './notifications/complaint-notification.verifier.js';
import { MerchantRouteCheck } from './notifications/merchant-route.check.js';
import { RawBodyCheck } from './notifications/raw-body.check.js';
import { RouteCheck } from './notifications/route.check.js';
import { RouteExplorer } from './notifications/route.explorer.js';
import { ComplaintReconciler } from './reconciliation/complaint-reconciler.js';
import { DeadlineListeners } from './reconciliation/deadline-listeners.js';
import { PayloadRoutes } from './reconciliation/payload-routes.js';
import { ReconciliationSchedule } from './reconciliation/reconciliation-schedule.js';
import {
  COMPLAINT_NOTIFICATION_RECEIVER,
  WECHATPAY_HTTP_SERVICE,
} from './wechatpay-complaint.constants.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
} from './wechatpay-complaint.module-definition.js';
import { ScopeCheck } from './wechatpay-complaint.scope-check.js';
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
      provide: AppContext,
      // Optional, so that importing the bare class ends in an error that says what to do instead.
      inject: [{ token: MODULE_OPTIONS_TOKEN, optional: true }],
      useFactory: (options: WechatPayComplaintModuleOptions | undefined) =>
        AppContext.create(options),
    },
    {
      provide: MerchantRegistry,
      inject: [AppContext, WECHATPAY_HTTP_SERVICE],
      useFactory: (app: AppContext, http: HttpService) => new MerchantRegistry(app, http),
    },
    {
      provide: MerchantAccess,
      inject: [AppContext, MerchantRegistry],
      useFactory: (app: AppContext, registry: MerchantRegistry) =>
        new MerchantAccess(app, registry),
    },
    WechatPayMerchants,
    ComplaintNotificationService,
    ComplaintService,
    CallbackUrlRegistrar,
    ComplaintNotificationVerifier,
    ComplaintNotificationProcessor,
    { provide: COMPLAINT_NOTIFICATION_RECEIVER, useClass: ComplaintNotificationReceiver },
    ComplaintListenerExplorer,
    ListenerCheck,
    ComplaintDispatcher,
    PayloadRoutes,
    DeadlineListeners,
    ComplaintReconciler,
    ReconciliationSchedule,
    TransactionCheck,
    RouteExplorer,
    RouteCheck,
    RawBodyCheck,
    CallbackUrlRouteCheck,
    MerchantRouteCheck,
    ScopeCheck,
    StartupCheck,
    WechatPayComplaintHealth,
  ],
  exports: [
    ComplaintNotificationService,
    ComplaintService,
    ComplaintNotificationVerifier,
    ComplaintDispatcher,
    ComplaintReconciler,
    WechatPayMerchants,
    COMPLAINT_NOTIFICATION_RECEIVER,
    WechatPayComplaintHealth,
  ],
})
export class WechatPayComplaintModule
  extends ConfigurableModuleClass
  implements BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    private readonly app: AppContext,
    private readonly registry: MerchantRegistry,
    private readonly processor: ComplaintNotificationProcessor,
    private readonly reconciliation: ReconciliationSchedule,
  ) {
    super();
  }

  /** Nest has called `onModuleDestroy` of the app's providers by now, but the HTTP server still runs. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([
      this.reconciliation.stop(this.app.options.shutdownTimeout),
      this.processor.waitForHandlers(),
    ]);
  }

  /** The HTTP server is closed. Until then notifications arrive and need keys and store. */
  async onApplicationShutdown(): Promise<void> {
    await this.processor.close();
    this.registry.close();
    await this.app.close();
  }
}
