import { defer, map, type Observable, race, switchMap } from 'rxjs';
import type { PlatformKeys } from '../keys/platform-keys.js';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import { parseJsonObject } from '../utils/json.js';
import { readSignatureHeaders } from '../protocol/signature-headers.js';
import { SignatureRejection } from '../protocol/signature-rejection.js';
import { assertSignature, assertTimely } from '../protocol/signature-verification.js';
import { whenAborted } from './abort.js';
import { ResponseFault, type Reader } from './response-reader.js';
import { malformedResponse } from '../errors/wechatpay-api.error.js';
import type { ResponseHead, StreamedResponse, UnverifiedResponse } from './wechatpay-response.js';
import { requestName, type WechatPayRequest } from './wechatpay-request.js';
import { WechatPaySignatureError } from '../errors/wechatpay-signature.error.js';
import type { WechatPayTransport } from './wechatpay-transport.js';

/** Sends calls and hands on only what was verified. */
export class WechatPayClient {
  constructor(
    private readonly transport: WechatPayTransport,
    private readonly keys: PlatformKeys,
    /** Seconds. */
    private readonly clockTolerance: number,
  ) {}

  /** For calls whose success has no body (204). */
  execute(call: WechatPayRequest, config?: WechatPayRequestConfig): Observable<void> {
    return this.exchange(call, config).pipe(map(() => undefined));
  }

  /**
   * For calls that answer with JSON. `read` checks the documented fields; an AnswerFault of it
   * becomes a `MALFORMED_RESPONSE` that says which one is wrong.
   */
  fetch<T>(
    call: WechatPayRequest,
    read: Reader<T>,
    config?: WechatPayRequestConfig,
  ): Observable<T> {
    return this.exchange(call, config).pipe(
      map((answer) => {
        try {
          return read(parseJsonObject(answer.body), '');
        } catch (error) {
          if (!(error instanceof ResponseFault)) throw error;
          const reason = `the answer is genuine, but ${error.message}`;
          throw malformedResponse(requestName(call), reason, answer);
        }
      }),
    );
  }

  /**
   * For downloads, the only successes that WeChat Pay does not sign. What comes is to be treated as a
   * stranger's; `check` sees it before anything is handed on.
   */
  download(
    call: WechatPayRequest,
    check: (answer: ResponseHead) => void,
    config?: WechatPayRequestConfig,
  ): Observable<StreamedResponse> {
    return this.transport.stream(call, config, check);
  }

  private exchange(
    call: WechatPayRequest,
    config?: WechatPayRequestConfig,
  ): Observable<UnverifiedResponse> {
    const response = this.transport.send(call, config, async (answer) => {
      try {
        await this.verify(answer);
      } catch (error) {
        if (!(error instanceof SignatureRejection)) throw error;
        throw new WechatPaySignatureError(requestName(call), error, answer);
      }
    });
    if (call.method === 'GET') return response;
    return this.whenVerifiable(call, config).pipe(switchMap(() => response));
  }

  /** A call that may take effect is not sent before there is a key to verify its response with. */
  private whenVerifiable(
    call: WechatPayRequest,
    config?: WechatPayRequestConfig,
  ): Observable<void> {
    const { timeout = 0, signal } = config ?? {};
    return race(
      whenAborted(call, signal),
      defer(() => this.keys.require(requestName(call), timeout > 0 ? timeout : undefined)),
    );
  }

  private async verify({ headers, body }: UnverifiedResponse): Promise<void> {
    const signature = readSignatureHeaders(headers);
    assertTimely(signature, Date.now(), this.clockTolerance);
    assertSignature(signature, body, await this.keys.get(signature.serial));
  }
}
