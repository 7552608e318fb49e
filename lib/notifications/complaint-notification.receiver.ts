import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { publishNotification } from '../diagnostics/diagnostics.js';
import type { Deadline } from '../utils/deadline.js';
import { settlesWithin } from '../utils/settles-within.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { ComplaintNotificationException, isDeferral } from './complaint-notification.exception.js';
import { ComplaintNotificationProcessor } from './complaint-notification.processor.js';
import { ComplaintNotificationVerifier } from './complaint-notification.verifier.js';
import {
  assertJsonContentType,
  type IncomingRequest,
  keptRawBody,
  readRawBody,
  textBodyProperty,
} from './raw-body.js';
import { RawBodyCheck } from './raw-body.check.js';
import { ReceivedNotification } from './received-notification.js';
import { RejectionLog } from './rejection-log.js';

/** Turns a request to the app into a verified notification, or rejects it and logs why. */
@Injectable()
export class ComplaintNotificationReceiver implements OnApplicationShutdown {
  private readonly rejections = new RejectionLog(new Logger(LOGGER_CONTEXT));

  constructor(
    private readonly verifier: ComplaintNotificationVerifier,
    private readonly processor: ComplaintNotificationProcessor,
    private readonly rawBodyCheck: RawBodyCheck,
  ) {}

  /**
   * The deadline of the response starts here. It covers the wait for a merchant and for a platform
   * certificate, the claim and the handler.
   *
   * @param merchant the mchid that the request names, if it does
   * @throws ComplaintNotificationException
   */
  async receive(request: IncomingRequest, merchant?: string): Promise<ReceivedNotification> {
    const delivery = this.processor.startDelivery();
    const { deadline } = delivery;
    try {
      assertJsonContentType(request);
      const { headers } = request;
      // A body in the stream is read only after the headers have passed: strangers cannot make this
      // app read bodies or log errors about its configuration.
      const body = keptRawBody(request) ?? (() => this.readBody(request, deadline));
      const payload = await this.verifier.verify({ headers, body, merchant }, deadline);
      return new ReceivedNotification(payload, (tasks) =>
        this.processor.process(payload, tasks, delivery),
      );
    } catch (error) {
      if (error instanceof ComplaintNotificationException) this.report(error, deadline);
      throw error;
    }
  }

  onApplicationShutdown(): void {
    this.rejections.summarise();
  }

  private async readBody(request: IncomingRequest, deadline: Deadline): Promise<Uint8Array> {
    const textProperty = textBodyProperty(request);
    if (textProperty !== undefined) {
      throw new ComplaintNotificationException(
        'RAW_BODY_UNAVAILABLE',
        `This app keeps the body as text, in request.${textProperty}. The signature covers the exact ` +
          'bytes: keep the Buffer.',
      );
    }
    const reading = readRawBody(request);
    if (!(await settlesWithin(reading, deadline.timeLeft()))) {
      throw new ComplaintNotificationException(
        'UNREADABLE_BODY',
        `The whole body had not arrived after ${Math.round(deadline.elapsed())} ms.`,
      );
    }
    const body = await reading;
    if (body) return body;
    throw new ComplaintNotificationException('RAW_BODY_UNAVAILABLE', this.rawBodyCheck.advice());
  }

  private report(exception: ComplaintNotificationException, deadline: Deadline): void {
    this.rejections.log(exception);
    const { code, requestId, mchid } = exception;
    publishNotification({
      mchid,
      outcome: isDeferral(code) ? 'deferred' : 'rejected',
      code,
      requestId,
      late: false,
      duration: deadline.elapsed(),
    });
  }
}
