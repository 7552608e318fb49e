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
} from './sign-complaint-notification.js';
export {
  type Delivery,
  type DeliveryAttempt,
  type NotificationKind,
  type NotifyOptions,
  RETRY_SCHEDULE,
} from './notification-delivery.js';
export type { SimulatedError } from './simulated-answer.js';
export type {
  SimulatedComplaintContent,
  SimulatedMessage,
  SimulatedPlatformRequest,
} from './simulated-complaints.js';
export type { SimulatedRequest } from './request-authentication.js';
export type { SimulatedFault } from './simulated-fault.js';
export type { CallbackUrlAnswers } from './callback-url-calls.js';
export {
  type SimulatedStep,
  WechatPaySimulator,
  type WechatPaySimulatorOptions,
} from './wechatpay-simulator.js';
