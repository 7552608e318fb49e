import type { Readable } from 'node:stream';
import type { UnreadableEntry, UnreadFields } from './complaint.interface.js';
import type { ComplaintMessage, MiniProgramJumpInfo } from './complaint-message.interface.js';

/** Which part of a list to read. */
export interface PageQuery {
  /** Number of entries in a page. */
  readonly limit?: number;
  /** Number of entries to skip. @default 0 */
  readonly offset?: number;
}

/** Complaints by the day on which they were filed. */
export interface ComplaintRange {
  /** First day, `yyyy-MM-dd`, in China's time zone. */
  readonly begin_date: string;
  /** Last day, `yyyy-MM-dd`, in China's time zone. */
  readonly end_date: string;
  /** Complaints about this merchant only: for service providers. At most 64 characters. */
  readonly complainted_mchid?: string;
}

/**
 * The range has at most 30 days, `limit` is 1 to 50.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012533431
 */
export interface ComplaintQuery extends ComplaintRange, PageQuery {}

/**
 * `limit` is 1 to 300, by default 100.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012533439
 */
export type ComplaintHistoryQuery = PageQuery;

/** How to read a list to its end. */
export interface ReadAllOptions {
  /**
   * Number of entries in a page. When WeChat Pay finds that a page holds too much data, the rest is
   * read with half of it. @default the most that WeChat Pay allows: 50 complaints, 300 history entries
   */
  readonly limit?: number;
  /**
   * Gets every entry that has no readable id, which the list then lacks. A warning is logged in any
   * case. An entry may come twice when the list changes while it is read.
   */
  readonly onUnreadable?: (entry: UnreadableEntry) => void;
}

/** A range of any length. */
export interface AllComplaintsQuery extends ComplaintRange, ReadAllOptions {}

/** Whom the complaint is about. */
export interface ComplaintedMerchant {
  /** Service providers pass the one of the complaint. @default the merchant of the module */
  readonly complainted_mchid?: string;
}

/**
 * A reply to the consumer.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467254
 */
export interface ComplaintReply extends ComplaintedMerchant {
  /** At most 500 characters. */
  readonly response_content: string;
  /** At most 4 `media_id`s of `uploadImage`. */
  readonly response_images?: readonly string[];
  /** https, at most 512 characters, with a `jump_url_text`. WeChat Pay has to approve its domain first. */
  readonly jump_url?: string;
  /** What the consumer sees in place of the URL, at most 10 characters. */
  readonly jump_url_text?: string;
  readonly mini_program_jump_info?: Required<MiniProgramJumpInfo>;
}

/**
 * A reply in the chat with a consumer who needs immediate service.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4017151596
 */
export interface ImmediateComplaintReply extends ComplaintedMerchant {
  readonly message: ComplaintMessage;
  /** Chosen by you, at most 128 characters. Use the same one to send the same reply again. */
  readonly idempotent_id: string;
}

/** WeChat Pay has the reply. */
export interface ImmediateComplaintReplyReceipt {
  /** Id of the new history entry. WeChat Pay may omit it. */
  readonly log_id?: string;
  readonly unreadFields?: UnreadFields;
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4012467256 */
export interface ComplaintRefundApproval {
  /** In how many working days the refund will be made. 0 is today. */
  readonly launch_refund_day?: number;
  /** At most 200 characters. */
  readonly remark?: string;
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4012467256 */
export interface ComplaintRefundRejection {
  /** At most 200 characters. The consumer reads it. */
  readonly reject_reason?: string;
  /** At most 4 `media_id`s of `uploadImage`. */
  readonly reject_media_list?: readonly string[];
  /** At most 200 characters. */
  readonly remark?: string;
}

/** Name of an image to upload. */
export interface ComplaintImageFile {
  /**
   * Ends with `.jpg`, `.bmp` or `.png`, according to the image. At most 128 characters, without
   * quotes, slashes and control characters. Sent as UTF-8. The consumer does not see it.
   */
  readonly filename: string;
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4012467250 */
export interface UploadedComplaintImage {
  /** For `response_images`, `reject_media_list` and the blocks of a message. It cannot be downloaded. */
  readonly media_id: string;
}

/**
 * An image that is being downloaded. WeChat Pay does not sign its bytes: treat them like a file from
 * an unknown sender.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467251
 */
export interface ComplaintImage {
  /** Such as `image/jpeg`. */
  readonly contentType: string;
  /** In bytes. Missing when WeChat Pay does not announce it. */
  readonly contentLength?: number;
  /** Read it to its end, or destroy it. */
  readonly stream: Readable;
}
