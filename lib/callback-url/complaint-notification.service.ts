import { Injectable } from '@nestjs/common';
import { catchError, defer, map, type Observable, of, switchMap, throwError } from 'rxjs';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import { callbackUrlProblems } from '../protocol/callback-url.js';
import { type Reader, requireText } from '../http/response-reader.js';
import { assertArguments } from '../http/request-arguments.js';
import { MerchantContext } from '../merchant/merchant-context.js';
import { WechatPayApiError } from '../errors/wechatpay-api.error.js';
import { WechatPaySignatureError } from '../errors/wechatpay-signature.error.js';

const PATH = '/v3/merchant-service/complaint-notifications';
const HINTS = { RESOURCE_NOT_EXISTS: 'Nothing is set yet: create() it first, or use ensure().' };

/** What `create` and `update` send. */
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
export interface EnsuredComplaintNotification extends ComplaintNotificationRegistration {
  readonly outcome: 'created' | 'updated' | 'unchanged';
}

/**
 * The callback URL to which WeChat Pay posts complaint notifications; a merchant has one.
 *
 * Observables are cold: every subscription signs a new request, so `retry()` works, and
 * unsubscribing aborts it. All of them fail with
 * - `WechatPayApiError`: WeChat Pay answered with an error,
 * - `WechatPaySignatureError`: a success could not be verified; it may have taken effect,
 * - `WechatPayNetworkError`: no answer,
 * - `WechatPayArgumentError`: the URL cannot work; nothing was sent.
 */
@Injectable()
export class ComplaintNotificationService {
  constructor(private readonly merchant: MerchantContext) {}

  /** 创建投诉通知回调地址 @see https://pay.weixin.qq.com/doc/v3/merchant/4012458679 */
  create(
    { url }: ComplaintNotificationUrl,
    config?: WechatPayRequestConfig,
  ): Observable<ComplaintNotificationRegistration> {
    return this.write('POST', url, config);
  }

  /** 查询投诉通知回调地址 @see https://pay.weixin.qq.com/doc/v3/merchant/4012459014 */
  get(config?: WechatPayRequestConfig): Observable<ComplaintNotificationRegistration> {
    return this.merchant.client.fetch(
      { method: 'GET', target: PATH, hints: HINTS },
      readRegistration,
      config,
    );
  }

  /** 更新投诉通知回调地址 @see https://pay.weixin.qq.com/doc/v3/merchant/4012459282 */
  update(
    { url }: ComplaintNotificationUrl,
    config?: WechatPayRequestConfig,
  ): Observable<ComplaintNotificationRegistration> {
    return this.write('PUT', url, config);
  }

  /** 删除投诉通知回调地址 @see https://pay.weixin.qq.com/doc/v3/merchant/4012460452 */
  delete(config?: WechatPayRequestConfig): Observable<void> {
    return this.merchant.client.execute({ method: 'DELETE', target: PATH, hints: HINTS }, config);
  }

  /**
   * Makes this URL the registered one: reads, then creates, updates or leaves alone. What a second
   * create answers is documented nowhere, so reading comes first. When the write fails although it
   * was the right one, because another instance was faster or its answer was a probe, reading once
   * more tells what is set now.
   */
  ensure(
    target: ComplaintNotificationUrl,
    config?: WechatPayRequestConfig,
  ): Observable<EnsuredComplaintNotification> {
    return this.checked(target.url, () =>
      this.find(config).pipe(
        switchMap((before) =>
          this.settle(target, before, config).pipe(
            catchError((error: unknown) => this.settleAgain(target, before, error, config)),
          ),
        ),
      ),
    );
  }

  private settle(
    target: ComplaintNotificationUrl,
    present: ComplaintNotificationRegistration | undefined,
    config?: WechatPayRequestConfig,
  ): Observable<EnsuredComplaintNotification> {
    if (present?.url === target.url) return of({ ...present, outcome: 'unchanged' });
    return present
      ? this.update(target, config).pipe(map((after) => ({ ...after, outcome: 'updated' })))
      : this.create(target, config).pipe(map((after) => ({ ...after, outcome: 'created' })));
  }

  /** Only a state that differs from the one read before makes a second write worth trying. */
  private settleAgain(
    target: ComplaintNotificationUrl,
    before: ComplaintNotificationRegistration | undefined,
    error: unknown,
    config?: WechatPayRequestConfig,
  ): Observable<EnsuredComplaintNotification> {
    const isApiError = error instanceof WechatPayApiError;
    // A success that could not be read: most likely the write did what it should.
    const isUnclear =
      error instanceof WechatPaySignatureError ||
      (isApiError && error.code === 'MALFORMED_RESPONSE');
    if (!isUnclear && !isApiError) return throwError(() => error);
    return this.find(config).pipe(
      // That reading failed too says less than why the write did.
      catchError(() => throwError(() => error)),
      switchMap((now) => {
        if (now?.url === before?.url) return throwError(() => error);
        return isUnclear && now?.url === target.url
          ? of({ ...now, outcome: before ? ('updated' as const) : ('created' as const) })
          : this.settle(target, now, config);
      }),
    );
  }

  /** What is registered, or undefined: `RESOURCE_NOT_EXISTS` comes as 400 or 404. */
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
    return this.checked(url, () =>
      this.merchant.client.fetch(
        { method, target: PATH, body: { url }, hints: HINTS },
        readRegistration,
        config,
      ),
    );
  }

  private checked<T>(url: string, call: () => Observable<T>): Observable<T> {
    const { allowPrivateCallbackUrls } = this.merchant.options;
    return defer(() => {
      assertArguments({ url: callbackUrlProblems(url, allowPrivateCallbackUrls) });
      return call();
    });
  }
}

/** Reads these two fields only: `create` and `update` accept what `get` emits. */
const readRegistration: Reader<ComplaintNotificationRegistration> = (json) => ({
  mchid: requireText(json, 'mchid'),
  url: requireText(json, 'url'),
});
