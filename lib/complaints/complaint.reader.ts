import { requireText } from '../http/response-reader.js';
import type {
  Complaint,
  ComplaintAdditionalInfo,
  ComplaintMedia,
  ComplaintOrder,
  ComplaintServiceOrder,
  SharePowerInfo,
  SharePowerReturnAddress,
} from './interfaces/complaint.interface.js';
import {
  added,
  fields,
  flag,
  integer,
  list,
  listOrItem,
  readLeniently,
  text,
  time,
} from './lenient-reader.js';

export const mediaList = listOrItem(
  fields<ComplaintMedia>({ media_type: text, media_url: list(text) }),
);

const complaint = fields<Complaint>({
  complaint_id: text,
  complaint_time: time,
  complaint_detail: text,
  complaint_state: text,
  complainted_mchid: text,
  payer_phone: text,
  payer_openid: text,
  complaint_media_list: mediaList,
  complaint_order_info: list(
    fields<ComplaintOrder>({ transaction_id: text, out_trade_no: text, amount: integer }),
  ),
  service_order_info: list(
    fields<ComplaintServiceOrder>({ order_id: text, out_order_no: text, state: text }),
  ),
  complaint_full_refunded: flag,
  incoming_user_response: flag,
  problem_description: text,
  user_complaint_times: integer,
  problem_type: text,
  apply_refund_amount: integer,
  user_tag_list: list(text),
  additional_info: fields<ComplaintAdditionalInfo>({
    type: text,
    share_power_info: fields<SharePowerInfo>({
      return_time: time,
      return_address_info: fields<SharePowerReturnAddress>({
        return_address: text,
        longitude: text,
        latitude: text,
      }),
      is_returned_to_same_machine: flag,
    }),
  }),
  in_platform_service: flag,
  need_immediate_service: flag,
  is_agent_mode: flag,
  unreadFields: added,
});

/** @throws ResponseFault when it has no id */
export function readComplaint(value: unknown, at?: string): Complaint {
  const complaint_id = requireText(value, 'complaint_id', at);
  return { ...readLeniently(complaint, value), complaint_id };
}
