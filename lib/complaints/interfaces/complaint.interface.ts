/** `PENDING`: nobody has acted on it. `PROCESSED`: handled and closed. Open set. */
export type ComplaintState = 'PENDING' | 'PROCESSING' | 'PROCESSED' | (string & {});

/** What the consumer asks for. Open set. */
export type ComplaintProblemType =
  /** A refund. */
  | 'REFUND'
  /** The service does not work. */
  | 'SERVICE_NOT_WORK'
  | 'OTHERS'
  | (string & {});

/** How WeChat Pay rates the consumer. Open set. */
export type ComplaintUserTag = 'TRUSTED' | 'HIGH_RISK' | (string & {});

/** Whose pictures these are: the consumer's complaint, or any later step. Open set. */
export type ComplaintMediaType = 'USER_COMPLAINT_IMAGE' | 'OPERATION_IMAGE' | (string & {});

/** State of a service order (支付分服务单). Open set. */
export type ServiceOrderState = 'DOING' | 'REVOKED' | 'WAITPAY' | 'DONE' | (string & {});

/** Which additional information is present. Open set. */
export type ComplaintAdditionalInfoType =
  /** A rented power bank: `share_power_info`. */
  'SHARE_POWER_TYPE' | (string & {});

/**
 * Parts that came in another form than documented, unchanged, by their path:
 * `{ 'complaint_order_info[0].amount': '2' }`. The typed field lacks such a part, and a list lacks
 * such an item. Null counts as absent and is not listed. WeChat Pay's own names are snake_case, so
 * that none of them can collide with `unreadFields`.
 */
export type UnreadFields = Readonly<Record<string, unknown>>;

/** Pictures. In a history they also come as a single object; here they are always in a list. */
export interface ComplaintMedia {
  readonly media_type?: ComplaintMediaType;
  /**
   * URLs for `ComplaintService.downloadImage`, to be passed on unchanged. They differ each time the
   * complaint is read, so do not use them as cache keys. A URL on another host is a pre-signed link:
   * fetch it without a signature.
   */
  readonly media_url?: readonly string[];
}

/** An order that the complaint is about. */
export interface ComplaintOrder {
  /** WeChat Pay's number of the order. */
  readonly transaction_id?: string;
  /** The merchant's number of the order. */
  readonly out_trade_no?: string;
  /** In fen. */
  readonly amount?: number;
}

/** A service order (支付分服务单) that the complaint is about. */
export interface ComplaintServiceOrder {
  /** WeChat Pay's number of the service order. */
  readonly order_id?: string;
  /** The merchant's number of the service order. */
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

/** How a rented power bank was returned. */
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
 * A complaint as WeChat Pay has it now. Only its id is certain: WeChat Pay's real data is looser than
 * its documentation. Each field is what its type says or absent; a part in another form is in
 * `unreadFields`. Fields that are not documented are kept as they come.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012533436
 */
export interface Complaint {
  /** At most 64 characters. */
  readonly complaint_id: string;
  /** RFC 3339, such as `2015-05-20T13:29:35+08:00`. Milliseconds since 1970 are converted to it. */
  readonly complaint_time?: string;
  /** The consumer's own words. */
  readonly complaint_detail?: string;
  readonly complaint_state?: ComplaintState;
  /** The merchant complained about. For a service provider, one of its sub-merchants. */
  readonly complainted_mchid?: string;
  /** Still encrypted: `ComplaintService.decryptPayerPhone` decrypts it. */
  readonly payer_phone?: string;
  /** Missing in lists. */
  readonly payer_openid?: string;
  readonly complaint_media_list?: readonly ComplaintMedia[];
  readonly complaint_order_info?: readonly ComplaintOrder[];
  readonly service_order_info?: readonly ComplaintServiceOrder[];
  /** Whether all its orders have been refunded in full. */
  readonly complaint_full_refunded?: boolean;
  /** Whether the consumer is waiting for a reply. */
  readonly incoming_user_response?: boolean;
  /** The kind of problem that the consumer picked, in words. */
  readonly problem_description?: string;
  /** How often the consumer has complained: 1 for the first time. */
  readonly user_complaint_times?: number;
  readonly problem_type?: ComplaintProblemType;
  /** In fen. */
  readonly apply_refund_amount?: number;
  readonly user_tag_list?: readonly ComplaintUserTag[];
  readonly additional_info?: ComplaintAdditionalInfo;
  /** Whether the platform is mediating at the moment. */
  readonly in_platform_service?: boolean;
  /** Whether the consumer is waiting in the chat: use `ComplaintService.replyImmediately`. */
  readonly need_immediate_service?: boolean;
  /** Whether an agent handles the complaint. */
  readonly is_agent_mode?: boolean;
  readonly unreadFields?: UnreadFields;
  readonly [field: string]: unknown;
}

/** An entry of a page that nothing identifies. */
export interface UnreadableEntry {
  /** Position in the page, from 0. */
  readonly index: number;
  /** As it came. It may hold personal data: do not log it. */
  readonly raw: unknown;
  /** What is wrong with it, such as `data[3].complaint_id is missing`. */
  readonly problem: string;
}

/** One page of a list. */
export interface Page<T> {
  readonly data: readonly T[];
  /** Entries without a readable id, which `data` lacks. */
  readonly unreadableEntries: readonly UnreadableEntry[];
  readonly limit?: number;
  /** Counted from 0. */
  readonly offset?: number;
  /** Number of entries in all pages. WeChat Pay sends it with offset 0 only. */
  readonly total_count?: number;
  readonly unreadFields?: UnreadFields;
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4012533431 */
export type ComplaintPage = Page<Complaint>;
