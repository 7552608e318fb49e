/** `PENDING`: nobody has acted on it; `PROCESSED`: done. Open set. */
export type ComplaintState = 'PENDING' | 'PROCESSING' | 'PROCESSED' | (string & {});

/** What the user asks for. Open set. */
export type ComplaintProblemType =
  /** A refund. */
  | 'REFUND'
  /** That the service works. */
  | 'SERVICE_NOT_WORK'
  | 'OTHERS'
  | (string & {});

/** What WeChat Pay thinks of the user. Open set. */
export type ComplaintUserTag = 'TRUSTED' | 'HIGH_RISK' | (string & {});

/** Who the pictures are from: the user when complaining, or whoever took a later step. Open set. */
export type ComplaintMediaType = 'USER_COMPLAINT_IMAGE' | 'OPERATION_IMAGE' | (string & {});

/** State of a service order (支付分服务单). Open set. */
export type ServiceOrderState = 'DOING' | 'REVOKED' | 'WAITPAY' | 'DONE' | (string & {});

/** Which of the additional parts there is. Open set. */
export type ComplaintAdditionalInfoType =
  /** A power bank: `share_power_info`. */
  'SHARE_POWER_TYPE' | (string & {});

export interface ComplaintMedia {
  readonly media_type: ComplaintMediaType;
  /** Not public: each is to be given to `ComplaintService.downloadImage` as it is. */
  readonly media_url: readonly string[];
}

/** An order that the complaint is about. */
export interface ComplaintOrder {
  /** Number of the order at WeChat Pay. */
  readonly transaction_id: string;
  /** Number of the order at the merchant. */
  readonly out_trade_no: string;
  /** In fen. */
  readonly amount: number;
}

/** A service order (支付分服务单) that the complaint is about. */
export interface ComplaintServiceOrder {
  /** Number of the service order at WeChat Pay. */
  readonly order_id?: string;
  /** Number of the service order at the merchant. */
  readonly out_order_no?: string;
  readonly state?: ServiceOrderState;
}

export interface SharePowerReturnAddress {
  readonly return_address?: string;
  /** Degrees, as text. */
  readonly longitude?: string;
  /** Degrees, as text. */
  readonly latitude?: string;
}

/** What a complaint about a rented power bank says on its return. */
export interface SharePowerInfo {
  /** RFC 3339. */
  readonly return_time?: string;
  readonly return_address_info?: SharePowerReturnAddress;
  readonly is_returned_to_same_machine?: boolean;
}

export interface ComplaintAdditionalInfo {
  readonly type?: ComplaintAdditionalInfoType;
  readonly share_power_info?: SharePowerInfo;
}

/**
 * A complaint as WeChat Pay has it now. Fields that are not documented yet are kept as they come.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012533436
 */
export interface Complaint {
  /** At most 64 characters. */
  readonly complaint_id: string;
  /** RFC 3339, such as `2015-05-20T13:29:35+08:00`. */
  readonly complaint_time: string;
  /** The user's own words. */
  readonly complaint_detail: string;
  readonly complaint_state: ComplaintState;
  /** The merchant complained about: a sub-merchant's, where a service provider asks. */
  readonly complainted_mchid?: string;
  /** Still encrypted: `ComplaintService.decryptPayerPhone` reads it. */
  readonly payer_phone?: string;
  /** In lists it is missing. */
  readonly payer_openid?: string;
  readonly complaint_media_list?: readonly ComplaintMedia[];
  readonly complaint_order_info?: readonly ComplaintOrder[];
  readonly service_order_info?: readonly ComplaintServiceOrder[];
  /** Whether all its orders have been refunded in full. */
  readonly complaint_full_refunded: boolean;
  /** Whether the user waits for an answer to a message. */
  readonly incoming_user_response: boolean;
  /** The kind of problem that the user picked, in words. */
  readonly problem_description: string;
  /** How often the user has complained: 1 for the first time. */
  readonly user_complaint_times: number;
  readonly problem_type?: ComplaintProblemType;
  /** In fen. */
  readonly apply_refund_amount?: number;
  readonly user_tag_list?: readonly ComplaintUserTag[];
  readonly additional_info?: ComplaintAdditionalInfo;
  /** Whether the platform is helping at the moment. */
  readonly in_platform_service?: boolean;
  /** Whether the user waits in the chat: `ComplaintService.respondImmediately`. */
  readonly need_immediate_service?: boolean;
  /** Whether an agent deals with it. */
  readonly is_agent_mode?: boolean;
  readonly [field: string]: unknown;
}

/** One page of a list. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly limit: number;
  /** Counted from 0. */
  readonly offset: number;
  /** Of all pages; not always sent. */
  readonly total_count?: number;
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4012533431 */
export type ComplaintPage = Page<Complaint>;
