import { Injectable, Logger } from '@nestjs/common';
import { MerchantContext } from '../merchant/merchant-context.js';
import { publishNotification } from '../diagnostics/diagnostics.js';
import {
  ComplaintNotificationException,
  type ComplaintNotificationCode,
} from './complaint-notification.exception.js';
import { markLogged } from './handler-failure.js';
import { ComplaintNotificationVerifier } from './complaint-notification.verifier.js';
import { ComplaintNotificationProcessor } from './complaint-notification.processor.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import {
  assertJsonContentType,
  type IncomingRequest,
  keptRawBody,
  readRawBody,
} from './raw-body.js';
import { RawBodyCheck } from './raw-body.check.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { since } from '../utils/since.js';

/** The normal course of things, or a stranger's mistake: nobody is to be woken up by these. */
const QUIET: readonly ComplaintNotificationCode[] = [
  'SIGNATURE_PROBE',
  'UNSUPPORTED_CONTENT_TYPE',
  'UNREADABLE_BODY',
];

/**
 * What guard and interceptor of a route share: makes a request of the app a notification, logging
 * every refusal, and has its handler run once.
 */
@Injectable()
export class ComplaintNotificationReceiver {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(
    private readonly handler: ComplaintNotificationVerifier,
    private readonly runner: ComplaintNotificationProcessor,
    private readonly rawBodyOption: RawBodyCheck,
    private readonly merchant: MerchantContext,
  ) {}

  /** @throws ComplaintNotificationException */
  async receive(request: IncomingRequest): Promise<ComplaintNotificationPayload> {
    const start = performance.now();
    try {
      assertJsonContentType(request);
      return await this.handler.verify({
        headers: request.headers,
        // Read only once the headers are worth it: strangers cannot make this app read, or log errors.
        body: keptRawBody(request) ?? (() => this.readBody(request)),
      });
    } catch (error) {
      if (error instanceof ComplaintNotificationException) {
        this.log(markLogged(error));
        const { code, requestId } = error;
        publishNotification({
          mchid: this.merchant.mchid,
          outcome: 'refused',
          code,
          requestId,
          late: false,
          duration: since(start),
        });
      }
      throw error;
    }
  }

  /**
   * Runs the handler of a genuine notification, unless it was handled before.
   *
   * @throws ComplaintNotificationException IN_PROGRESS, HANDLER_TIMEOUT, STORE_UNAVAILABLE
   * @throws whatever the handler does
   */
  process(
    notification: ComplaintNotificationPayload,
    handle: () => Promise<unknown>,
  ): Promise<void> {
    return this.runner.run(notification, handle);
  }

  private async readBody(request: IncomingRequest): Promise<Uint8Array> {
    const body = await readRawBody(request);
    if (body) return body;
    throw new ComplaintNotificationException('RAW_BODY_UNAVAILABLE', this.rawBodyOption.advice());
  }

  private log({ code, detail, requestId }: ComplaintNotificationException): void {
    const line = `Notification refused (${code}): ${detail}${requestId ? ` [Request-ID ${requestId}]` : ''}`;
    if (code === 'RAW_BODY_UNAVAILABLE') this.logger.error(line);
    else if (QUIET.includes(code)) this.logger.debug(line);
    else this.logger.warn(line);
  }
}
