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
export {
  type SimulatedError,
  type SimulatedFault,
  type SimulatedRequest,
  WechatPaySimulator,
  type WechatPaySimulatorOptions,
} from './wechatpay-simulator.js';
