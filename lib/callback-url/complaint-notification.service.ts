import { Injectable } from '@nestjs/common';
import { catchError, map, mergeMap, type Observable, of, switchMap, throwError } from 'rxjs';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import { WechatPayApiError } from '../errors/wechatpay-api.error.js';
import { WechatPayArgumentError } from '../errors/wechatpay-argument.error.js';
import { WechatPaySignatureError } from '../errors/wechatpay-signature.error.js';
import { type Reader, requireText } from '../http/response-reader.js';
import { MerchantAccess } from '../merchant/merchant-access.js';
import { callbackUrlProblems } from '../protocol/callback-url.js';
import { isJsonObject } from '../utils/json.js';

const PATH = '/v3/merchant-service/complaint-notifications';
const HINTS = {
  RESOURCE_NOT_EXISTS: 'No callback URL is registered: call create() first, or use ensure().',
};

/** The argument of `create`, `update` and `ensure`. */
export interface ComplaintNotificationUrl {
  /** https, at most 255 characters, public, without query, fragment, port or credentials. */
  readonly url: string;
}

/** The registered callback URL. */
export interface ComplaintNotificationRegistration {
  readonly mchid: string;
  readonly url: string;
}

/** What `ensure` found or did. */
export type EnsuredComplaintNotification = ComplaintNotificationRegistration &
  (
    | { readonly outcome: 'created' | 'unchanged' }
    | {
        readonly outcome: 'updated';
        /** The URL that was registered before. It receives no more notifications. */
        readonly previous_url: string;
      }
  );

/** What `ensureAll` did for one merchant. */
export type EnsuredMerchant =
  | EnsuredComplaintNotification
  | { readonly mchid: string; readonly outcome: 'failed'; readonly error: unknown }
  /** The merchant has no option `callbackUrl`. */
  | { readonly mchid: string; readonly outcome: 'skipped' };

/** Merchants whose URLs `ensureAll` registers at a time. */
const MERCHANTS_AT_ONCE = 4;

/**
 * The callback URL to which WeChat Pay posts complaint notifications. A merchant has one.
 *
 * Observables are cold: every subscription signs a new request, so `retry()` works, and
 * unsubscribing aborts it. They fail with
 * - `WechatPayApiError`: WeChat Pay responded with an error,
 * - `WechatPaySignatureError`: a success could not be verified; it may have taken effect,
 * - `WechatPayNetworkError`: no response arrived; the request may have taken effect,
 * - `WechatPayPlatformKeyError`: there is no key to verify the response with; nothing was sent,
 * - `WechatPayArgumentError`: WeChat Pay would reject the URL; nothing was sent,
 * - `WechatPayMerchantError`: the app does not know for which merchant; nothing was sent.
 */
@Injectable()
export class ComplaintNotificationService {
  constructor(private readonly merchant: MerchantAccess) {}

  /** The same for one of several merchants. Calls fail with a WechatPayMerchantError if it is unknown. */
  forMerchant(mchid: string): ComplaintNotificationService {
    return new ComplaintNotificationService(this.merchant.of(mchid));
  }

  /** 创建投诉通知回调地址 @see https://pay.weixin.qq.com/doc/v3/merchant/4012458679 */
  create(
    target: ComplaintNotificationUrl,
    config?: WechatPayRequestConfig,
  ): Observable<ComplaintNotificationRegistration> {
    return this.withUrl(target, (url) => this.write('POST', url, config));
  }

  /** 查询投诉通知回调地址 @see https://pay.weixin.qq.com/doc/v3/merchant/4012459014 */
  get(config?: WechatPayRequestConfig): Observable<ComplaintNotificationRegistration> {
    return this.merchant.fetch(
      { method: 'GET', target: PATH, hints: HINTS },
      readRegistration,
      config,
    );
  }

  /** 更新投诉通知回调地址 @see https://pay.weixin.qq.com/doc/v3/merchant/4012459282 */
  update(
    target: ComplaintNotificationUrl,
    config?: WechatPayRequestConfig,
  ): Observable<ComplaintNotificationRegistration> {
    return this.withUrl(target, (url) => this.write('PUT', url, config));
  }

  /** 删除投诉通知回调地址 @see https://pay.weixin.qq.com/doc/v3/merchant/4012460452 */
  delete(config?: WechatPayRequestConfig): Observable<void> {
    return this.merchant.execute({ method: 'DELETE', target: PATH, hints: HINTS }, config);
  }

  /**
   * Makes this URL the registered one. Reads first, because WeChat Pay does not document its response
   * to a second create; then creates, updates or does nothing. When the write fails because another
   * instance was faster, or because its response could not be verified, reading once more tells what
   * is registered now.
   *
   * @param target without it, the option `callbackUrl` of the merchant
   */
  ensure(
    target?: ComplaintNotificationUrl,
    config?: WechatPayRequestConfig,
  ): Observable<EnsuredComplaintNotification> {
    return this.withUrl(target, (url) =>
      this.find(config).pipe(
        switchMap((before) =>
          this.settle(url, before, config).pipe(
            catchError((error: unknown) => this.settleAgain(url, before, error, config)),
          ),
        ),
      ),
    );
  }

  /**
   * `ensure` for the option `callbackUrl` of every merchant that is known at startup, a few at a time.
   * Emits one result per merchant, as they come. The failure of one does not end the others. Fails if
   * merchants are looked up, because nobody knows them all: call `forMerchant(mchid).ensure()` for each.
   */
  ensureAll(config?: WechatPayRequestConfig): Observable<EnsuredMerchant> {
    return this.merchant.all().pipe(
      mergeMap(({ mchid, options }) => {
        if (options.callbackUrl === undefined) return of({ mchid, outcome: 'skipped' } as const);
        return this.forMerchant(mchid)
          .ensure(undefined, config)
          .pipe(catchError((error: unknown) => of({ mchid, outcome: 'failed', error } as const)));
      }, MERCHANTS_AT_ONCE),
    );
  }

  private settle(
    url: string,
    registered: ComplaintNotificationRegistration | undefined,
    config?: WechatPayRequestConfig,
  ): Observable<EnsuredComplaintNotification> {
    if (registered?.url === url) return of({ ...registered, outcome: 'unchanged' });
    return this.write(registered ? 'PUT' : 'POST', url, config).pipe(
      map((after) => written(registered, after)),
    );
  }

  /** A second write can only help when the registered URL is not the one that was read before. */
  private settleAgain(
    url: string,
    before: ComplaintNotificationRegistration | undefined,
    error: unknown,
    config?: WechatPayRequestConfig,
  ): Observable<EnsuredComplaintNotification> {
    const isApiError = error instanceof WechatPayApiError;
    // A success that could not be verified or read: most likely, the write took effect.
    const isUncertain =
      error instanceof WechatPaySignatureError ||
      (isApiError && error.code === 'MALFORMED_RESPONSE');
    if (!isUncertain && !isApiError) return throwError(() => error);
    return this.find(config).pipe(
      // Why the write failed says more than why reading failed as well.
      catchError(() => throwError(() => error)),
      switchMap((now) => {
        if (now?.url === before?.url) return throwError(() => error);
        return isUncertain && now?.url === url
          ? of(written(before, now))
          : this.settle(url, now, config);
      }),
    );
  }

  /** The registered URL, or undefined: `RESOURCE_NOT_EXISTS` comes with status 400 or 404. */
  private find(
    config?: WechatPayRequestConfig,
  ): Observable<ComplaintNotificationRegistration | undefined> {
    return this.get(config).pipe(
      catchError((error: unknown) =>
        error instanceof WechatPayApiError && error.code === 'RESOURCE_NOT_EXISTS'
          ? of(undefined)
          : throwError(() => error),
      ),
    );
  }

  private write(
    method: 'POST' | 'PUT',
    url: string,
    config?: WechatPayRequestConfig,
  ): Observable<ComplaintNotificationRegistration> {
    return this.merchant.fetch(
      { method, target: PATH, body: { url }, hints: HINTS },
      readRegistration,
      config,
    );
  }

  /** Fails with a WechatPayArgumentError unless `target`, which may come from JavaScript, is valid. */
  private withUrl<T>(target: unknown, send: (url: string) => Observable<T>): Observable<T> {
    return this.merchant.use(({ options }) => {
      const url = target === undefined ? options.callbackUrl : urlIn(target);
      const problems = callbackUrlProblems(url, options.allowPrivateCallbackUrls);
      if (typeof url !== 'string' || problems.length > 0) {
        throw new WechatPayArgumentError('url', problems);
      }
      return send(url);
    });
  }
}

function urlIn(target: unknown): unknown {
  return isJsonObject(target) ? target.url : undefined;
}

function written(
  before: ComplaintNotificationRegistration | undefined,
  after: ComplaintNotificationRegistration,
): EnsuredComplaintNotification {
  return before
    ? { ...after, outcome: 'updated', previous_url: before.url }
    : { ...after, outcome: 'created' };
}

/** Reads these two fields only: `create` and `update` accept what `get` emits. */
const readRegistration: Reader<ComplaintNotificationRegistration> = (json) => ({
  mchid: requireText(json, 'mchid'),
  url: requireText(json, 'url'),
});
