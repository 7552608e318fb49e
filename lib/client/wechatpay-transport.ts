import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { isNativeError } from 'node:util/types';
import type { HttpService } from '@nestjs/axios';
import { Logger } from '@nestjs/common';
import { type AxiosResponse, isAxiosError } from 'axios';
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
import { isJsonObject, parseJsonObject } from '../protocol/json.js';
import { messageOf } from '../protocol/message-of.js';
import { signRsaSha256 } from '../protocol/rsa.js';
import type { HeaderFields } from '../protocol/signature-headers.js';
import { WechatPayError } from '../protocol/wechatpay.error.js';
import { type CallEvent, publishCall, since } from '../diagnostics.js';
import { VERSION } from '../version.js';
import { BaseUrlSelector } from './base-url-selector.js';
import { guardStream, readAtMost } from './guarded-stream.js';
import { isConnectionFailure, mayRepeat, parseRetryAfter, pauseAfter } from './retry-policy.js';
import { WechatPayApiError } from './wechatpay-api.error.js';
import { WechatPayNetworkError } from './wechatpay-network.error.js';

export interface WechatPayCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query exactly as they are to be signed and sent. */
  readonly target: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as it is, in place of `body`. */
  readonly content?: EncodedContent;
  /** Whether WeChat Pay recognises a repetition as one. @default by the method: GET and PUT */
  readonly isRepeatable?: boolean;
  /** Of the answer. @default 1 MiB */
  readonly maxBytes?: number;
  /** What error codes mean for this call, where that is more than for any call. */
  readonly hints?: Readonly<Record<string, string>>;
}

/** A body that is not JSON, or of which not all is signed. */
export interface EncodedContent {
  readonly type: string;
  readonly data: string | Buffer;
  /** What of it the signature covers. */
  readonly signed: string;
}

/** What comes before the body of a 2xx answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly requestId?: string;
}

/** A 2xx answer whose signature nobody has looked at yet. */
export interface UnverifiedAnswer extends AnswerHead {
  readonly body: Buffer;
}

/** A 2xx answer without a signature, whose body is still on its way. */
export interface StreamedAnswer extends AnswerHead {
  readonly stream: Readable;
}

/** Most answers have some hundred bytes; certificates a few thousand. */
const MAX_ANSWER_BYTES = 1024 * 1024;

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
    return this.repeated(call, config, (baseUrl) =>
      this.request(call, config, baseUrl, 'arraybuffer').pipe(
        map((response) => toAnswer(call, response)),
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
    call: WechatPayCall,
    config: WechatPayRequestConfig = {},
    check: (answer: AnswerHead) => void = () => undefined,
  ): Observable<StreamedAnswer> {
    const limit = this.timeLimit(config.timeout);
    return this.repeated(call, config, (baseUrl) => {
      const aborter = new AbortController();
      let isHandedOver = false;
      return this.request(call, { ...config, signal: aborter.signal }, baseUrl, 'stream').pipe(
        switchMap((response) => toStreamedAnswer(call, response, check, limit)),
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
  private repeated<T extends AnswerHead>(
    call: WechatPayCall,
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
    call: WechatPayCall,
    error: unknown,
    attempt: number,
    timeLeft: number,
  ): number | undefined {
    const { retry: settings } = this.options;
    if (!(error instanceof WechatPayError)) return undefined;
    if (attempt >= settings.attempts || !isWorthRepeating(call, error)) return undefined;
    const pause = Math.round(pauseAfter(attempt, error, settings));
    if (pause >= timeLeft) return undefined;
    this.logger.warn(
      `${nameOf(call)} failed (${error.code}), attempt ${attempt} of ${settings.attempts}: ` +
        `again in ${pause} ms on ${this.hosts.current()}`,
    );
    return pause;
  }

  private attempt<T extends AnswerHead>(
    call: WechatPayCall,
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
    call: WechatPayCall,
    config: WechatPayRequestConfig,
    baseUrl: string,
    responseType: 'arraybuffer' | 'stream',
  ): Observable<AxiosResponse<unknown>> {
    const content = encode(call);
    return defer(() => this.sign(call, content?.signed ?? '')).pipe(
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
          maxContentLength: responseType === 'stream' ? -1 : (call.maxBytes ?? MAX_ANSWER_BYTES),
          validateStatus: () => true,
          timeout: 0,
        }),
      ),
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

  private async sign(call: WechatPayCall, body: string): Promise<string> {
    const { mchid, serial, privateKey } = this.options;
    const { method, target } = call;
    const timestamp = String(Math.floor(Date.now() / 1000));
    const nonce = randomBytes(16).toString('hex').toUpperCase();
    const message = requestMessage({ method, target, timestamp, nonce, body });
    const signature = await signRsaSha256(message, privateKey);
    return formatAuthorization({
      mchid,
      nonce_str: nonce,
      signature,
      timestamp,
      serial_no: serial,
    });
  }
}

export function nameOf({ method, target }: Pick<WechatPayCall, 'method' | 'target'>): string {
  return `${method} ${target}`;
}

function isWorthRepeating({ method, isRepeatable }: WechatPayCall, error: WechatPayError): boolean {
  return mayRepeat(method, error, isRepeatable);
}

function encode({ body, content }: WechatPayCall): EncodedContent | undefined {
  if (content !== undefined || body === undefined) return content;
  const data = JSON.stringify(body);
  return { type: 'application/json', data, signed: data };
}

function toHead({ status, headers }: AxiosResponse<unknown>): AnswerHead {
  const fields: HeaderFields = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), toField(value)]),
  );
  return { status, headers: fields, requestId: firstOf(fields['request-id']) };
}

function isSuccess({ status }: AnswerHead): boolean {
  return status >= 200 && status < 300;
}

/** @throws WechatPayApiError what WeChat Pay says, unless that is a success */
function toAnswer(call: WechatPayCall, response: AxiosResponse<unknown>): UnverifiedAnswer {
  const head = toHead(response);
  const body = Buffer.isBuffer(response.data) ? response.data : Buffer.alloc(0);
  if (isSuccess(head)) return { ...head, body };
  throw toApiError(call, head, body);
}

/** @throws WechatPayApiError what WeChat Pay says, unless that is a success; what `check` throws */
async function toStreamedAnswer(
  call: WechatPayCall,
  response: AxiosResponse<unknown>,
  check: (answer: AnswerHead) => void,
  limit: number,
): Promise<StreamedAnswer> {
  const head = toHead(response);
  // With responseType 'stream' axios hands over nothing else.
  const source = response.data as Readable;
  if (!isSuccess(head)) {
    const body = await readAtMost(source, MAX_ANSWER_BYTES);
    throw toApiError(call, head, body ?? Buffer.alloc(0));
  }
  try {
    check(head);
  } catch (error) {
    source.destroy();
    throw error;
  }
  const { status, requestId } = head;
  const maxBytes = call.maxBytes ?? MAX_ANSWER_BYTES;
  const stream = guardStream(source, {
    maxBytes,
    limit,
    toTooLarge: () =>
      new WechatPayApiError(
        nameOf(call),
        'MALFORMED_ANSWER',
        `the answer has more than ${maxBytes} bytes`,
        undefined,
        { status, requestId },
      ),
    toTypedError: (error) => toTypedError(call, error, limit),
  });
  return { ...head, stream };
}

function toApiError(
  call: WechatPayCall,
  { status, headers, requestId }: AnswerHead,
  body: Uint8Array,
): WechatPayApiError {
  const { code: sentCode, message, detail } = parseJsonObject(body) ?? {};
  const code = typeof sentCode === 'string' && sentCode !== '' ? sentCode : `HTTP_${status}`;
  return new WechatPayApiError(
    nameOf(call),
    code,
    typeof message === 'string' ? message : 'the body has no message',
    isJsonObject(detail) ? detail : undefined,
    {
      status,
      requestId,
      retryAfter: parseRetryAfter(firstOf(headers['retry-after']), Date.now()),
      hint: hintFor(call, code),
    },
  );
}

function hintFor({ hints = {} }: WechatPayCall, code: string): string | undefined {
  return Object.hasOwn(hints, code) ? hints[code] : undefined;
}

function firstOf(field: string | readonly string[] | undefined): string | undefined {
  return typeof field === 'string' ? field : field?.[0];
}

function toField(value: unknown): string | string[] | undefined {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' ? value : undefined;
}

function onceAborted(signal: WechatPayRequestConfig['signal'], act: () => void): () => void {
  if (signal?.aborted) act();
  signal?.addEventListener?.('abort', act);
  return () => {
    signal?.removeEventListener?.('abort', act);
  };
}

/** Fails when the signal is raised, and never emits. */
export function whenAborted(
  call: Pick<WechatPayCall, 'method' | 'target'>,
  signal: WechatPayRequestConfig['signal'],
): Observable<never> {
  return new Observable((subscriber) =>
    onceAborted(signal, () => {
      subscriber.error(toAborted(call));
    }),
  );
}

function destroyWhenAborted(
  call: WechatPayCall,
  stream: Readable,
  signal: WechatPayRequestConfig['signal'],
): void {
  stream.once(
    'close',
    onceAborted(signal, () => {
      stream.destroy(toAborted(call));
    }),
  );
}

function toAborted(call: Pick<WechatPayCall, 'method' | 'target'>): WechatPayNetworkError {
  const reason = 'the caller aborted it.';
  return new WechatPayNetworkError(nameOf(call), 'ABORTED', reason, new Error('aborted'));
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
    const code = isNativeError(error) && 'code' in error ? error.code : undefined;
    return new WechatPayNetworkError(
      call,
      typeof code === 'string' ? code : 'NETWORK_ERROR',
      messageOf(error),
      withoutRequest(error),
    );
  }
  if (error.code === 'ERR_CANCELED') return toAborted(request);
  const cause = withoutRequest(error.cause ?? error);
  return new WechatPayNetworkError(call, error.code ?? 'NETWORK_ERROR', messageOf(cause), cause);
}

function withoutRequest(error: unknown): unknown {
  return isAxiosError(error) || !isNativeError(error) ? new Error(messageOf(error)) : error;
}
