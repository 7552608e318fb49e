export { WechatPayComplaintModule } from './wechatpay-complaint.module.js';

// Options
export type {
  PlatformCertificatesOptions,
  RetryOptions,
  WechatPayComplaintModuleOptions,
  WechatPayComplaintOptionsFactory,
  WechatPayRequestConfig,
} from './options/wechatpay-complaint-options.interface.js';
export {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from './options/wechatpay-configuration.error.js';
export type { KeyMaterial } from './protocol/rsa-key.js';

// Remembering which notifications were handled
export type {
  NotificationClaim,
  NotificationKey,
  NotificationStore,
} from './store/notification-store.interface.js';
export {
  MemoryNotificationStore,
  type MemoryNotificationStoreOptions,
} from './store/memory-notification-store.js';
export { NotificationStoreError } from './store/notification-store.error.js';

// Seen from outside
export {
  CALL_CHANNEL,
  type CallEvent,
  NOTIFICATION_CHANNEL,
  type NotificationEvent,
} from './diagnostics.js';

// Outbound: the callback URL
export {
  type ComplaintNotificationRegistration,
  ComplaintNotificationService,
  type ComplaintNotificationUrl,
  type EnsuredComplaintNotification,
} from './client/complaint-notification.service.js';

// Outbound: complaints
export { ComplaintService } from './client/complaint.service.js';
export { PagedObservable } from './client/paged-observable.js';
export { WechatPayDecryptionError } from './client/wechatpay-decryption.error.js';
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
} from './client/complaint.interface.js';
export type {
  ComplaintHistoryEntry,
  ComplaintHistoryPage,
  ComplaintOperateType,
} from './client/complaint-history.interface.js';
export type {
  ButtonGroupMessageBlock,
  ButtonMessageBlock,
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
  TextMessageBlock,
  UnknownMessageBlock,
  UnknownMessageBlockType,
} from './client/complaint-message.interface.js';
export type {
  ComplaintedMerchant,
  ComplaintHistoryQuery,
  ComplaintImage,
  ComplaintImageFile,
  ComplaintQuery,
  ComplaintRange,
  ComplaintRefundApproval,
  ComplaintRefundRejection,
  ComplaintResponse,
  ImmediateComplaintResponse,
  ImmediateComplaintResponseReceipt,
  PageQuery,
  UploadedComplaintImage,
} from './client/complaint-requests.interface.js';

// Errors of both
export {
  WechatPayApiError,
  type WechatPayApiErrorCode,
  type WechatPayApiErrorDetail,
} from './client/wechatpay-api.error.js';
export { WechatPayArgumentError } from './client/wechatpay-argument.error.js';
export {
  WechatPayNetworkError,
  type WechatPayNetworkErrorCode,
} from './client/wechatpay-network.error.js';
export { WechatPaySignatureError } from './client/wechatpay-signature.error.js';
export { WechatPayError } from './protocol/wechatpay.error.js';
export type { SignatureRefusalCode } from './protocol/signature-refusal.error.js';

// Inbound: notifications
export {
  ComplaintNotification,
  isComplaintNotification,
} from './notification/complaint-notification.decorator.js';
export {
  ComplaintNotificationException,
  type ComplaintNotificationRefusalCode,
} from './notification/complaint-notification.exception.js';
export { ComplaintNotificationFilter } from './notification/complaint-notification.filter.js';
export { ComplaintNotificationGuard } from './notification/complaint-notification.guard.js';
export {
  ComplaintNotificationHandler,
  type IncomingNotification,
} from './notification/complaint-notification.handler.js';
export { COMPLAINT_NOTIFICATION_RECEIVER } from './notification/complaint-notification.constants.js';
export { ComplaintNotificationReceiver } from './notification/complaint-notification.receiver.js';
export type { IncomingRequest } from './notification/raw-body.js';
export { ComplaintNotificationInterceptor } from './notification/complaint-notification.interceptor.js';
export type {
  ComplaintActionType,
  ComplaintEventType,
  ComplaintNotificationPayload,
  ComplaintResource,
} from './notification/complaint-notification-payload.interface.js';
export { ComplaintPayload } from './notification/complaint-payload.decorator.js';
export type { HeaderFields } from './protocol/signature-headers.js';
