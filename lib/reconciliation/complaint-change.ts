import { createHash } from 'node:crypto';
import type { Complaint } from '../complaints/interfaces/complaint.interface.js';

/**
 * A digest of what a step in the history of a complaint changes in its entry of the list. Two digests of
 * one complaint are equal when nothing of that has changed. Not part of it are the URLs of pictures and
 * the encrypted phone number, which differ each time the list is read, and what never changes.
 */
export function digestOf(complaint: Complaint): string {
  const parts = [
    complaint.complaint_state,
    complaint.complaint_full_refunded,
    complaint.incoming_user_response,
    complaint.user_complaint_times,
    complaint.in_platform_service,
    complaint.need_immediate_service,
    complaint.problem_type,
    complaint.apply_refund_amount,
    complaint.complaint_detail,
    complaint.service_order_info?.map(({ order_id, state }) => [order_id, state]),
  ];
  // JSON writes undefined in an array as null, so that every part keeps its place.
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16);
}
