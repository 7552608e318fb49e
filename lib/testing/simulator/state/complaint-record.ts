import { constants, publicEncrypt } from 'node:crypto';
import type { ComplaintOperateType } from '../../../complaints/interfaces/complaint-history.interface.js';
import type { ComplaintMessage } from '../../../complaints/interfaces/complaint-message.interface.js';
import type {
  Complaint,
  ComplaintMediaType,
  ComplaintOrder,
  ComplaintState,
} from '../../../complaints/interfaces/complaint.interface.js';
import type { TestMerchant } from '../../test-merchant.js';
import { digits } from './digits.js';
import type { SimulatedImages } from './simulated-images.js';

/** What a consumer complains about. Every field has a default. */
export interface SimulatedComplaintContent extends Partial<
  Pick<
    Complaint,
    | 'complaint_id'
    | 'complaint_time'
    | 'complaint_detail'
    | 'complainted_mchid'
    | 'payer_openid'
    | 'service_order_info'
    | 'problem_description'
    | 'problem_type'
    | 'apply_refund_amount'
    | 'user_tag_list'
    | 'additional_info'
    | 'need_immediate_service'
    | 'is_agent_mode'
  >
> {
  /** In plain text; the merchant gets it encrypted. */
  readonly payer_phone?: string;
  readonly order?: Partial<ComplaintOrder>;
  /** JPG, BMP or PNG. */
  readonly images?: readonly Uint8Array[];
}

/** A complaint as the service sends it. */
export interface SimulatedComplaint extends Complaint {
  readonly complaint_time: string;
  readonly complaint_detail: string;
  readonly complaint_state: ComplaintState;
  readonly complainted_mchid: string;
  readonly payer_phone: string;
  readonly complaint_media_list: readonly SimulatedMedia[];
  readonly complaint_full_refunded: boolean;
  readonly user_complaint_times: number;
}

/** Images, as the service sends them. */
export interface SimulatedMedia {
  readonly media_type: ComplaintMediaType;
  readonly media_url: readonly string[];
}

/** An entry of a history as the service sends it. */
export interface SimulatedHistoryEntry {
  readonly log_id: string;
  readonly operator: string;
  readonly operate_time: string;
  readonly operate_type: ComplaintOperateType;
  readonly operate_details?: string;
  /** Pre-signed links, valid for an hour, to images of the merchant and the platform. */
  readonly image_list: readonly string[];
  /** One object, not a list. */
  readonly complaint_media_list?: SimulatedMedia;
  /** The spelling is WeChat Pay's. */
  readonly user_appy_platform_service_reason?: string;
  /** The spelling is WeChat Pay's. */
  readonly user_appy_platform_service_reason_description?: string;
  readonly normal_message?: ComplaintMessage;
  readonly [field: string]: unknown;
}

/** The fields of an entry that are the same at every read. */
export type EntryFields = Pick<
  SimulatedHistoryEntry,
  | 'log_id'
  | 'operator'
  | 'operate_time'
  | 'operate_type'
  | 'operate_details'
  | 'user_appy_platform_service_reason'
  | 'user_appy_platform_service_reason_description'
  | 'normal_message'
>;

/** One complaint with its history, as the simulator keeps it: images by key, without URLs. */
export interface ComplaintRecord {
  complaint: SimulatedComplaint;
  /** Keys of the images that the consumer complained with. */
  readonly images: readonly string[];
  /** Newest first. */
  readonly history: EntryRecord[];
  /** The merchant's decision on the refund, until the consumer complains again. */
  decision?: 'APPROVE' | 'REJECT';
  /** Log ids of immediate replies, by `idempotent_id`. */
  readonly immediateReplies: Map<string, string>;
}

interface EntryRecord {
  readonly fields: EntryFields;
  /** Keys. */
  readonly images: readonly string[];
  readonly media_type: ComplaintMediaType;
}

/** `operator` of an entry. */
export const OPERATORS = {
  consumer: '投诉人',
  merchant: '商家',
  platform: '微信支付客服',
  system: '系统',
} as const;

/** @param images keys @param time `complaint_time` */
export function createRecord(
  merchant: TestMerchant,
  { images: _, order, payer_phone = '13800138000', ...content }: SimulatedComplaintContent,
  images: readonly string[],
  time: string,
): ComplaintRecord {
  const amount = order?.amount ?? 1990;
  const problem_type = content.problem_type ?? 'REFUND';
  const complaint: SimulatedComplaint = {
    payer_openid: `oUpF8uMuAJO_${digits(16)}`,
    problem_description: '商品质量问题',
    problem_type,
    user_tag_list: ['TRUSTED'],
    need_immediate_service: false,
    is_agent_mode: false,
    ...(problem_type === 'REFUND' && { apply_refund_amount: amount }),
    ...content,
    complaint_id: content.complaint_id ?? `2000000000000${digits(14)}`,
    complaint_time: time,
    complainted_mchid: content.complainted_mchid ?? merchant.mchid,
    complaint_detail: content.complaint_detail ?? '商家发错货了，与商家沟通无果，希望退款',
    complaint_state: 'PENDING',
    payer_phone: encrypt(payer_phone, merchant),
    complaint_media_list: [],
    complaint_order_info: [
      {
        transaction_id: `42000000${digits(20)}`,
        out_trade_no: `S${digits(18)}`,
        ...order,
        amount,
      },
    ],
    complaint_full_refunded: false,
    incoming_user_response: false,
    in_platform_service: false,
    user_complaint_times: 1,
  };
  return { complaint, images, history: [], immediateReplies: new Map() };
}

/** The complaint as a call reads it. Its URLs are new at every read. */
export function presentComplaint(
  { complaint, images: keys }: ComplaintRecord,
  images: SimulatedImages,
): SimulatedComplaint {
  return {
    ...complaint,
    complaint_media_list: keys.length > 0 ? [toMedia('USER_COMPLAINT_IMAGE', keys, images)] : [],
  };
}

/** An entry as a call reads it. */
export function presentEntry(
  { fields, images: keys, media_type }: EntryRecord,
  images: SimulatedImages,
): SimulatedHistoryEntry {
  const isByConsumer = fields.operator === OPERATORS.consumer;
  return {
    ...fields,
    image_list: isByConsumer ? [] : keys.map((key) => images.link(key)),
    ...(keys.length > 0 && { complaint_media_list: toMedia(media_type, keys, images) }),
  };
}

function toMedia(
  media_type: ComplaintMediaType,
  keys: readonly string[],
  images: SimulatedImages,
): SimulatedMedia {
  return { media_type, media_url: keys.map((key) => images.mediaUrl(key)) };
}

/** As WeChat Pay encrypts sensitive fields: RSA-OAEP with SHA-1, for the merchant's certificate. */
function encrypt(text: string, { certificate: key }: TestMerchant): string {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key, padding, oaepHash: 'sha1' }, Buffer.from(text)).toString('base64');
}
