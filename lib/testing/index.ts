export { acceptNotification, type AcceptedNotification } from './accept-notification.js';
export {
  createTestCertificate,
  createTestMerchant,
  createTestPublicKey,
  type TestCertificateOptions,
  type TestMerchant,
  type TestMerchantMode,
  type TestMerchantOptions,
  type TestPlatformKey,
} from './test-merchant.js';
export {
  type ComplaintNotificationContent,
  createNotificationBody,
  type SignatureOptions,
  signComplaintNotification,
  type SignedNotification,
  signNotificationBody,
} from './notification-signer.js';
export { DOCUMENTED_QUOTAS, type SimulatedQuotas } from './simulator/call-counter.js';
export type { SimulatedConsumer, SimulatedStep } from './simulator/consumer.js';
export type { SimulatedFault } from './simulator/faults.js';
export {
  type Delivery,
  type DeliveryAttempt,
  type NotificationKind,
  type NotifyOptions,
  REDELIVERY_SCHEDULE,
} from './simulator/notification-delivery.js';
export type {
  LostNotification,
  NotificationSenderOptions,
} from './simulator/notification-sender.js';
export type { SimulatedRequest } from './simulator/request-authentication.js';
export type { CallbackUrlResponses } from './simulator/routes/callback-url.routes.js';
export type { SimulatedApiOptions } from './simulator/routes/router.js';
export type { ComplaintEvent, SimulatedError } from './simulator/simulated-response.js';
export type {
  SimulatedComplaint,
  SimulatedComplaintContent,
  SimulatedHistoryEntry,
  SimulatedMedia,
} from './simulator/state/complaint-record.js';
export type {
  SimulatedMessage,
  SimulatedPlatformRequest,
} from './simulator/state/simulated-complaints.js';
export {
  WechatPaySimulator,
  type WechatPaySimulatorOptions,
} from './simulator/wechatpay-simulator.js';
