export {
  WechatPayComplaintInstrumentation,
  type WechatPayComplaintInstrumentationConfig,
} from './wechatpay-complaint.instrumentation.js';
