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
} from './sign-complaint-notification.js';
export {
  type Delivery,
  type DeliveryAttempt,
  type NotificationKind,
  type NotifyOptions,
  RETRY_SCHEDULE,
} from './simulator/notification-delivery.js';
export type { SimulatedError } from './simulator/simulated-response.js';
export type {
  SimulatedComplaintContent,
  SimulatedMessage,
  SimulatedPlatformRequest,
} from './simulator/simulated-complaints.js';
export type { SimulatedRequest } from './simulator/request-authentication.js';
export type { SimulatedFault } from './simulator/simulated-fault.js';
export type { CallbackUrlResponses } from './simulator/callback-url.routes.js';
export {
  type SimulatedStep,
  WechatPaySimulator,
  type WechatPaySimulatorOptions,
} from './simulator/wechatpay-simulator.js';
