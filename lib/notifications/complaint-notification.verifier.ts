import { Injectable } from '@nestjs/common';
import { WechatPayMerchantError } from '../errors/wechatpay-merchant.error.js';
import { AppContext } from '../merchant/app-context.js';
import type { MerchantContext } from '../merchant/merchant-context.js';
import type { MerchantsBySerial } from '../merchant/merchants-by-serial.js';
import { merchantNotNamed, MerchantRegistry } from '../merchant/merchant-registry.js';
import { readRequestId } from '../protocol/request-id.js';
import { readSignatureHeaders, type SignatureHeaders } from '../protocol/signature-headers.js';
import { SignatureRejection } from '../protocol/signature-rejection.js';
import { assertSignature, assertTimely, isSignedWith } from '../protocol/signature-verification.js';
import { Deadline } from '../utils/deadline.js';
import { settlesWithin } from '../utils/settles-within.js';
import { typeName } from '../utils/type-name.js';
import { ComplaintNotificationException } from './complaint-notification.exception.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import { type IncomingHeaders, toHeaderFields } from './incoming-headers.js';
import { openNotification } from './notification-opening.js';

/** A notification as it came over the wire. */
export interface IncomingNotification {
  /** A record with names in any case, or a web `Headers` object. */
  readonly headers: IncomingHeaders;
  /** The exact bytes received, or a function that reads them once the headers have passed. */
  readonly body: Uint8Array | (() => Promise<Uint8Array>);
  /**
   * The mchid that the URL, or anything else about the request, names. Required if merchants are looked
   * up. Without it the platform key that verifies tells the merchant, and, where several merchants have
   * it, the APIv3 key that decrypts.
   */
  readonly merchant?: string;
}

/** The part of a notification that is needed to verify it. */
interface Signed {
  readonly signature: SignatureHeaders;
  readonly body: IncomingNotification['body'];
}

/**
 * Turns the bytes of a notification into its payload, or rejects it. It needs no HTTP framework, so it
 * also serves where the guard cannot, such as behind a gateway that hands over events.
 *
 * The checks, in this order: form of the headers, signature type, time, probe, merchant, serial,
 * signature; then, on bytes that WeChat Pay signed, size, JSON, envelope, kind, algorithm, tag, resource.
 */
@Injectable()
export class ComplaintNotificationVerifier {
  constructor(
    private readonly app: AppContext,
    private readonly registry: MerchantRegistry,
  ) {}

  /**
   * @param deadline limits the wait for a merchant and for a platform certificate; by default the option
   * `handlerTimeout`
   * @throws ComplaintNotificationException with the reason as its `code`
   * @throws WechatPayMerchantError MERCHANT_NOT_NAMED, if merchants are looked up and none was named
   */
  async verify(
    { headers, body, merchant }: IncomingNotification,
    deadline = new Deadline(this.app.options.handlerTimeout),
  ): Promise<ComplaintNotificationPayload> {
    const fields = toHeaderFields(headers);
    const requestId = readRequestId(fields);
    try {
      const signature = readSignatureHeaders(fields);
      assertTimely(signature, Date.now(), this.app.options.clockTolerance);
      const payload = await this.verifySigned({ signature, body }, merchant, deadline);
      return requestId === undefined ? payload : { ...payload, request_id: requestId };
    } catch (error) {
      throw toException(error, { requestId });
    }
  }

  private async verifySigned(
    signed: Signed,
    mchid: string | undefined,
    deadline: Deadline,
  ): Promise<ComplaintNotificationPayload> {
    const { only, bySerial } = this.registry;
    if (only && (mchid === undefined || mchid === only.mchid)) {
      return verifyFor(only, signed, deadline);
    }
    if (mchid !== undefined) return this.verifyForNamed(mchid, signed, deadline);
    if (!bySerial) throw merchantNotNamed();
    return this.verifyBySerial(bySerial, signed, deadline);
  }

  private async verifyForNamed(
    mchid: string,
    signed: Signed,
    deadline: Deadline,
  ): Promise<ComplaintNotificationPayload> {
    const merchant = await this.registry.acquire(mchid, deadline.timeLeft());
    try {
      return await verifyFor(merchant, signed, deadline);
    } finally {
      merchant.release();
    }
  }

  /** The key that verifies the signature belongs to one merchant, or to some of them. */
  private async verifyBySerial(
    bySerial: MerchantsBySerial,
    { signature, body }: Signed,
    deadline: Deadline,
  ): Promise<ComplaintNotificationPayload> {
    let candidates = bySerial.find(signature.serial);
    if (candidates.length === 0) {
      await settlesWithin(this.registry.downloadFirstCertificates(), deadline.timeLeft());
      candidates = bySerial.find(signature.serial);
    }
    const [candidate, ...others] = candidates;
    if (!candidate) throw unknownSerial(signature.serial);
    const bytes = await bytesOf(body);
    const signer = others.find(({ platformKey }) =>
      isSignedWith(signature, bytes, platformKey.key),
    );
    if (!signer) assertSignature(signature, bytes, candidate.platformKey.key);
    return openNotification(bytes, signer ?? candidate);
  }
}

async function verifyFor(
  merchant: MerchantContext,
  { signature, body }: Signed,
  deadline: Deadline,
): Promise<ComplaintNotificationPayload> {
  const { keys, mchid } = merchant;
  try {
    const key =
      keys.find(signature.serial) ?? (await keys.get(signature.serial, deadline.timeLeft()));
    const bytes = await bytesOf(body);
    assertSignature(signature, bytes, key);
    return openNotification(bytes, merchant);
  } catch (error) {
    throw toException(error, { mchid });
  }
}

function unknownSerial(serial: string): SignatureRejection {
  return new SignatureRejection(
    'UNKNOWN_SERIAL',
    `Wechatpay-Serial ${serial} is not among the platform keys of any merchant of this app. The message is ` +
      'a forgery or a signature probe, or a key is missing from the platformKeys of its merchant.',
  );
}

/** A signature covers bytes. Text may have lost some of them, and an object has other ones. */
async function bytesOf(body: IncomingNotification['body']): Promise<Uint8Array> {
  const bytes: unknown = typeof body === 'function' ? await body() : body;
  if (bytes instanceof Uint8Array) return bytes;
  throw new ComplaintNotificationException(
    'RAW_BODY_UNAVAILABLE',
    `The body was given as ${typeName(bytes)}; the exact bytes are needed, as a Buffer or Uint8Array. ` +
      "For an event of an API gateway: Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8').",
  );
}

/** Adds what is known about the notification by now. */
function toException(error: unknown, about: { requestId?: string; mchid?: string }): unknown {
  const exception = asException(error);
  if (exception) {
    exception.requestId ??= about.requestId;
    exception.mchid ??= about.mchid;
  }
  return exception ?? error;
}

function asException(error: unknown): ComplaintNotificationException | undefined {
  if (error instanceof ComplaintNotificationException) return error;
  if (error instanceof SignatureRejection) {
    return new ComplaintNotificationException(error.code, error.message);
  }
  if (error instanceof WechatPayMerchantError && error.code !== 'MERCHANT_NOT_NAMED') {
    return new ComplaintNotificationException(error.code, error.message, { cause: error });
  }
  return undefined;
}
