import { randomBytes } from 'node:crypto';
import { isNativeError } from 'node:util/types';
import type { HttpService } from '@nestjs/axios';
import { type AxiosResponse, CanceledError, isAxiosError } from 'axios';
import {
  catchError,
  defer,
  map,
  Observable,
  race,
  switchMap,
  throwError,
  timeout,
  TimeoutError,
} from 'rxjs';
import { MAX_TIMEOUT, type ResolvedOptions } from '../options/resolve-options.js';
import type { WechatPayRequestConfig } from '../options/wechatpay-complaint-options.interface.js';
import { formatAuthorization, requestMessage } from '../protocol/authorization.js';
import { isJsonObject, parseJsonObject } from '../protocol/json.js';
import { signRsaSha256 } from '../protocol/rsa.js';
import type { HeaderFields } from '../protocol/signature-headers.js';
import { WechatPayError } from '../protocol/wechatpay.error.js';
import { VERSION } from '../version.js';
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

const USER_AGENT = `nestjs-wechatpay-complaint/${VERSION} node/${process.versions.node}`;

/**
 * Signs and sends the calls of one merchant. Every failure leaves as a typed error that holds
 * nothing of the request; whether a success is genuine is for its caller to find out.
 */
export class WechatPayTransport {
  constructor(
    private readonly http: HttpService,
    private readonly options: ResolvedOptions,
  ) {}

  /**
   * Cold: every subscription signs anew; unsubscribing aborts the request. Time limit and signal
   * span everything, `check` included, which decides whether an answer is to be believed.
   */
  send(
    call: WechatPayCall,
    config: WechatPayRequestConfig = {},
    check: (answer: UnverifiedAnswer) => void | Promise<void> = () => undefined,
  ): Observable<UnverifiedAnswer> {
    const name = `${call.method} ${call.target}`;
    const limit = this.timeLimit(config.timeout);
    const answer = defer(() => this.sign(call)).pipe(
      switchMap(({ authorization, data }) =>
        this.http.request<unknown>({
          ...this.options.request,
          ...config,
          headers: this.headers(config, authorization, data !== undefined),
          method: call.method,
          url: `${this.options.baseUrls[0]}${call.target}`,
          baseURL: undefined,
          params: undefined,
          auth: undefined,
          data,
          // The bytes that were signed are the bytes that go out, and come in.
          transformRequest: (body: unknown) => body,
          transformResponse: (body: unknown) => body,
          responseType: 'arraybuffer',
          // A redirect would carry the Authorization header elsewhere.
          maxRedirects: 0,
          maxContentLength: MAX_ANSWER_BYTES,
          validateStatus: () => true,
          // axios' own limit starts anew with every byte; the one below is for the whole call.
          timeout: 0,
        }),
      ),
      map((response) => toAnswer(name, response)),
      switchMap(async (unverified) => {
        await check(unverified);
        return unverified;
      }),
    );
    return race(whenAborted(config.signal), answer).pipe(
      timeout({ first: limit }),
      catchError((error: unknown) => throwError(() => toTypedError(name, error, limit))),
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

function toAnswer(
  call: string,
  { status, headers, data }: AxiosResponse<unknown>,
): UnverifiedAnswer {
  const fields: HeaderFields = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), toField(value)]),
  );
  const id = fields['request-id'];
  const requestId = typeof id === 'string' ? id : undefined;
  const body = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
  if (status >= 200 && status < 300) return { status, headers: fields, body, requestId };

  const { code, message, detail } = parseJsonObject(body) ?? {};
  throw new WechatPayApiError(
    call,
    typeof code === 'string' && code !== '' ? code : `HTTP_${status}`,
    typeof message === 'string' ? message : 'the body has no message',
    isJsonObject(detail) ? detail : undefined,
    { status, requestId },
  );
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
function toTypedError(call: string, error: unknown, limit: number): Error {
  if (error instanceof WechatPayError) return error;
  if (error instanceof TimeoutError) {
    const cause = new Error(`no complete answer within ${limit} ms`);
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

function messageOf(error: unknown): string {
  // What Node throws when it has tried every address of a host.
  if (
    isNativeError(error) &&
    error.message === '' &&
    'errors' in error &&
    Array.isArray(error.errors)
  ) {
    return error.errors.map(messageOf).join('; ');
  }
  return isNativeError(error) ? error.message : String(error);
}
