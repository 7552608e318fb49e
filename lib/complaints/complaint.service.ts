import type { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { Injectable } from '@nestjs/common';
import { defer, map, type Observable, race, switchMap } from 'rxjs';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import { decryptRsaOaep } from '../protocol/rsa.js';
import type { Reader } from '../http/response-reader.js';
import { type ArgumentProblems, assertArguments, checked } from '../http/request-arguments.js';
import { rangeProblems } from './argument-checks.js';
import { whenAborted } from '../http/abort.js';
import type { Complaint, ComplaintPage } from './interfaces/complaint.interface.js';
import type {
  ComplaintHistoryEntry,
  ComplaintHistoryPage,
} from './interfaces/complaint-history.interface.js';
import {
  assertImage,
  bytesOf,
  encodeUpload,
  filenameProblems,
  IMAGES_PATH,
  imageTarget,
  MAX_DOWNLOAD_BYTES,
  toImage,
} from './complaint-image.js';
import { allItems, splitRange } from './pagination.js';
import {
  pageOf,
  readComplaint,
  readHistoryEntry,
  readReceipt,
  readUploaded,
} from './complaint-readers.js';
import {
  approvalProblems,
  complaintIdProblems,
  immediateReplyProblems,
  MAX_COMPLAINTS,
  MAX_ENTRIES,
  mchidProblems,
  pageProblems,
  queryProblems,
  rejectionProblems,
  replyProblems,
} from './complaint-request-checks.js';
import type {
  ComplaintedMerchant,
  ComplaintHistoryQuery,
  ComplaintImage,
  ComplaintImageFile,
  ComplaintQuery,
  ComplaintRange,
  ComplaintRefundApproval,
  ComplaintRefundRejection,
  ComplaintReply,
  ImmediateComplaintReply,
  ImmediateComplaintReplyReceipt,
  UploadedComplaintImage,
} from './interfaces/complaint-requests.interface.js';
import { MerchantContext } from '../merchant/merchant-context.js';
import { PagedObservable } from './paged-observable.js';
import { requestName, type WechatPayRequest } from '../http/wechatpay-request.js';
import { WechatPayDecryptionError } from '../errors/wechatpay-decryption.error.js';

const PATH = '/v3/merchant-service/complaints-v2';
const HINTS = { RESOURCE_NOT_EXISTS: 'This merchant has no such complaint.' };
const IMAGE_HINTS = { RESOURCE_NOT_EXISTS: 'There is no such image, or not any more.' };

/** With all texts as long as they may be, a page of either has some MiB. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

const readComplaints = pageOf(readComplaint);
const readEntries = pageOf(readHistoryEntry);

/**
 * What a merchant does about complaints: reads them, answers, decides on refunds.
 *
 * Observables are cold: every subscription signs a new request, so `retry()` works, and
 * unsubscribing aborts it. All of them fail with
 * - `WechatPayApiError`: WeChat Pay answered with an error; `MALFORMED_RESPONSE` says which field of a
 *   success is not as documented,
 * - `WechatPaySignatureError`: a success could not be verified; it may have taken effect,
 * - `WechatPayNetworkError`: no answer,
 * - `WechatPayArgumentError`: an argument cannot work; nothing was sent.
 */
@Injectable()
export class ComplaintService {
  constructor(private readonly merchant: MerchantContext) {}

  /**
   * 查询投诉单列表: one page of the complaints of at most 30 days.
   *
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012533431
   */
  list(query: ComplaintQuery, config?: WechatPayRequestConfig): Observable<ComplaintPage> {
    const { limit, offset, begin_date, end_date, complainted_mchid } = query;
    const parameters = { limit, offset, begin_date, end_date, complainted_mchid };
    return this.read(
      () => queryProblems(parameters),
      () => `${PATH}${queryOf(parameters)}`,
      readComplaints,
      config,
    );
  }

  /**
   * All complaints of a range of any length, as they are asked for: `for await`, or subscribe. Each
   * comes once per call. `config` holds for each page.
   */
  listAll(range: ComplaintRange, config?: WechatPayRequestConfig): PagedObservable<Complaint> {
    const fetchPage = (window: ComplaintRange, offset: number): Observable<ComplaintPage> =>
      this.list({ ...window, limit: MAX_COMPLAINTS, offset }, config);
    return new PagedObservable(async function* (signal) {
      assertArguments(rangeProblems(range));
      for (const window of splitRange(range)) {
        const complaints = {
          name: `GET ${PATH}`,
          fetch: (offset: number) => fetchPage(window, offset),
          keyOf: ({ complaint_id }: Complaint) => complaint_id,
        };
        yield* allItems(complaints, signal);
      }
    });
  }

  /** 查询投诉单详情 @see https://pay.weixin.qq.com/doc/v3/merchant/4012533436 */
  get(complaintId: string, config?: WechatPayRequestConfig): Observable<Complaint> {
    return this.read(
      () => ({ complaint_id: complaintIdProblems(complaintId) }),
      () => pathOf(complaintId),
      readComplaint,
      config,
    );
  }

  /** 查询投诉单协商历史: one page of it. @see https://pay.weixin.qq.com/doc/v3/merchant/4012533439 */
  history(
    complaintId: string,
    page: ComplaintHistoryQuery = {},
    config?: WechatPayRequestConfig,
  ): Observable<ComplaintHistoryPage> {
    const { limit, offset } = page;
    const parameters = { limit, offset };
    return this.read(
      () => ({
        complaint_id: complaintIdProblems(complaintId),
        ...pageProblems(parameters, MAX_ENTRIES),
      }),
      () => `${pathOf(complaintId)}/negotiation-historys${queryOf(parameters)}`,
      readEntries,
      config,
    );
  }

  /** The whole history, as it is asked for: `for await`, or subscribe. `config` holds for each page. */
  historyAll(
    complaintId: string,
    config?: WechatPayRequestConfig,
  ): PagedObservable<ComplaintHistoryEntry> {
    const entries = {
      name: `GET ${PATH}/{complaint_id}/negotiation-historys`,
      fetch: (offset: number) => this.history(complaintId, { limit: MAX_ENTRIES, offset }, config),
      keyOf: ({ log_id }: ComplaintHistoryEntry) => log_id,
    };
    return new PagedObservable((signal) => allItems(entries, signal));
  }

  /** 回复用户 @see https://pay.weixin.qq.com/doc/v3/merchant/4012467254 */
  reply(
    complaintId: string,
    response: ComplaintReply,
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    const body = this.naming(response);
    return this.act(complaintId, 'response', body, () => replyProblems(body), config);
  }

  /**
   * 回复需要即时服务的投诉单. By its `idempotent_id` WeChat Pay recognises a repetition, so unlike the
   * other answers this one is sent again after any failure that may pass.
   *
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4017151596
   */
  replyImmediately(
    complaintId: string,
    response: ImmediateComplaintReply,
    config?: WechatPayRequestConfig,
  ): Observable<ImmediateComplaintReplyReceipt> {
    const body = this.naming(response);
    return checked(
      () => ({
        complaint_id: complaintIdProblems(complaintId),
        ...immediateReplyProblems(body),
      }),
      () =>
        this.merchant.client.fetch(
          {
            method: 'POST',
            target: `${pathOf(complaintId)}/response-immediate-service`,
            body,
            hints: HINTS,
            isIdempotent: true,
          },
          readReceipt,
          config,
        ),
    );
  }

  /** 反馈处理完成 @see https://pay.weixin.qq.com/doc/v3/merchant/4012467255 */
  complete(
    complaintId: string,
    merchant: ComplaintedMerchant = {},
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    const body = this.naming(merchant);
    const problems = () => ({ complainted_mchid: mchidProblems(body.complainted_mchid) });
    return this.act(complaintId, 'complete', body, problems, config);
  }

  /** 更新退款审批结果: the refund will be made. @see https://pay.weixin.qq.com/doc/v3/merchant/4012467256 */
  approveRefund(
    complaintId: string,
    approval: ComplaintRefundApproval = {},
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    const body = { ...approval, action: 'APPROVE' };
    return this.act(
      complaintId,
      'update-refund-progress',
      body,
      () => approvalProblems(body),
      config,
    );
  }

  /** 更新退款审批结果: no refund. @see https://pay.weixin.qq.com/doc/v3/merchant/4012467256 */
  rejectRefund(
    complaintId: string,
    rejection: ComplaintRefundRejection,
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    const body = { ...rejection, action: 'REJECT' };
    return this.act(
      complaintId,
      'update-refund-progress',
      body,
      () => rejectionProblems(body),
      config,
    );
  }

  /**
   * 图片上传接口: JPG, BMP or PNG, at most 2 MiB. A stream is read to its end before anything is sent,
   * and so serves one subscription only; no time limit holds until then but the `signal` of `config`.
   *
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467250
   */
  uploadImage(
    file: Uint8Array | Readable,
    { filename }: ComplaintImageFile,
    config?: WechatPayRequestConfig,
  ): Observable<UploadedComplaintImage> {
    const call = { method: 'POST', target: `${IMAGES_PATH}upload` } as const;
    return checked(
      () => ({ filename: filenameProblems(filename) }),
      () =>
        race(whenAborted(call, config?.signal), bytesOf(file)).pipe(
          switchMap((bytes) => {
            const content = encodeUpload(bytes, filename);
            return this.merchant.client.fetch({ ...call, content }, readUploaded, config);
          }),
        ),
    );
  }

  /**
   * 图片请求接口: an image by its `media_id`, or by a URL of `media_url` or `image_list` as it came.
   * The request goes to the configured hosts whatever the URL says, and follows no redirect.
   *
   * Emits as soon as the image begins to come; unsubscribing before that aborts. From then on the
   * stream is yours: read it to its end or destroy it. It fails with a typed error when it has more
   * than 16 MiB, when it breaks off, or when nothing more comes within the time limit.
   *
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467251
   */
  downloadImage(mediaIdOrUrl: string, config?: WechatPayRequestConfig): Observable<ComplaintImage> {
    return defer(() => {
      const call: WechatPayRequest = {
        method: 'GET',
        target: imageTarget(mediaIdOrUrl, this.merchant.options.baseUrls),
        maxBytes: MAX_DOWNLOAD_BYTES,
        hints: IMAGE_HINTS,
      };
      return this.merchant.client.download(
        call,
        (answer) => {
          assertImage(requestName(call), answer);
        },
        config,
      );
    }).pipe(map(toImage));
  }

  /**
   * The user's phone number, in plain text: never log it. Undefined when there is none. Takes some
   * 200 microseconds of this thread.
   *
   * @throws WechatPayDecryptionError
   */
  decryptPayerPhone({
    complaint_id,
    payer_phone,
  }: Pick<Complaint, 'complaint_id' | 'payer_phone'>): string | undefined {
    if (payer_phone === undefined || payer_phone === '') return undefined;
    try {
      return decryptRsaOaep(payer_phone, this.merchant.options.privateKey);
    } catch {
      throw new WechatPayDecryptionError('payer_phone', `complaint ${inspect(complaint_id)}`);
    }
  }

  private read<T>(
    problems: () => ArgumentProblems,
    target: () => string,
    read: Reader<T>,
    config?: WechatPayRequestConfig,
  ): Observable<T> {
    return checked(problems, () =>
      this.merchant.client.fetch(
        { method: 'GET', target: target(), maxBytes: MAX_PAGE_BYTES, hints: HINTS },
        read,
        config,
      ),
    );
  }

  /** A step whose success has no body. */
  private act(
    complaintId: string,
    step: string,
    body: object,
    problems: () => ArgumentProblems,
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    return checked(
      () => ({ complaint_id: complaintIdProblems(complaintId), ...problems() }),
      () =>
        this.merchant.client.execute(
          { method: 'POST', target: `${pathOf(complaintId)}/${step}`, body, hints: HINTS },
          config,
        ),
    );
  }

  private naming<T extends ComplaintedMerchant>(request: T): T {
    return { ...request, complainted_mchid: request.complainted_mchid ?? this.merchant.mchid };
  }
}

/** What stands for itself in every part of a URL, and is signed as it is sent. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function pathOf(complaintId: string): string {
  return `${PATH}/${escaped(complaintId)}`;
}

function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escaped(String(value))}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
