import type { ComplaintOperateType } from '../complaints/interfaces/complaint-history.interface.js';
import type { ComplaintActionType } from '../notifications/complaint-notification-payload.interface.js';

/**
 * What a step in a history is called in a notification. `null`: WeChat Pay notifies no such step, either
 * because it is the merchant's own, or because no action type is documented for it, or because it is
 * a system message beside another step. A type that is not in the table keeps its name.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012533439 for the types of steps
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467249 for the action types
 */
const ACTIONS = {
  USER_CREATE_COMPLAINT: 'CREATE_COMPLAINT',
  USER_CONTINUE_COMPLAINT: 'CONTINUE_COMPLAINT',
  USER_RESPONSE: 'USER_RESPONSE',
  PLATFORM_RESPONSE: 'RESPONSE_BY_PLATFORM',
  COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE: 'SELLER_REFUND',
  COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE: 'REFUND_SUCCESS',
  USER_APPLY_PLATFORM_SERVICE: 'USER_APPLY_PLATFORM_SERVICE',
  USER_CANCEL_PLATFORM_SERVICE: 'USER_CANCEL_PLATFORM_SERVICE',
  PLATFORM_SERVICE_FINISHED: 'PLATFORM_SERVICE_FINISHED',
  // Former names of the consumer's request to the platform.
  USER_APPLY_PLATFORM_HELP: 'USER_APPLY_PLATFORM_SERVICE',
  PLATFORM_HELP_APPLICATION: 'USER_APPLY_PLATFORM_SERVICE',
  // The merchant's own actions are no longer notified.
  MERCHANT_RESPONSE: null,
  MERCHANT_CONFIRM_COMPLETE: null,
  MERCHANT_APPROVE_REFUND: null,
  MERCHANT_REFUSE_RERUND: null,
  // Beside the step that the message is about.
  USER_CREATE_COMPLAINT_SYSTEM_MESSAGE: null,
  USER_CONTINUE_COMPLAINT_SYSTEM_MESSAGE: null,
  // Without an action type.
  USER_REVOKE_COMPLAINT: null,
  USER_COMFIRM_COMPLAINT: null,
  USER_SUBMIT_SATISFACTION: null,
  USER_CLICK_RESPONSE: null,
  SERVICE_ORDER_CANCEL: null,
  SERVICE_ORDER_COMPLETE: null,
  COMPLAINT_PARTIAL_REFUNDED_SYSTEM_MESSAGE: null,
  COMPLAINT_ENTRUSTED_REFUND_SYSTEM_MESSAGE: null,
} as const satisfies Readonly<Record<string, ComplaintActionType | null>>;

const BY_OPERATE_TYPE: ReadonlyMap<string, ComplaintActionType | null> = new Map(
  Object.entries(ACTIONS),
);

/** The action type of a step; undefined when WeChat Pay notifies no such step. */
export function actionTypeOf(
  operateType: ComplaintOperateType | undefined,
): ComplaintActionType | undefined {
  if (operateType === undefined) return undefined;
  const known = BY_OPERATE_TYPE.get(operateType);
  return known === undefined ? operateType : (known ?? undefined);
}
