export { WechatPayComplaintHealthIndicator } from './wechatpay-complaint.health-indicator.js';
