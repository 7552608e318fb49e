import type { ComplaintHistoryEntry } from '../complaints/interfaces/complaint-history.interface.js';
import type {
  ComplaintActionType,
  ComplaintNotificationPayload,
} from '../notifications/complaint-notification-payload.interface.js';
import { creationId, reconciliationId } from '../notifications/notification-key.js';
import { parseChinaTime, toChinaTime } from '../utils/china-time.js';
import { actionTypeOf } from './operate-types.js';

const SECOND = 1000;

/** A step in a history that is notified. */
export interface NotifiedStep {
  readonly logId: string;
  readonly action: ComplaintActionType;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * The steps that are notified and newer than the last one known, oldest first. WeChat Pay writes some
 * times without milliseconds, so a step in the same second counts as known.
 */
export function stepsAfter(
  heardAt: number,
  history: readonly ComplaintHistoryEntry[],
): NotifiedStep[] {
  const steps = history.flatMap(({ log_id: logId, operate_type, operate_time }) => {
    const action = actionTypeOf(operate_type);
    const at = parseChinaTime(operate_time);
    const isNew = at !== undefined && Math.floor(at / SECOND) > Math.floor(heardAt / SECOND);
    return isNew && action !== undefined && action !== 'CREATE_COMPLAINT'
      ? { logId, action, at }
      : [];
  });
  return steps.sort((a, b) => a.at - b.at);
}

/** What the handlers get for a complaint whose notification never arrived. */
export function creationPayload(
  mchid: string,
  complaintId: string,
  createdAt: number | undefined,
): ComplaintNotificationPayload {
  return {
    mchid,
    id: creationId(complaintId),
    ...(createdAt !== undefined && { create_time: toChinaTime(createdAt) }),
    event_type: 'COMPLAINT.CREATE',
    complaint: { complaint_id: complaintId, action_type: 'CREATE_COMPLAINT' },
    origin: 'reconciliation',
  };
}

/** What the handlers get for a step whose notification never arrived. */
export function stepPayload(
  mchid: string,
  complaintId: string,
  { logId, action, at }: NotifiedStep,
): ComplaintNotificationPayload {
  return {
    mchid,
    id: reconciliationId(complaintId, logId),
    create_time: toChinaTime(at),
    event_type: 'COMPLAINT.STATE_CHANGE',
    complaint: { complaint_id: complaintId, action_type: action },
    origin: 'reconciliation',
  };
}
