export { WechatPayComplaintModule } from './wechatpay-complaint.module.js';

// Options
export type {
  DeadlineOptions,
  MerchantDefaults,
  MerchantOptions,
  MerchantSource,
  PlatformCertificatesOptions,
  ReconciliationOptions,
  RetryOptions,
  SeveralMerchantsOptions,
  SharedOptions,
  SingleMerchantOptions,
  WechatPayComplaintModuleOptions,
  WechatPayComplaintOptionsFactory,
  WechatPayRequestConfig,
} from './config/wechatpay-complaint-options.interface.js';
export {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from './errors/wechatpay-configuration.error.js';
export type { KeyMaterial } from './protocol/rsa-key.js';

// Several merchants
export { WechatPayMerchants } from './merchant/wechatpay-merchants.js';
export {
  WechatPayMerchantError,
  type WechatPayMerchantErrorCode,
} from './errors/wechatpay-merchant.error.js';

// Stores of handled notifications
export type {
  ComplaintKey,
  ComplaintRecord,
  NotificationClaim,
  NotificationKey,
  NotificationStore,
} from './stores/notification-store.interface.js';
export {
  MemoryNotificationStore,
  type MemoryNotificationStoreOptions,
} from './stores/memory-notification-store.js';
export { NotificationStoreError } from './errors/notification-store.error.js';

// Observability
export {
  CALL_CHANNEL,
  type CallEvent,
  NOTIFICATION_CHANNEL,
  type NotificationEvent,
  SWEEP_CHANNEL,
  type SweepEvent,
} from './diagnostics/diagnostics.js';
export type { CallTrace, NotificationTrace } from './diagnostics/tracing.js';
export type { CallbackUrlHealth } from './health/callback-url.health.js';
export type { LastSweepHealth } from './health/last-sweep.health.js';
export type { PlatformKeysHealth } from './health/platform-keys.health.js';
export type { StoreHealth } from './health/store.health.js';
export {
  type ComplaintHealth,
  type ComplaintHealthOptions,
  type MerchantHealth,
  WechatPayComplaintHealth,
} from './health/wechatpay-complaint.health.js';

// Outbound: the callback URL
export {
  type ComplaintNotificationRegistration,
  ComplaintNotificationService,
  type ComplaintNotificationUrl,
  type EnsuredComplaintNotification,
  type EnsuredMerchant,
} from './callback-url/complaint-notification.service.js';

// Reconciliation and deadlines
export {
  ComplaintReconciler,
  type LastSweep,
  type ReconciliationReport,
  type SweepOptions,
} from './reconciliation/complaint-reconciler.js';
export type { ComplaintDeadline } from './reconciliation/complaint-deadline.interface.js';
export {
  type ComplaintDeadlines,
  type DeadlineLimits,
  deadlinesOf,
} from './reconciliation/deadlines.js';
export { OnComplaintDeadline } from './reconciliation/on-complaint-deadline.decorator.js';
export type { ComplaintDeadlineKind } from './reconciliation/reminders.js';

// Outbound: complaints
export { ComplaintService } from './complaints/complaint.service.js';
export { PagedObservable } from './complaints/paged-observable.js';
export { WechatPayDecryptionError } from './errors/wechatpay-decryption.error.js';
export type {
  Complaint,
  ComplaintAdditionalInfo,
  ComplaintAdditionalInfoType,
  ComplaintMedia,
  ComplaintMediaType,
  ComplaintOrder,
  ComplaintPage,
  ComplaintProblemType,
  ComplaintServiceOrder,
  ComplaintState,
  ComplaintUserTag,
  Page,
  ServiceOrderState,
  SharePowerInfo,
  SharePowerReturnAddress,
  UnreadableEntry,
  UnreadFields,
} from './complaints/interfaces/complaint.interface.js';
export type {
  ComplaintHistoryEntry,
  ComplaintHistoryPage,
  ComplaintOperateType,
} from './complaints/interfaces/complaint-history.interface.js';
export type {
  ButtonGroupMessageBlock,
  ButtonMessageBlock,
  ClickedMessageContent,
  ComplaintClickMessage,
  ComplaintMessage,
  FaqListMessageBlock,
  ImageMessageBlock,
  LinkMessageBlock,
  MessageAction,
  MessageActionContent,
  MessageActionType,
  MessageBlock,
  MessageButton,
  MessageButtonGroup,
  MessageButtonLayout,
  MessageFaq,
  MessageFaqList,
  MessageImage,
  MessageImageStyle,
  MessageInvalidInfo,
  MessageLink,
  MessageSenderIdentity,
  MessageText,
  MessageTextColor,
  MiniProgramJumpInfo,
  Received,
  ReceivedComplaintMessage,
  ReceivedMessageBlock,
  TextMessageBlock,
} from './complaints/interfaces/complaint-message.interface.js';
export type {
  AllComplaintsQuery,
  ComplaintedMerchant,
  ComplaintHistoryQuery,
  ComplaintImage,
  ComplaintImageFile,
  ComplaintQuery,
  ComplaintRange,
  ComplaintRefundApproval,
  ComplaintRefundRejection,
  ComplaintReply,
  ImmediateComplaintReply,
  ImmediateComplaintReplyReceipt,
  PageQuery,
  ReadAllOptions,
  UploadedComplaintImage,
} from './complaints/interfaces/complaint-requests.interface.js';

// Errors
export {
  WechatPayApiError,
  type WechatPayApiErrorCode,
  type WechatPayApiErrorDetail,
} from './errors/wechatpay-api.error.js';
export { WechatPayArgumentError } from './errors/wechatpay-argument.error.js';
export {
  WechatPayNetworkError,
  type WechatPayNetworkErrorCode,
} from './errors/wechatpay-network.error.js';
export { WechatPayPlatformKeyError } from './errors/wechatpay-platform-key.error.js';
export {
  type SignatureRejectionCode,
  WechatPaySignatureError,
} from './errors/wechatpay-signature.error.js';
export { WechatPayError } from './errors/wechatpay.error.js';
export { WechatPayErrorFilter } from './http/wechatpay-error.filter.js';

// Inbound: notifications
export {
  ComplaintNotification,
  type ComplaintNotificationOptions,
  isComplaintNotification,
} from './notifications/complaint-notification.decorator.js';
export {
  type ComplaintNotificationCode,
  type ComplaintNotificationDeferralCode,
  ComplaintNotificationException,
  type ComplaintNotificationRejectionCode,
} from './notifications/complaint-notification.exception.js';
export { ComplaintNotificationFilter } from './notifications/complaint-notification.filter.js';
export { ComplaintNotificationGuard } from './notifications/complaint-notification.guard.js';
export {
  ComplaintNotificationVerifier,
  type IncomingNotification,
} from './notifications/complaint-notification.verifier.js';
export { COMPLAINT_NOTIFICATION_RECEIVER } from './wechatpay-complaint.constants.js';
export { ComplaintNotificationReceiver } from './notifications/complaint-notification.receiver.js';
export type {
  NotificationOutcome,
  NotificationTask,
  ReceivedNotification,
} from './notifications/received-notification.js';
export type { IncomingHeaders } from './notifications/incoming-headers.js';
export type { IncomingRequest } from './notifications/raw-body.js';
export type {
  ComplaintActionType,
  ComplaintEventType,
  ComplaintNotificationPayload,
  ComplaintResource,
} from './notifications/complaint-notification-payload.interface.js';
export { ComplaintDispatcher, type DispatchOptions } from './listeners/complaint-dispatcher.js';
export type { ComplaintRoute, ComplaintRouteOptions } from './listeners/route-setting.js';
export { OnComplaint } from './listeners/on-complaint.decorator.js';
export { InTransaction } from './notifications/in-transaction.decorator.js';
export { ComplaintPayload } from './notifications/complaint-payload.decorator.js';
export type { HeaderFields } from './protocol/signature-headers.js';
