import type { ComplaintActionType } from '../notifications/complaint-notification-payload.interface.js';

/** The action types that are documented today. The set is open. */
export const ACTION_TYPES: readonly ComplaintActionType[] = [
  'CREATE_COMPLAINT',
  'CONTINUE_COMPLAINT',
  'USER_RESPONSE',
  'RESPONSE_BY_PLATFORM',
  'SELLER_REFUND',
  'MERCHANT_RESPONSE',
  'MERCHANT_CONFIRM_COMPLETE',
  'USER_APPLY_PLATFORM_SERVICE',
  'USER_CANCEL_PLATFORM_SERVICE',
  'PLATFORM_SERVICE_FINISHED',
  'MERCHANT_APPROVE_REFUND',
  'MERCHANT_REJECT_REFUND',
  'REFUND_SUCCESS',
];
