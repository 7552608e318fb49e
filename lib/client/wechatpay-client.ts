import { map, type Observable } from 'rxjs';
import type { PlatformKeys } from '../keys/platform-keys.js';
import type { WechatPayRequestConfig } from '../options/wechatpay-complaint-options.interface.js';
import { type JsonObject, parseJsonObject } from '../protocol/json.js';
import { readSignatureHeaders } from '../protocol/signature-headers.js';
import { SignatureRefusal } from '../protocol/signature-refusal.error.js';
import { assertSignature, assertTimely } from '../protocol/signature-verification.js';
import { WechatPayApiError } from './wechatpay-api.error.js';
import { WechatPaySignatureError } from './wechatpay-signature.error.js';
import type { UnverifiedAnswer, WechatPayCall, WechatPayTransport } from './wechatpay-transport.js';

/** Sends calls and hands on only what was verified. */
export class WechatPayClient {
  constructor(
    private readonly transport: WechatPayTransport,
    private readonly keys: PlatformKeys,
    /** Seconds. */
    private readonly clockTolerance: number,
  ) {}

  /** For calls whose success has no body (204). */
  execute(call: WechatPayCall, config?: WechatPayRequestConfig): Observable<void> {
    return this.exchange(call, config).pipe(map(() => undefined));
  }

  /**
   * For calls that answer with JSON. `read` picks the documented fields, or returns undefined when
   * one is missing.
   */
  fetch<T>(
    call: WechatPayCall,
    read: (body: JsonObject) => T | undefined,
    config?: WechatPayRequestConfig,
  ): Observable<T> {
    return this.exchange(call, config).pipe(
      map(({ status, requestId, body }) => {
        const json = parseJsonObject(body);
        const result = json && read(json);
        if (result !== undefined) return result;
        throw new WechatPayApiError(
          `${call.method} ${call.target}`,
          'MALFORMED_ANSWER',
          'the answer is genuine, but lacks a documented field',
          undefined,
          { status, requestId },
        );
      }),
    );
  }

  private exchange(
    call: WechatPayCall,
    config?: WechatPayRequestConfig,
  ): Observable<UnverifiedAnswer> {
    return this.transport.send(call, config, async (answer) => {
      try {
        await this.verify(answer);
      } catch (error) {
        if (!(error instanceof SignatureRefusal)) throw error;
        throw new WechatPaySignatureError(`${call.method} ${call.target}`, error, answer);
      }
    });
  }

  private async verify({ headers, body }: UnverifiedAnswer): Promise<void> {
    const signature = readSignatureHeaders(headers);
    assertTimely(signature, Date.now(), this.clockTolerance);
    assertSignature(signature, body, await this.keys.get(signature.serial));
  }
}
