import { randomBytes } from 'node:crypto';
import { isNativeError } from 'node:util/types';
import type { HttpService } from '@nestjs/axios';
import { Logger } from '@nestjs/common';
import { type AxiosResponse, CanceledError, isAxiosError } from 'axios';
import {
  catchError,
  defer,
  finalize,
  map,
  Observable,
  race,
  retry,
  switchMap,
  tap,
  throwError,
  timeout,
  TimeoutError,
  timer,
} from 'rxjs';
import { MAX_TIMEOUT, type ResolvedOptions } from '../options/resolve-options.js';
import type { WechatPayRequestConfig } from '../options/wechatpay-complaint-options.interface.js';
import { formatAuthorization, requestMessage } from '../protocol/authorization.js';
import { isJsonObject, isNestedWithin, parseJsonObject } from '../protocol/json.js';
import { messageOf } from '../protocol/message-of.js';
import { readRequestId } from '../protocol/request-id.js';
import { signRsaSha256 } from '../protocol/rsa.js';
import type { HeaderFields } from '../protocol/signature-headers.js';
import { WechatPayError } from '../protocol/wechatpay.error.js';
import { type CallEvent, publishCall, since } from '../diagnostics.js';
import { VERSION } from '../version.js';
import { BaseUrlSelector } from './base-url-selector.js';
import { isConnectionFailure, mayRepeat, parseRetryAfter, pauseAfter } from './retry-policy.js';
import { WechatPayApiError } from './wechatpay-api.error.js';
import { WechatPayNetworkError } from './wechatpay-network.error.js';

export interface WechatPayCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query exactly as they are to be signed and sent. */
  readonly target: string;
  /** Sent as JSON. */
  readonly body?: object;
}

/** A 2xx answer whose signature nobody has looked at yet. */
export interface UnverifiedAnswer {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: Buffer;
  readonly requestId?: string;
}

/** Answers of these APIs have some hundred bytes; certificates a few thousand. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Error answers are signed by nobody; what is made of them goes into logs, and has to fit there. */
const API_CODE = /^\w{1,64}$/;
/** Two have been seen: `sign_information` in `detail`. */
const MAX_DETAIL_LEVELS = 8;

const USER_AGENT = `nestjs-wechatpay-complaint/${VERSION} node/${process.versions.node}`;

/**
 * Signs and sends the calls of one merchant, again where that is safe and may help. Every failure
 * leaves as a typed error that holds nothing of the request.
 */
export class WechatPayTransport {
  private readonly logger = new Logger('WechatPayComplaint');
  private readonly hosts: BaseUrlSelector;

  constructor(
    private readonly http: HttpService,
    private readonly options: ResolvedOptions,
  ) {
    this.hosts = new BaseUrlSelector(options.baseUrls, options.failoverCooldown);
  }

  /**
   * Cold: every subscription, and every attempt, signs anew; unsubscribing aborts the request.
   * `check` decides whether an answer is to be believed. The time limit holds for one attempt with
   * its check, the deadline of the options for all of them.
   */
  send(
    call: WechatPayCall,
    config: WechatPayRequestConfig = {},
    check: (answer: UnverifiedAnswer) => void | Promise<void> = () => undefined,
  ): Observable<UnverifiedAnswer> {
    const limit = this.timeLimit(config.timeout);
    const { deadline } = this.options.retry;
    // A limit that the caller sets for this one call may well be longer.
    const total = config.timeout === undefined ? deadline : Math.max(deadline, limit);
    return defer(() => {
      const start = performance.now();
      const attempt = defer(() =>
        this.attempt(call, config, check, Math.min(limit, total - since(start))),
      );
      return race(
        whenAborted(config.signal),
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
    call: WechatPayCall,
    error: unknown,
    attempt: number,
    timeLeft: number,
  ): number | undefined {
    const { retry: settings } = this.options;
    if (!(error instanceof WechatPayError)) return undefined;
    if (attempt >= settings.attempts || !mayRepeat(call.method, error)) return undefined;
    const pause = Math.round(pauseAfter(attempt, error, settings));
    if (pause >= timeLeft) return undefined;
    this.logger.warn(
      `${nameOf(call)} failed (${error.code}), attempt ${attempt} of ${settings.attempts}: ` +
        `again in ${pause} ms on ${this.hosts.current()}`,
    );
    return pause;
  }

  private attempt(
    call: WechatPayCall,
    config: WechatPayRequestConfig,
    check: (answer: UnverifiedAnswer) => void | Promise<void>,
    limit: number,
  ): Observable<UnverifiedAnswer> {
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
      return this.exchange(call, config, baseUrl).pipe(
        switchMap(async (answer) => {
          await check(answer);
          return answer;
        }),
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

  private exchange(
    call: WechatPayCall,
    config: WechatPayRequestConfig,
    baseUrl: string,
  ): Observable<UnverifiedAnswer> {
    return defer(() => this.sign(call)).pipe(
      switchMap(({ authorization, data }) =>
        this.http.request<unknown>({
          ...this.options.request,
          ...config,
          headers: this.headers(config, authorization, data !== undefined),
          method: call.method,
          url: `${baseUrl}${call.target}`,
          baseURL: undefined,
          params: undefined,
          auth: undefined,
          // The one that hands over bytes, whatever an app has made the default.
          adapter: 'http',
          data,
          // The bytes that were signed are the bytes that go out, and come in.
          transformRequest: (body: unknown) => body,
          transformResponse: (body: unknown) => body,
          responseType: 'arraybuffer',
          // A redirect would carry the Authorization header elsewhere.
          maxRedirects: 0,
          maxContentLength: MAX_ANSWER_BYTES,
          validateStatus: () => true,
          timeout: 0,
        }),
      ),
      map((response) => toAnswer(call, response)),
    );
  }

  /** Zero is axios' word for "never", and timers know no infinity: such values mean the option's. */
  private timeLimit(wanted: number | undefined): number {
    return wanted !== undefined && wanted > 0 && wanted <= MAX_TIMEOUT
      ? wanted
      : this.options.timeout;
  }

  /** Names are merged without regard to case, later ones win: no caller replaces what is signed. */
  private headers(
    config: WechatPayRequestConfig,
    authorization: string,
    hasBody: boolean,
  ): Record<string, string> {
    const { request, publicKeyId } = this.options;
    return {
      'User-Agent': USER_AGENT,
      ...request.headers,
      ...config.headers,
      Accept: 'application/json',
      // An encoded body would have to be decoded before it can be verified.
      'Accept-Encoding': 'identity',
      ...(hasBody && { 'Content-Type': 'application/json' }),
      ...(publicKeyId !== undefined && { 'Wechatpay-Serial': publicKeyId }),
      Authorization: authorization,
    };
  }

  private async sign(call: WechatPayCall): Promise<{ authorization: string; data?: string }> {
    const { mchid, serial, privateKey } = this.options;
    const data = call.body === undefined ? undefined : JSON.stringify(call.body);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const nonce = randomBytes(16).toString('hex').toUpperCase();
    const message = requestMessage({ ...call, timestamp, nonce, body: data ?? '' });
    const signature = await signRsaSha256(message, privateKey);
    return {
      data,
      authorization: formatAuthorization({
        mchid,
        nonce_str: nonce,
        signature,
        timestamp,
        serial_no: serial,
      }),
    };
  }
}

function nameOf({ method, target }: WechatPayCall): string {
  return `${method} ${target}`;
}

function toAnswer(
  call: WechatPayCall,
  { status, headers, data }: AxiosResponse<unknown>,
): UnverifiedAnswer {
  const fields: HeaderFields = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), toField(value)]),
  );
  const requestId = readRequestId(fields);
  const body = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
  if (status >= 200 && status < 300) return { status, headers: fields, body, requestId };

  const { code, message, detail } = parseJsonObject(body) ?? {};
  throw new WechatPayApiError(
    nameOf(call),
    typeof code === 'string' && API_CODE.test(code) ? code : `HTTP_${status}`,
    typeof message === 'string' ? message : 'the body has no message',
    isJsonObject(detail) && isNestedWithin(detail, MAX_DETAIL_LEVELS) ? detail : undefined,
    { status, requestId, retryAfter: parseRetryAfter(firstOf(fields['retry-after']), Date.now()) },
  );
}

function firstOf(field: string | readonly string[] | undefined): string | undefined {
  return typeof field === 'string' ? field : field?.[0];
}

function toField(value: unknown): string | string[] | undefined {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' ? value : undefined;
}

/** Fails when the signal is raised, and never emits. */
function whenAborted(signal: WechatPayRequestConfig['signal']): Observable<never> {
  return new Observable((subscriber) => {
    const abort = (): void => {
      subscriber.error(new CanceledError());
    };
    if (signal?.aborted) abort();
    signal?.addEventListener?.('abort', abort);
    return () => {
      signal?.removeEventListener?.('abort', abort);
    };
  });
}

/** Whatever went wrong below leaves without axios' error: that one holds the whole request. */
function toTypedError(request: WechatPayCall, error: unknown, limit: number): WechatPayError {
  const call = nameOf(request);
  if (error instanceof WechatPayError) return error;
  if (error instanceof TimeoutError) {
    const cause = new Error(`no complete answer within ${Math.round(limit)} ms`);
    return new WechatPayNetworkError(call, 'TIMEOUT', `${cause.message}.`, cause);
  }
  if (!isAxiosError(error)) {
    return new WechatPayNetworkError(
      call,
      'NETWORK_ERROR',
      messageOf(error),
      withoutRequest(error),
    );
  }
  if (error.code === 'ERR_CANCELED') {
    return new WechatPayNetworkError(
      call,
      'ABORTED',
      'the caller aborted it.',
      new Error('aborted'),
    );
  }
  const cause = withoutRequest(error.cause ?? error);
  return new WechatPayNetworkError(call, error.code ?? 'NETWORK_ERROR', messageOf(cause), cause);
}

function withoutRequest(error: unknown): unknown {
  return isAxiosError(error) || !isNativeError(error) ? new Error(messageOf(error)) : error;
}
