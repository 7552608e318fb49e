import type { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { Injectable } from '@nestjs/common';
import { map, type Observable, of, race, switchMap } from 'rxjs';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import { WechatPayDecryptionError } from '../errors/wechatpay-decryption.error.js';
import { whenAborted } from '../http/abort.js';
import { prepared } from '../http/request-arguments.js';
import type { Reader } from '../http/response-reader.js';
import type { WechatPayRequest } from '../http/wechatpay-request.js';
import { MerchantAccess } from '../merchant/merchant-access.js';
import { decryptRsaOaep } from '../protocol/rsa.js';
import { isJsonObject } from '../utils/json.js';
import { COMPLAINT_HINTS, LIST_HINTS, REFUND_HINTS, replyHints } from './complaint-hints.js';
import { readHistoryEntry, readReceipt } from './complaint-history.reader.js';
import { complaintPath, COMPLAINTS_PATH, IMAGES_PATH, queryOf } from './complaint-paths.js';
import { readComplaint } from './complaint.reader.js';
import {
  checkAllQuery,
  checkApproval,
  checkCompletion,
  checkHistoryQuery,
  checkImmediateReply,
  checkQuery,
  checkReadAllOptions,
  checkRejection,
  checkReply,
  MAX_COMPLAINTS,
  MAX_ENTRIES,
  MAX_PAGE_BYTES,
} from './complaint-request-checks.js';
import { splitRange } from './date-range.js';
import { assertImage, imageRequest, toImage } from './image-download.js';
import { bytesOf, checkFilename, encodeUpload, readUploaded } from './image-upload.js';
import type { Complaint, ComplaintPage } from './interfaces/complaint.interface.js';
import type {
  ComplaintHistoryEntry,
  ComplaintHistoryPage,
} from './interfaces/complaint-history.interface.js';
import type {
  AllComplaintsQuery,
  ComplaintedMerchant,
  ComplaintHistoryQuery,
  ComplaintImage,
  ComplaintImageFile,
  ComplaintQuery,
  ComplaintRefundApproval,
  ComplaintRefundRejection,
  ComplaintReply,
  ImmediateComplaintReply,
  ImmediateComplaintReplyReceipt,
  ReadAllOptions,
  UploadedComplaintImage,
} from './interfaces/complaint-requests.interface.js';
import { pageReader } from './page.reader.js';
import { PagedObservable } from './paged-observable.js';
import { allItems, type PagedList } from './pagination.js';

const readComplaintPage = pageReader(readComplaint);
const readHistoryPage = pageReader(readHistoryEntry);

/**
 * Reads complaints, replies to consumers and decides on refunds.
 *
 * Observables are cold: every subscription signs a new request, so `retry()` works, and unsubscribing
 * aborts it. They fail with
 * - `WechatPayApiError`: WeChat Pay responded with an error; `MALFORMED_RESPONSE` says what a success
 *   lacks,
 * - `WechatPaySignatureError`: a success could not be verified; it may have taken effect,
 * - `WechatPayNetworkError`: no response arrived; the request may have taken effect,
 * - `WechatPayPlatformKeyError`: there is no key to verify the response with; nothing was sent,
 * - `WechatPayArgumentError`: WeChat Pay would reject an argument; nothing was sent,
 * - `WechatPayMerchantError`: the app does not know for which merchant; nothing was sent.
 */
@Injectable()
export class ComplaintService {
  constructor(private readonly merchant: MerchantAccess) {}

  /** The same for one of several merchants. Calls fail with a WechatPayMerchantError if it is unknown. */
  forMerchant(mchid: string): ComplaintService {
    return new ComplaintService(this.merchant.of(mchid));
  }

  /**
   * 查询投诉单列表: one page of the complaints of at most 30 days.
   *
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012533431
   */
  list(query: ComplaintQuery, config?: WechatPayRequestConfig): Observable<ComplaintPage> {
    return this.fetch(
      () => {
        const { limit, offset, begin_date, end_date, complainted_mchid } = checkQuery(query);
        const parameters = { limit, offset, begin_date, end_date, complainted_mchid };
        return get(`${COMPLAINTS_PATH}${queryOf(parameters)}`, LIST_HINTS);
      },
      readComplaintPage,
      config,
    );
  }

  /**
   * All complaints of a range of any length, each once. Use `for await`, or subscribe. `config` holds
   * for each request.
   */
  listAll(query: AllComplaintsQuery, config?: WechatPayRequestConfig): PagedObservable<Complaint> {
    return new PagedObservable((signal) => this.readRange(query, config, signal));
  }

  /** 查询投诉单详情 @see https://pay.weixin.qq.com/doc/v3/merchant/4012533436 */
  get(complaintId: string, config?: WechatPayRequestConfig): Observable<Complaint> {
    return this.fetch(() => get(complaintPath(complaintId)), readComplaint, config);
  }

  /** 查询投诉单协商历史: one page of it. @see https://pay.weixin.qq.com/doc/v3/merchant/4012533439 */
  history(
    complaintId: string,
    page: ComplaintHistoryQuery = {},
    config?: WechatPayRequestConfig,
  ): Observable<ComplaintHistoryPage> {
    return this.fetch(
      () => {
        const path = historyPath(complaintId);
        const { limit, offset } = checkHistoryQuery(page);
        return get(`${path}${queryOf({ limit, offset })}`, LIST_HINTS);
      },
      readHistoryPage,
      config,
    );
  }

  /** The whole history, each entry once. Use `for await`, or subscribe. `config` holds for each request. */
  historyAll(
    complaintId: string,
    options: ReadAllOptions = {},
    config?: WechatPayRequestConfig,
  ): PagedObservable<ComplaintHistoryEntry> {
    return new PagedObservable((signal) => this.readHistory(complaintId, options, config, signal));
  }

  /** 回复用户 @see https://pay.weixin.qq.com/doc/v3/merchant/4012467254 */
  reply(
    complaintId: string,
    reply: ComplaintReply,
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    return this.execute(() => {
      const path = `${complaintPath(complaintId)}/response`;
      const body = checkReply(this.complainted(reply));
      return post(path, body, replyHints(body));
    }, config);
  }

  /**
   * 回复需要即时服务的投诉单. WeChat Pay recognises a reply that it already has by its `idempotent_id`.
   * Therefore, unlike other replies, this one is retried after any failure that may pass.
   *
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4017151596
   */
  replyImmediately(
    complaintId: string,
    reply: ImmediateComplaintReply,
    config?: WechatPayRequestConfig,
  ): Observable<ImmediateComplaintReplyReceipt> {
    return this.fetch(
      () => {
        const path = `${complaintPath(complaintId)}/response-immediate-service`;
        const body = checkImmediateReply(this.complainted(reply));
        return { ...post(path, body, replyHints(body)), isIdempotent: true };
      },
      readReceipt,
      config,
    );
  }

  /** 反馈处理完成 @see https://pay.weixin.qq.com/doc/v3/merchant/4012467255 */
  complete(
    complaintId: string,
    merchant: ComplaintedMerchant = {},
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    return this.execute(() => {
      const path = `${complaintPath(complaintId)}/complete`;
      return post(path, checkCompletion(this.complainted(merchant)));
    }, config);
  }

  /**
   * 更新退款审批结果: promises a refund, but does not make it.
   *
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467256
   */
  approveRefund(
    complaintId: string,
    approval: ComplaintRefundApproval = {},
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    return this.execute(() => {
      const path = `${complaintPath(complaintId)}/update-refund-progress`;
      return post(path, { ...checkApproval(approval), action: 'APPROVE' }, REFUND_HINTS);
    }, config);
  }

  /** 更新退款审批结果: no refund. @see https://pay.weixin.qq.com/doc/v3/merchant/4012467256 */
  rejectRefund(
    complaintId: string,
    rejection: ComplaintRefundRejection,
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    return this.execute(() => {
      const path = `${complaintPath(complaintId)}/update-refund-progress`;
      return post(path, { ...checkRejection(rejection), action: 'REJECT' }, REFUND_HINTS);
    }, config);
  }

  /**
   * 图片上传接口: JPG, BMP or PNG, at most 2 MiB. A stream is read to its end before anything is sent,
   * and therefore serves one subscription only. No time limit applies to reading it; the `signal` of
   * `config` ends it.
   *
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467250
   */
  uploadImage(
    file: Uint8Array | Readable,
    image: ComplaintImageFile,
    config?: WechatPayRequestConfig,
  ): Observable<UploadedComplaintImage> {
    const request = { method: 'POST', target: `${IMAGES_PATH}upload` } as const;
    return prepared(() => checkFilename(image)).pipe(
      switchMap((filename) =>
        race(whenAborted(request, config?.signal), bytesOf(file)).pipe(
          map((bytes) => ({ ...request, content: encodeUpload(bytes, filename) })),
        ),
      ),
      switchMap((upload) => this.merchant.fetch(upload, readUploaded, config)),
    );
  }

  /**
   * 图片请求接口: an image by a URL of `media_url`, or by the media id in it. The request goes to the
   * configured hosts, whichever host the URL names, and follows no redirect. Not for the pre-signed
   * links of `image_list`, and not for the `media_id` of an upload.
   *
   * Emits when the image begins to arrive; unsubscribing before that aborts the request. From then on
   * the stream is yours: read it to its end or destroy it. It fails with a typed error when it has
   * more than 16 MiB, when it breaks off, or when nothing arrives within the time limit.
   *
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467251
   */
  downloadImage(mediaIdOrUrl: string, config?: WechatPayRequestConfig): Observable<ComplaintImage> {
    return this.merchant
      .use(({ options }) => of(imageRequest(mediaIdOrUrl, options.baseUrls)))
      .pipe(
        switchMap((request) => this.merchant.download(request, assertImage(request), config)),
        map(toImage),
      );
  }

  /**
   * Emits the consumer's phone number in plain text: never log it. Undefined when there is none. Blocks
   * the event loop for about 200 microseconds. Fails with a WechatPayDecryptionError.
   */
  decryptPayerPhone({
    complaint_id,
    payer_phone,
  }: Pick<Complaint, 'complaint_id' | 'payer_phone'>): Observable<string | undefined> {
    return this.merchant.use(({ options }) => {
      if (payer_phone === undefined || payer_phone === '') return of(undefined);
      try {
        return of(decryptRsaOaep(payer_phone, options.privateKey));
      } catch {
        throw new WechatPayDecryptionError('payer_phone', `complaint ${inspect(complaint_id)}`);
      }
    });
  }

  private async *readRange(
    query: AllComplaintsQuery,
    config: WechatPayRequestConfig | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Complaint, void, undefined> {
    const { limit = MAX_COMPLAINTS, onUnreadable, ...range } = checkAllQuery(query);
    for (const part of splitRange(range)) {
      const list: PagedList<Complaint> = {
        name: `GET ${COMPLAINTS_PATH}${queryOf({ ...part })}`,
        limit,
        fetch: (page) => this.list({ ...part, ...page }, config),
        idOf: ({ complaint_id }) => complaint_id,
        onUnreadable,
      };
      yield* allItems(list, signal);
    }
  }

  private async *readHistory(
    complaintId: string,
    options: ReadAllOptions,
    config: WechatPayRequestConfig | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<ComplaintHistoryEntry, void, undefined> {
    const name = `GET ${historyPath(complaintId)}`;
    const { limit = MAX_ENTRIES, onUnreadable } = checkReadAllOptions(options);
    const list: PagedList<ComplaintHistoryEntry> = {
      name,
      limit,
      fetch: (page) => this.history(complaintId, page, config),
      idOf: ({ log_id }) => log_id,
      onUnreadable,
    };
    yield* allItems(list, signal);
  }

  /** For requests whose success has a JSON body. */
  private fetch<T>(
    build: () => WechatPayRequest,
    read: Reader<T>,
    config?: WechatPayRequestConfig,
  ): Observable<T> {
    return prepared(build).pipe(switchMap((request) => this.merchant.fetch(request, read, config)));
  }

  /** For requests whose success has no body. */
  private execute(
    build: () => WechatPayRequest,
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    return prepared(build).pipe(switchMap((request) => this.merchant.execute(request, config)));
  }

  /** Adds the merchant of the service, unless the argument names one. */
  private complainted<T extends ComplaintedMerchant>(body: T): T {
    if (!isJsonObject(body)) return body;
    return { ...body, complainted_mchid: body.complainted_mchid ?? this.merchant.mchid };
  }
}

function historyPath(complaintId: string): string {
  return `${complaintPath(complaintId)}/negotiation-historys`;
}

function get(target: string, hints = COMPLAINT_HINTS): WechatPayRequest {
  return { method: 'GET', target, maxBytes: MAX_PAGE_BYTES, hints };
}

function post(target: string, body: object, hints = COMPLAINT_HINTS): WechatPayRequest {
  return { method: 'POST', target, body, hints };
}
