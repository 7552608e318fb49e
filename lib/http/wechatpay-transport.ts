import type { HttpService } from '@nestjs/axios';
import { Logger } from '@nestjs/common';
import {
  catchError,
  defer,
  type Observable,
  race,
  switchMap,
  tap,
  throwError,
  timeout,
  timer,
} from 'rxjs';
import type { ResolvedOptions } from '../config/resolve-options.js';
import { MAX_TIMEOUT } from '../config/resolve-shared-options.js';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import type { CallTrace } from '../diagnostics/tracing.js';
import type { WechatPayError } from '../errors/wechatpay.error.js';
import { Deadline } from '../utils/deadline.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { whenAborted } from './abort.js';
import { publishOutcome } from './attempt-events.js';
import { traceCall, tracesCalls } from './call-trace.js';
import { HostFailover } from './host-failover.js';
import { toWechatPayError } from './network-failure.js';
import { RequestSender } from './request-sender.js';
import { isConnectionFailure, mayRetry, retryDelay } from './retry-policy.js';
import { isIdempotent, requestName, type WechatPayRequest } from './wechatpay-request.js';
import type { ResponseHead, StreamedResponse, UnverifiedResponse } from './wechatpay-response.js';

/** Sends a request once to this host. */
type Exchange<T> = (baseUrl: string) => Observable<T>;

/**
 * Sends the requests of one merchant. Each attempt has a time limit, and all attempts of a request
 * share a deadline. A failed request is retried where that is safe and may help, on the next host
 * when the current one is unreachable. Every failure is a WechatPayError without any part of the
 * request that is secret.
 *
 * The Observables are cold: every subscription signs a new request, and unsubscribing aborts it.
 */
export class WechatPayTransport {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly sender: RequestSender;
  private readonly hosts: HostFailover;

  constructor(
    http: HttpService,
    private readonly options: ResolvedOptions,
  ) {
    this.sender = new RequestSender(http, options);
    this.hosts = new HostFailover(options.baseUrls, options.failoverCooldown);
  }

  /**
   * Emits the response with its whole body. `verify` is part of the attempt: its time counts, and
   * what it throws may lead to a retry.
   */
  send(
    request: WechatPayRequest,
    config: WechatPayRequestConfig = {},
    verify: (response: UnverifiedResponse) => void | Promise<void> = () => undefined,
  ): Observable<UnverifiedResponse> {
    return this.call(request, config, (baseUrl) =>
      this.sender.send(request, config, baseUrl).pipe(
        switchMap(async (response) => {
          await verify(response);
          return response;
        }),
      ),
    );
  }

  /**
   * Emits the response before its body has arrived. The receiver then owns the stream, which fails
   * with a WechatPayError when it is too long, when it stalls for longer than the time limit, or
   * when the signal of `config` aborts. Destroying it closes the connection.
   */
  stream(
    request: WechatPayRequest,
    config: WechatPayRequestConfig = {},
    check: (response: ResponseHead) => void = () => undefined,
  ): Observable<StreamedResponse> {
    return this.call(request, config, (baseUrl) =>
      this.sender.stream(request, config, baseUrl, check, this.timeLimit(config)),
    );
  }

  private call<T extends ResponseHead>(
    request: WechatPayRequest,
    config: WechatPayRequestConfig,
    exchange: Exchange<T>,
  ): Observable<T> {
    const { mchid } = this.options;
    const { method, target } = request;
    return defer(() =>
      tracesCalls()
        ? traceCall({ mchid, method, target }, (trace) =>
            this.withRetries(request, config, exchange, trace),
          )
        : this.withRetries(request, config, exchange),
    );
  }

  private withRetries<T extends ResponseHead>(
    request: WechatPayRequest,
    config: WechatPayRequestConfig,
    exchange: Exchange<T>,
    trace?: CallTrace,
  ): Observable<T> {
    return defer(() => {
      const total = this.totalLimit(config);
      const deadline = new Deadline(total);
      const fullLimit = Math.min(this.timeLimit(config), total);

      const attempt = (count: number, limit: number, previous?: WechatPayError): Observable<T> =>
        this.attempt(request, limit, exchange, trace).pipe(
          catchError((error: WechatPayError) => {
            const isCutShort = error.code === 'TIMEOUT' && limit < fullLimit;
            // When the deadline left too little time, the failure before explains more than this
            // time-out. But only the time-out tells that a request may have taken effect, which
            // matters when it is not idempotent.
            const failure = isCutShort && isIdempotent(request) ? (previous ?? error) : error;
            const pause = this.pauseBeforeRetry(request, error, count, deadline.timeLeft());
            if (pause === undefined) return throwError(() => failure);
            return timer(pause).pipe(
              switchMap(() =>
                attempt(count + 1, Math.min(fullLimit, deadline.timeLeft()), failure),
              ),
            );
          }),
        );

      return race(whenAborted(request, config.signal), attempt(1, fullLimit));
    });
  }

  /** One attempt on the current host, with its time limit and its diagnostics event. */
  private attempt<T extends ResponseHead>(
    request: WechatPayRequest,
    limit: number,
    exchange: Exchange<T>,
    trace?: CallTrace,
  ): Observable<T> {
    const { mchid } = this.options;
    const { method, target } = request;
    return defer(() => {
      const baseUrl = this.hosts.choose();
      if (trace) Object.assign(trace, { baseUrl, attempts: trace.attempts + 1 });
      return exchange(baseUrl).pipe(
        timeout({ first: limit }),
        catchError((error: unknown) => throwError(() => toWechatPayError(request, error, limit))),
        tap({
          error: (error: WechatPayError) => {
            if (this.isHostFailure(error, limit)) this.hosts.reportFailure(baseUrl, error.code);
          },
        }),
        publishOutcome({ mchid, method, baseUrl, target }),
      );
    });
  }

  /** A host that had less than the usual time to respond may be healthy, only slow. */
  private isHostFailure(error: WechatPayError, limit: number): boolean {
    const { timeout: usualLimit, retry } = this.options;
    if (error.code === 'TIMEOUT' && limit < Math.min(usualLimit, retry.deadline)) return false;
    return isConnectionFailure(error);
  }

  /** Milliseconds, or undefined when another attempt cannot help or has no time left. */
  private pauseBeforeRetry(
    request: WechatPayRequest,
    error: WechatPayError,
    count: number,
    timeLeft: number,
  ): number | undefined {
    const { mchid, retry } = this.options;
    const { attempts = retry.attempts } = request;
    if (count >= attempts || !mayRetry(request, error)) return undefined;
    const pause = Math.round(retryDelay(count, error, retry));
    if (pause >= timeLeft) return undefined;
    this.logger.warn(
      `Attempt ${count} of ${attempts} of ${requestName(request)} for merchant ${mchid} ` +
        `failed (${error.code}). Retrying in ${pause} ms on ${this.hosts.current()}.`,
    );
    return pause;
  }

  /** Milliseconds for one attempt. Axios takes 0 for "no limit", which this module never grants. */
  private timeLimit({ timeout = 0 }: WechatPayRequestConfig): number {
    return timeout > 0 && timeout < Infinity
      ? Math.min(timeout, MAX_TIMEOUT)
      : this.options.timeout;
  }

  /** Milliseconds for all attempts and pauses: the deadline, or a longer limit of this request. */
  private totalLimit(config: WechatPayRequestConfig): number {
    const { deadline } = this.options.retry;
    return config.timeout === undefined ? deadline : Math.max(deadline, this.timeLimit(config));
  }
}
