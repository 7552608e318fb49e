import { Injectable } from '@nestjs/common';
import { MerchantContext } from '../merchant/merchant-context.js';
import { readRequestId } from '../protocol/request-id.js';
import { type HeaderFields, readSignatureHeaders } from '../protocol/signature-headers.js';
import { SignatureRejection } from '../protocol/signature-rejection.js';
import { assertSignature, assertTimely } from '../protocol/signature-verification.js';
import { decryptComplaint, parseEnvelope } from './notification-envelope.js';
import { ComplaintNotificationException } from './complaint-notification.exception.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';

/** A notification as it came over the wire. */
export interface IncomingNotification {
  /** By lower-case name, as Node gives them. */
  readonly headers: HeaderFields;
  /** The exact bytes received, or how to get them once the headers are found worth it. */
  readonly body: Uint8Array | (() => Promise<Uint8Array>);
}

/** Genuine notifications have about a kilobyte. */
export const MAX_BODY_BYTES = 64 * 1024;

/**
 * Turns a notification into its payload, or refuses it. No HTTP framework is involved: use it
 * directly where the guard cannot go, such as behind a gateway that hands over events.
 *
 * Checked in this order: form of the headers, signature type, time, probe, serial, signature; then,
 * on bytes known to be genuine, size, JSON, shape, kind, algorithm, tag, plaintext.
 */
@Injectable()
export class ComplaintNotificationVerifier {
  constructor(private readonly merchant: MerchantContext) {}

  /** @throws ComplaintNotificationException with the reason as its `code` */
  async verify({ headers, body }: IncomingNotification): Promise<ComplaintNotificationPayload> {
    const { keys, options } = this.merchant;
    const requestId = readRequestId(headers);
    try {
      const signature = readSignatureHeaders(headers);
      assertTimely(signature, Date.now(), options.clockTolerance);
      const key =
        keys.find(signature.serial) ?? (await keys.get(signature.serial, options.handlerTimeout));
      const bytes = typeof body === 'function' ? await body() : body;
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
        `The body has ${bytes.length} bytes, at most ${MAX_BODY_BYTES} are read.`,
      );
    }
    const envelope = parseEnvelope(bytes);
    const complaint = decryptComplaint(envelope, this.merchant.options.apiV3Key);
    const { id, create_time, event_type, resource_type, summary, original_type } = envelope;
    const payload = {
      mchid: this.merchant.mchid,
      id,
      create_time,
      event_type,
      resource_type,
      summary,
      original_type,
      complaint,
    };
    return requestId === undefined ? payload : { ...payload, request_id: requestId };
  }
}

function toException(error: unknown, requestId: string | undefined): unknown {
  if (error instanceof SignatureRejection) {
    return new ComplaintNotificationException(error.code, error.message, { requestId });
  }
  if (error instanceof ComplaintNotificationException) error.requestId = requestId;
  return error;
}
