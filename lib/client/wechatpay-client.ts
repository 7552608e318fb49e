import { map, type Observable } from 'rxjs';
import type { PlatformKeys } from '../keys/platform-keys.js';
import type { WechatPayRequestConfig } from '../options/wechatpay-complaint-options.interface.js';
import { parseJsonObject } from '../protocol/json.js';
import { readSignatureHeaders } from '../protocol/signature-headers.js';
import { SignatureRefusal } from '../protocol/signature-refusal.error.js';
import { assertSignature, assertTimely } from '../protocol/signature-verification.js';
import { AnswerFault, type Reader } from './answer-reader.js';
import { malformedAnswer } from './wechatpay-api.error.js';
import type { AnswerHead, StreamedAnswer, UnverifiedAnswer } from './wechatpay-answer.js';
import { nameOf, type WechatPayCall } from './wechatpay-call.js';
import { WechatPaySignatureError } from './wechatpay-signature.error.js';
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
  execute(call: WechatPayCall, config?: WechatPayRequestConfig): Observable<void> {
    return this.exchange(call, config).pipe(map(() => undefined));
  }

  /**
   * For calls that answer with JSON. `read` checks the documented fields; an AnswerFault of it
   * becomes a `MALFORMED_ANSWER` that says which one is wrong.
   */
  fetch<T>(call: WechatPayCall, read: Reader<T>, config?: WechatPayRequestConfig): Observable<T> {
    return this.exchange(call, config).pipe(
      map((answer) => {
        try {
          return read(parseJsonObject(answer.body), '');
        } catch (error) {
          if (!(error instanceof AnswerFault)) throw error;
          const reason = `the answer is genuine, but ${error.message}`;
          throw malformedAnswer(nameOf(call), reason, answer);
        }
      }),
    );
  }

  /**
   * For downloads, the only successes that WeChat Pay does not sign. What comes is to be treated as a
   * stranger's; `check` sees it before anything is handed on.
   */
  download(
    call: WechatPayCall,
    check: (answer: AnswerHead) => void,
    config?: WechatPayRequestConfig,
  ): Observable<StreamedAnswer> {
    return this.transport.stream(call, config, check);
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
        throw new WechatPaySignatureError(nameOf(call), error, answer);
      }
    });
  }

  private async verify({ headers, body }: UnverifiedAnswer): Promise<void> {
    const signature = readSignatureHeaders(headers);
    assertTimely(signature, Date.now(), this.clockTolerance);
    assertSignature(signature, body, await this.keys.get(signature.serial));
  }
}
