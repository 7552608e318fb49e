import { inspect } from 'node:util';
import { ComplaintNotificationException } from 'nestjs-wechatpay-complaint';
import type { TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { type Delivery, PHONE, toFields } from './delivery.js';

/** Rejections on account of the headers and the signature. */
export const SIGNATURE_CODES: readonly string[] = [
  'MISSING_HEADERS',
  'MALFORMED_HEADERS',
  'UNSUPPORTED_SIGNATURE_TYPE',
  'TIMESTAMP_TOO_OLD',
  'TIMESTAMP_TOO_NEW',
  'SIGNATURE_PROBE',
  'UNKNOWN_SERIAL',
  'SIGNATURE_MISMATCH',
];

/** Rejections on account of content that WeChat Pay signed. */
export const CONTENT_CODES: readonly string[] = [
  'BODY_TOO_LARGE',
  'MALFORMED_BODY',
  'NOT_A_COMPLAINT',
  'UNSUPPORTED_ALGORITHM',
  'DECRYPTION_FAILED',
  'MALFORMED_RESOURCE',
];

/** The only messages that a sender may see. */
const MESSAGES: readonly string[] = [
  'A signature header is missing',
  'A signature header is malformed',
  'The signature type is not supported',
  'The timestamp is too old',
  'The timestamp lies in the future',
  'The signature is wrong',
  'The serial is not known',
  'The body must be plain application/json',
  'The body is incomplete',
  'The body is too large',
  'The body is not a notification',
  'The notification is not about a complaint',
  'The encryption algorithm is not supported',
  'The resource cannot be decrypted',
  'The resource is not a complaint',
];

/** Whether a response with this status and body is a rejection, and says nothing else. */
export function isRejection(status: number, body: unknown): boolean {
  if (status < 400 || status > 499 || typeof body !== 'object' || body === null) return false;
  const { code, message, ...others } = body as Record<string, unknown>;
  return (
    code === 'FAIL' &&
    typeof message === 'string' &&
    MESSAGES.includes(message) &&
    Object.keys(others).length === 0
  );
}

/** Whether text would take more than one line in a log, or control the terminal that shows it. */
export function breaksLine(text: string): boolean {
  return Array.from(text).some((letter) => letter < ' ' || letter === '\x7f');
}

/** @throws Error when a text for people contains a secret */
export function assertDiscreet(text: string, merchant: TestMerchant, delivery?: Delivery): void {
  const signature = delivery && toFields(delivery)['wechatpay-signature'];
  const secrets = [
    PHONE,
    merchant.apiV3Key,
    // A short signature may occur in a text by chance.
    ...(typeof signature === 'string' && signature.length > 40 ? [signature.trim()] : []),
  ];
  const secret = secrets.find((each) => text.includes(each));
  if (secret !== undefined) throw new Error(`The text contains ${secret}: ${text}`);
}

/**
 * The code of a rejection.
 *
 * @throws Error when the error is not a rejection, or says too much
 */
export function rejectionCode(error: unknown, merchant: TestMerchant, delivery: Delivery): string {
  if (!(error instanceof ComplaintNotificationException)) {
    throw new Error(`The error is not a rejection: ${inspect(error)}`, { cause: error });
  }
  if (!isRejection(error.getStatus(), error.getResponse())) {
    throw new Error(
      `The response is not a rejection: ${error.getStatus()} ${inspect(error.getResponse())}`,
    );
  }
  assertDiscreet(`${error.detail}${error.message}${String(error.cause)}`, merchant, delivery);
  if (breaksLine(error.detail)) {
    throw new Error(`The detail breaks a log line: ${inspect(error.detail)}`);
  }
  return error.code;
}
