import { Injectable } from '@nestjs/common';
import { MerchantContext } from '../merchant/merchant-context.js';
import { readRequestId } from '../protocol/request-id.js';
import { readSignatureHeaders } from '../protocol/signature-headers.js';
import { SignatureRejection } from '../protocol/signature-rejection.js';
import { assertSignature, assertTimely } from '../protocol/signature-verification.js';
import { Deadline } from '../utils/deadline.js';
import { typeName } from '../utils/type-name.js';
import { ComplaintNotificationException } from './complaint-notification.exception.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import { decryptComplaint } from './complaint-resource.js';
import { type IncomingHeaders, toHeaderFields } from './incoming-headers.js';
import { parseEnvelope } from './notification-envelope.js';

/** A notification as it came over the wire. */
export interface IncomingNotification {
  /** A record with names in any case, or a web `Headers` object. */
  readonly headers: IncomingHeaders;
  /** The exact bytes received, or a function that reads them once the headers have passed. */
  readonly body: Uint8Array | (() => Promise<Uint8Array>);
}

/** Genuine notifications have about a kilobyte. */
export const MAX_BODY_BYTES = 64 * 1024;

/**
 * Turns the bytes of a notification into its payload, or rejects it. It needs no HTTP framework, so it
 * also serves where the guard cannot, such as behind a gateway that hands over events.
 *
 * The checks, in this order: form of the headers, signature type, time, probe, serial, signature; then,
 * on bytes that WeChat Pay signed, size, JSON, envelope, kind, algorithm, tag, resource.
 */
@Injectable()
export class ComplaintNotificationVerifier {
  constructor(private readonly merchant: MerchantContext) {}

  /**
   * @param deadline limits the wait for a platform certificate; by default the option `handlerTimeout`
   * @throws ComplaintNotificationException with the reason as its `code`
   */
  async verify(
    { headers, body }: IncomingNotification,
    deadline = new Deadline(this.merchant.options.handlerTimeout),
  ): Promise<ComplaintNotificationPayload> {
    const { keys, options } = this.merchant;
    const fields = toHeaderFields(headers);
    const requestId = readRequestId(fields);
    try {
      const signature = readSignatureHeaders(fields);
      assertTimely(signature, Date.now(), options.clockTolerance);
      const key =
        keys.find(signature.serial) ?? (await keys.get(signature.serial, deadline.timeLeft()));
      const bytes = toBytes(typeof body === 'function' ? await body() : body);
      assertSignature(signature, bytes, key);
      return this.read(bytes, requestId);
    } catch (error) {
      throw toException(error, requestId);
    }
  }

  private read(bytes: Uint8Array, requestId: string | undefined): ComplaintNotificationPayload {
    if (bytes.length > MAX_BODY_BYTES) {
      throw new ComplaintNotificationException(
        'BODY_TOO_LARGE',
        `The body has ${bytes.length} bytes; at most ${MAX_BODY_BYTES} are read.`,
      );
    }
    const { resource, ...envelope } = parseEnvelope(bytes);
    const complaint = decryptComplaint(
      { id: envelope.id, resource },
      this.merchant.options.apiV3Key,
    );
    const origin = 'notification' as const;
    const payload = { mchid: this.merchant.mchid, ...envelope, complaint, origin };
    return requestId === undefined ? payload : { ...payload, request_id: requestId };
  }
}

/** A signature covers bytes. Text may have lost some of them, and an object has other ones. */
function toBytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  throw new ComplaintNotificationException(
    'RAW_BODY_UNAVAILABLE',
    `The body was given as ${typeName(body)}; the exact bytes are needed, as a Buffer or Uint8Array. ` +
      "For an event of an API gateway: Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8').",
  );
}

function toException(error: unknown, requestId: string | undefined): unknown {
  if (error instanceof SignatureRejection) {
    return new ComplaintNotificationException(error.code, error.message, { requestId });
  }
  if (error instanceof ComplaintNotificationException) error.requestId = requestId;
  return error;
}
