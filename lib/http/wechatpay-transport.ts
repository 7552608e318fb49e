import type { HttpService } from '@nestjs/axios';
import { Logger } from '@nestjs/common';
import type { AxiosResponse } from 'axios';
import {
  catchError,
  defer,
  finalize,
  map,
  type Observable,
  race,
  retry,
  switchMap,
  tap,
  throwError,
  timeout,
  timer,
} from 'rxjs';
import type { ResolvedOptions } from '../config/resolve-options.js';
import { MAX_TIMEOUT } from '../config/resolve-shared-options.js';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import { WechatPayError } from '../errors/wechatpay.error.js';
import { type CallEvent, publishCall } from '../diagnostics/diagnostics.js';
import { VERSION } from '../version.js';
import { signRequest } from './request-signing.js';
import { HostFailover } from './host-failover.js';
import { destroyWhenAborted, whenAborted } from './abort.js';
import { toTypedError } from './network-failure.js';
import { isConnectionFailure, mayRetry, retryDelay } from './retry-policy.js';
import {
  type ResponseHead,
  MAX_RESPONSE_BYTES,
  type StreamedResponse,
  toResponse,
  toStreamedResponse,
  type UnverifiedResponse,
} from './wechatpay-response.js';
import { encodeBody, requestName, type WechatPayRequest } from './wechatpay-request.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { since } from '../utils/since.js';

const USER_AGENT = `nestjs-wechatpay-complaint/${VERSION} node/${process.versions.node}`;

/**
 * Signs and sends the calls of one merchant, again where that is safe and may help. Every failure
 * leaves as a typed error that holds nothing of the request.
 */
export class WechatPayTransport {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly hosts: HostFailover;

  constructor(
    private readonly http: HttpService,
    private readonly options: ResolvedOptions,
  ) {
    this.hosts = new HostFailover(options.baseUrls, options.failoverCooldown);
  }

  /**
   * Cold: every subscription, and every attempt, signs anew; unsubscribing aborts the request.
   * `check` decides whether an answer is to be believed. The time limit holds for one attempt with
   * its check, the deadline of the options for all of them.
   */
  send(
    call: WechatPayRequest,
    config: WechatPayRequestConfig = {},
    check: (answer: UnverifiedResponse) => void | Promise<void> = () => undefined,
  ): Observable<UnverifiedResponse> {
    return this.repeated(call, config, (baseUrl) =>
      this.request(call, config, baseUrl, 'arraybuffer').pipe(
        map((response) => toResponse(call, response)),
        switchMap(async (answer) => {
          await check(answer);
          return answer;
        }),
      ),
    );
  }

  /**
   * As `send`, but emits before the body has come. From then on the stream is the consumer's: it
   * fails by a typed error when it is too long, when nothing more comes within the time limit, or
   * when the signal of `config` is raised; destroying it closes the connection.
   */
  stream(
    call: WechatPayRequest,
    config: WechatPayRequestConfig = {},
    check: (answer: ResponseHead) => void = () => undefined,
  ): Observable<StreamedResponse> {
    const limit = this.timeLimit(config.timeout);
    return this.repeated(call, config, (baseUrl) => {
      const aborter = new AbortController();
      let isHandedOver = false;
      return this.request(call, { ...config, signal: aborter.signal }, baseUrl, 'stream').pipe(
        switchMap((response) => toStreamedResponse(call, response, check, limit)),
        tap(({ stream }) => {
          isHandedOver = true;
          destroyWhenAborted(call, stream, config.signal);
        }),
        finalize(() => {
          // HttpService leaves alone what it streams.
          if (!isHandedOver) aborter.abort();
        }),
      );
    });
  }

  /** Attempts until one succeeds, there is no time for another, or none that would help. */
  private repeated<T extends ResponseHead>(
    call: WechatPayRequest,
    config: WechatPayRequestConfig,
    exchange: (baseUrl: string) => Observable<T>,
  ): Observable<T> {
    const limit = this.timeLimit(config.timeout);
    const { deadline } = this.options.retry;
    // A limit that the caller sets for this one call may well be longer.
    const total = config.timeout === undefined ? deadline : Math.max(deadline, limit);
    return defer(() => {
      const start = performance.now();
      const attempt = defer(() =>
        this.attempt(call, exchange, Math.min(limit, total - since(start))),
      );
      return race(
        whenAborted(call, config.signal),
        attempt.pipe(
          retry({
            delay: (error: unknown, count) => {
              const pause = this.pauseBeforeNext(call, error, count, total - since(start));
              return pause === undefined ? throwError(() => error) : timer(pause);
            },
          }),
        ),
      ).pipe(catchError((error: unknown) => throwError(() => toTypedError(call, error, limit))));
    });
  }

  /** Undefined when there is to be no next attempt, or no time for one. */
  private pauseBeforeNext(
    call: WechatPayRequest,
    error: unknown,
    attempt: number,
    timeLeft: number,
  ): number | undefined {
    const { retry: settings } = this.options;
    if (!(error instanceof WechatPayError)) return undefined;
    if (attempt >= settings.attempts || !mayRetry(call.method, error, call.isIdempotent))
      return undefined;
    const pause = Math.round(retryDelay(attempt, error, settings));
    if (pause >= timeLeft) return undefined;
    this.logger.warn(
      `${requestName(call)} failed (${error.code}), attempt ${attempt} of ${settings.attempts}: ` +
        `again in ${pause} ms on ${this.hosts.current()}`,
    );
    return pause;
  }

  private attempt<T extends ResponseHead>(
    call: WechatPayRequest,
    exchange: (baseUrl: string) => Observable<T>,
    limit: number,
  ): Observable<T> {
    return defer(() => {
      const baseUrl = this.hosts.choose();
      const start = performance.now();
      let isPublished = false;
      const publish = (
        event: Pick<CallEvent, 'outcome' | 'code' | 'status' | 'requestId'>,
      ): void => {
        isPublished = true;
        const { mchid } = this.options;
        const { method, target } = call;
        publishCall({ mchid, method, baseUrl, target, duration: since(start), ...event });
      };
      return exchange(baseUrl).pipe(
        // axios' own limit starts anew with every byte; this one is for the whole attempt.
        timeout({ first: limit }),
        catchError((reason: unknown) => {
          const error = toTypedError(call, reason, limit);
          const { code, status, requestId } = error;
          publish({ outcome: 'failed', code, status, requestId });
          if (isConnectionFailure(error)) this.hosts.reportFailure(baseUrl, code);
          return throwError(() => error);
        }),
        tap(({ status, requestId }) => {
          publish({ outcome: 'succeeded', status, requestId });
        }),
        finalize(() => {
          if (!isPublished) publish({ outcome: 'failed', code: 'ABORTED' });
        }),
      );
    });
  }

  private request(
    call: WechatPayRequest,
    config: WechatPayRequestConfig,
    baseUrl: string,
    responseType: 'arraybuffer' | 'stream',
  ): Observable<AxiosResponse<unknown>> {
    const content = encodeBody(call);
    return defer(() => signRequest(call, content?.signed ?? '', this.options)).pipe(
      switchMap((authorization) =>
        this.http.request<unknown>({
          ...this.options.request,
          ...config,
          headers: this.headers(config, authorization, content?.type),
          method: call.method,
          url: `${baseUrl}${call.target}`,
          baseURL: undefined,
          params: undefined,
          auth: undefined,
          // The one that hands over bytes, whatever an app has made the default.
          adapter: 'http',
          data: content?.data,
          // The bytes that were signed are the bytes that go out, and come in.
          transformRequest: (body: unknown) => body,
          transformResponse: (body: unknown) => body,
          responseType,
          // An encoded stream is refused: none was asked for, and its length would be another one.
          ...(responseType === 'stream' && { decompress: false }),
          // A redirect would carry the Authorization header elsewhere.
          maxRedirects: 0,
          // Of a stream it is counted here, for axios does so in a way that delays its destruction.
          maxContentLength: responseType === 'stream' ? -1 : (call.maxBytes ?? MAX_RESPONSE_BYTES),
          validateStatus: () => true,
          timeout: 0,
        }),
      ),
    );
  }

  /** Zero is axios' word for "never", and timers know no infinity: such values mean the option's. */
  private timeLimit(wanted = 0): number {
    return wanted > 0 && wanted < Infinity ? Math.min(wanted, MAX_TIMEOUT) : this.options.timeout;
  }

  /** Names are merged without regard to case, later ones win: no caller replaces what is signed. */
  private headers(
    config: WechatPayRequestConfig,
    authorization: string,
    contentType: string | undefined,
  ): Record<string, string> {
    const { request, publicKeyId } = this.options;
    return {
      'User-Agent': USER_AGENT,
      ...request.headers,
      ...config.headers,
      Accept: 'application/json',
      // An encoded body would have to be decoded before it can be verified.
      'Accept-Encoding': 'identity',
      ...(contentType !== undefined && { 'Content-Type': contentType }),
      ...(publicKeyId !== undefined && { 'Wechatpay-Serial': publicKeyId }),
      Authorization: authorization,
    };
  }
}
