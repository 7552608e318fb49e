import { Injectable, Logger } from '@nestjs/common';
import {
  ComplaintNotificationException,
  type ComplaintNotificationRefusalCode,
} from './complaint-notification.exception.js';
import { ComplaintNotificationHandler } from './complaint-notification.handler.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import { assertJsonContentType, type IncomingRequest, readRawBody } from './raw-body.js';
import { RawBodyOption } from './raw-body-option.js';

/** The normal course of things, or a stranger's mistake: nobody is to be woken up by these. */
const QUIET: readonly ComplaintNotificationRefusalCode[] = [
  'SIGNATURE_PROBE',
  'UNSUPPORTED_CONTENT_TYPE',
  'UNREADABLE_BODY',
];

/** Where a request of the app becomes a notification: fetches its raw body, logs every refusal. */
@Injectable()
export class ComplaintNotificationReceiver {
  private readonly logger = new Logger('WechatPayComplaint');

  constructor(
    private readonly handler: ComplaintNotificationHandler,
    private readonly rawBodyOption: RawBodyOption,
  ) {}

  /** @throws ComplaintNotificationException */
  async receive(request: IncomingRequest): Promise<ComplaintNotificationPayload> {
    try {
      assertJsonContentType(request);
      return await this.handler.handle({
        headers: request.headers,
        // Only once the headers are worth it: strangers cannot make this app read, or log errors.
        body: () => this.readBody(request),
      });
    } catch (error) {
      if (error instanceof ComplaintNotificationException) this.log(error);
      throw error;
    }
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
