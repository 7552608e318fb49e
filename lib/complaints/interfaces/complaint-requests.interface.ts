import type { Readable } from 'node:stream';
import type { ComplaintMessage, MiniProgramJumpInfo } from './complaint-message.interface.js';

/** Which part of a list to read. */
export interface PageQuery {
  /** Entries of a page. */
  readonly limit?: number;
  /** How many entries to pass over. @default 0 */
  readonly offset?: number;
}

/** Complaints by the day on which they were filed. */
export interface ComplaintRange {
  /** First day, `yyyy-MM-dd`, in China's time. */
  readonly begin_date: string;
  /** Last day, `yyyy-MM-dd`, in China's time. */
  readonly end_date: string;
  /** One merchant's alone: for service providers. At most 64 characters. */
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

/** Whom the complaint is about. */
export interface ComplaintedMerchant {
  /** @default the merchant of the module; a service provider gives the complaint's own */
  readonly complainted_mchid?: string;
}

/**
 * An answer to the user.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467254
 */
export interface ComplaintReply extends ComplaintedMerchant {
  /** At most 500 characters. */
  readonly response_content: string;
  /** At most 4 `media_id`s of `uploadImage`. */
  readonly response_images?: readonly string[];
  /** https, at most 512 characters; needs a `jump_url_text`. */
  readonly jump_url?: string;
  /** What the user sees in place of the URL, at most 10 characters. */
  readonly jump_url_text?: string;
  readonly mini_program_jump_info?: Required<MiniProgramJumpInfo>;
}

/**
 * An answer in the chat with a user who needs immediate service.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4017151596
 */
export interface ImmediateComplaintReply extends ComplaintedMerchant {
  readonly message: ComplaintMessage;
  /** Of your choice, at most 128 characters: the same answer sent twice has the same one. */
  readonly idempotent_id: string;
}

/** What became of an `ImmediateComplaintResponse`. */
export interface ImmediateComplaintReplyReceipt {
  /** Of the entry in the history. */
  readonly log_id: string;
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4012467256 */
export interface ComplaintRefundApproval {
  /** In how many working days the refund will be started; 0 is today. */
  readonly launch_refund_day?: number;
  /** At most 200 characters. */
  readonly remark?: string;
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4012467256 */
export interface ComplaintRefundRejection {
  /** At most 200 characters; the user reads it. */
  readonly reject_reason?: string;
  /** At most 4 `media_id`s of `uploadImage`. */
  readonly reject_media_list?: readonly string[];
  /** At most 200 characters. */
  readonly remark?: string;
}

/** How an image that is uploaded is called. */
export interface ComplaintImageFile {
  /**
   * Ends with `.jpg`, `.bmp` or `.png`, as the image is one; at most 128 characters, without quotes,
   * slashes and control characters. Sent as UTF-8. No user sees it.
   */
  readonly filename: string;
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4012467250 */
export interface UploadedComplaintImage {
  /** For `response_images`, `reject_media_list` and the blocks of a message. */
  readonly media_id: string;
}

/**
 * An image on its way from WeChat Pay. Its bytes are not signed: treat them as a stranger's file.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467251
 */
export interface ComplaintImage {
  /** Such as `image/jpeg`. */
  readonly contentType: string;
  /** Bytes, where WeChat Pay says how many there are. */
  readonly contentLength?: number;
  /** To be read to its end, or destroyed. */
  readonly stream: Readable;
}
