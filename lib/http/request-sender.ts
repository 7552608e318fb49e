import type { HttpService } from '@nestjs/axios';
import type { AxiosResponse } from 'axios';
import { defer, finalize, map, type Observable, switchMap, tap } from 'rxjs';
import type { ResolvedOptions } from '../config/resolve-options.js';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import { VERSION } from '../version.js';
import { destroyWhenAborted } from './abort.js';
import { signRequest } from './request-signing.js';
import { encodeBody, type WechatPayRequest } from './wechatpay-request.js';
import {
  MAX_RESPONSE_BYTES,
  type ResponseHead,
  type StreamedResponse,
  toResponse,
  toStreamedResponse,
  type UnverifiedResponse,
} from './wechatpay-response.js';

const USER_AGENT = `nestjs-wechatpay-complaint/${VERSION} node/${process.versions.node}`;

/**
 * Signs a request and sends it once, to one host. Knows neither retries nor time limits, which are
 * the transport's. Both methods fail with a WechatPayApiError, or with an error of axios or Node.
 */
export class RequestSender {
  constructor(
    private readonly http: HttpService,
    private readonly options: ResolvedOptions,
  ) {}

  /** Emits the response once its body is complete. */
  send(
    request: WechatPayRequest,
    config: WechatPayRequestConfig,
    baseUrl: string,
  ): Observable<UnverifiedResponse> {
    return this.exchange(request, config, baseUrl, {
      responseType: 'arraybuffer',
      maxContentLength: request.maxBytes ?? MAX_RESPONSE_BYTES,
    }).pipe(map((response) => toResponse(request, response)));
  }

  /**
   * Emits the response while its body still arrives, unless `check` throws. From then on
   * unsubscribing changes nothing: the receiver of the stream has to read or destroy it.
   */
  stream(
    request: WechatPayRequest,
    config: WechatPayRequestConfig,
    baseUrl: string,
    check: (response: ResponseHead) => void,
    idleLimit: number,
  ): Observable<StreamedResponse> {
    return defer(() => {
      const aborter = new AbortController();
      let isHandedOver = false;
      return this.exchange(request, { ...config, signal: aborter.signal }, baseUrl, {
        responseType: 'stream',
        // The body is bounded in `toStreamedResponse`: the limit of axios delays its destruction.
        maxContentLength: -1,
        // No encoding was asked for, and decoding would change the length that was announced.
        decompress: false,
      }).pipe(
        switchMap((response) => toStreamedResponse(request, response, check, idleLimit)),
        tap(({ stream }) => {
          isHandedOver = true;
          destroyWhenAborted(request, stream, config.signal);
        }),
        finalize(() => {
          // HttpService does not abort a streamed request when it is unsubscribed from.
          if (!isHandedOver) aborter.abort();
        }),
      );
    });
  }

  private exchange(
    request: WechatPayRequest,
    config: WechatPayRequestConfig,
    baseUrl: string,
    reading:
      | { responseType: 'arraybuffer'; maxContentLength: number }
      | { responseType: 'stream'; maxContentLength: -1; decompress: false },
  ): Observable<AxiosResponse<unknown>> {
    return defer(async () => {
      // Axios sends path and query as the URL parser writes them, so exactly that is signed.
      const url = new URL(`${baseUrl}${request.target}`);
      const body = encodeBody(request);
      const signed = { method: request.method, target: `${url.pathname}${url.search}` };
      const authorization = await signRequest(signed, body?.signed ?? '', this.options);
      return { url, body, authorization };
    }).pipe(
      switchMap(({ url, body, authorization }) =>
        this.http.request<unknown>({
          ...this.options.request,
          ...config,
          ...reading,
          method: request.method,
          url: url.href,
          data: body?.data,
          headers: this.headers(request, config, authorization, body?.type),
          // What was signed is sent, and what was received is verified, byte by byte.
          baseURL: undefined,
          params: undefined,
          auth: undefined,
          transformRequest: (data: unknown) => data,
          transformResponse: (data: unknown) => data,
          // The adapter that yields bytes, whichever one the app has made the default.
          adapter: 'http',
          // A redirect would send the Authorization header to another host.
          maxRedirects: 0,
          validateStatus: () => true,
          // The transport limits the whole attempt; the limit of axios restarts with every byte.
          timeout: 0,
        }),
      ),
    );
  }

  /** Axios merges names regardless of case, and later ones win: callers cannot replace the last ones. */
  private headers(
    { accept = 'application/json' }: WechatPayRequest,
    config: WechatPayRequestConfig,
    authorization: string,
    contentType: string | undefined,
  ): Record<string, string> {
    const { request, publicKeyId } = this.options;
    return {
      'User-Agent': USER_AGENT,
      ...request.headers,
      ...config.headers,
      Accept: accept,
      // The signature covers the body before any encoding.
      'Accept-Encoding': 'identity',
      ...(contentType !== undefined && { 'Content-Type': contentType }),
      ...(publicKeyId !== undefined && { 'Wechatpay-Serial': publicKeyId }),
      Authorization: authorization,
    };
  }
}
