import { defer, map, type Observable, race, switchMap } from 'rxjs';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import { malformedResponse } from '../errors/wechatpay-api.error.js';
import { WechatPaySignatureError } from '../errors/wechatpay-signature.error.js';
import type { PlatformKeys } from '../keys/platform-keys.js';
import { readSignatureHeaders } from '../protocol/signature-headers.js';
import { SignatureRejection } from '../protocol/signature-rejection.js';
import { assertSignature, assertTimely } from '../protocol/signature-verification.js';
import { parseJsonObject } from '../utils/json.js';
import { whenAborted } from './abort.js';
import { ResponseFault, type Reader } from './response-reader.js';
import { requestName, type WechatPayRequest } from './wechatpay-request.js';
import type { ResponseHead, StreamedResponse, UnverifiedResponse } from './wechatpay-response.js';
import type { WechatPayTransport } from './wechatpay-transport.js';

/** Sends requests, verifies the signature of every response and parses what was verified. */
export class WechatPayClient {
  constructor(
    private readonly transport: WechatPayTransport,
    private readonly keys: PlatformKeys,
    private readonly clockToleranceInSeconds: number,
  ) {}

  /** For requests whose success has no body (204). */
  execute(request: WechatPayRequest, config?: WechatPayRequestConfig): Observable<void> {
    return this.sendVerified(request, config).pipe(map(() => undefined));
  }

  /**
   * For requests whose success has a JSON body. `read` checks the documented fields; a ResponseFault
   * becomes a `MALFORMED_RESPONSE` that says which field is wrong.
   */
  fetch<T>(
    request: WechatPayRequest,
    read: Reader<T>,
    config?: WechatPayRequestConfig,
  ): Observable<T> {
    return this.sendVerified(request, config).pipe(
      map((response) => {
        try {
          return read(parseJsonObject(response.body));
        } catch (error) {
          if (!(error instanceof ResponseFault)) throw error;
          const reason = `the response is genuine, but ${error.message}`;
          throw malformedResponse(requestName(request), reason, response);
        }
      }),
    );
  }

  /**
   * For downloads, the only successes that WeChat Pay does not sign: anybody on the way may have
   * written the response. `check` sees status and headers before it is emitted.
   */
  download(
    request: WechatPayRequest,
    check: (response: ResponseHead) => void,
    config?: WechatPayRequestConfig,
  ): Observable<StreamedResponse> {
    return this.transport.stream(request, config, check);
  }

  private sendVerified(
    request: WechatPayRequest,
    config?: WechatPayRequestConfig,
  ): Observable<UnverifiedResponse> {
    const verified = this.transport.send(request, config, async (response) => {
      try {
        await this.verify(response);
      } catch (error) {
        if (!(error instanceof SignatureRejection)) throw error;
        throw new WechatPaySignatureError(requestName(request), error, response);
      }
    });
    if (request.method === 'GET') return verified;
    return this.whenVerifiable(request, config).pipe(switchMap(() => verified));
  }

  /** A request that may take effect is sent only once there is a key to verify its response with. */
  private whenVerifiable(
    request: WechatPayRequest,
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    const { timeout = 0, signal } = config ?? {};
    return race(
      whenAborted(request, signal),
      defer(() => this.keys.require(requestName(request), timeout > 0 ? timeout : undefined)),
    );
  }

  private async verify({ headers, body }: UnverifiedResponse): Promise<void> {
    const signature = readSignatureHeaders(headers);
    assertTimely(signature, Date.now(), this.clockToleranceInSeconds);
    assertSignature(signature, body, await this.keys.get(signature.serial));
  }
}
