import type { ComplaintActionType } from '../notifications/complaint-notification-payload.interface.js';
import { closestMatch } from '../utils/closest-match.js';

/** Every action_type that is documented today. WeChat Pay adds new ones without notice. */
const DOCUMENTED: readonly ComplaintActionType[] = [
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

export function isDocumentedAction(actionType: string): boolean {
  return DOCUMENTED.some((documented) => documented === actionType);
}

/** The documented action that an undocumented one was probably meant to be. */
export function documentedActionLike(actionType: string): string | undefined {
  return isDocumentedAction(actionType) ? undefined : closestMatch(actionType, DOCUMENTED);
}
