import { inspect } from 'node:util';
import { ComplaintNotificationException } from 'nestjs-wechatpay-complaint';
import type { TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { type Delivery, PHONE, toFields } from './delivery.js';

/** What is decided before the body is believed. */
export const SIGNATURE_CODES = [
  'MISSING_HEADERS',
  'MALFORMED_HEADERS',
  'UNSUPPORTED_SIGNATURE_TYPE',
  'TIMESTAMP_TOO_OLD',
  'TIMESTAMP_TOO_NEW',
  'SIGNATURE_PROBE',
  'UNKNOWN_SERIAL',
  'SIGNATURE_MISMATCH',
];

/** What is decided on bytes that are genuine. */
export const CONTENT_CODES = [
  'BODY_TOO_LARGE',
  'MALFORMED_BODY',
  'NOT_A_COMPLAINT',
  'UNSUPPORTED_ALGORITHM',
  'DECRYPTION_FAILED',
  'MALFORMED_RESOURCE',
];

/** All that a sender is ever told. */
const MESSAGES: readonly string[] = [
  'A signature header is missing',
  'A signature header is malformed',
  'The signature type is not supported',
  'The timestamp is too old',
  'The timestamp lies in the future',
  'The signature is wrong',
  'The serial is not known',
  'The body must be plain application/json',
  'The body did not arrive whole',
  'The body is too large',
  'The body is not a notification',
  'The notification is not about a complaint',
  'The encryption algorithm is not supported',
  'The resource cannot be decrypted',
  'The resource is not a complaint',
];

/** Whether an answer of this status and body refuses, and tells nothing else. */
export function isRefusal(status: number, body: unknown): boolean {
  if (status < 400 || status > 499 || typeof body !== 'object' || body === null) return false;
  const { code, message, ...others } = body as Record<string, unknown>;
  return (
    code === 'FAIL' &&
    typeof message === 'string' &&
    MESSAGES.includes(message) &&
    Object.keys(others).length === 0
  );
}

/** Whether text would be more than one line of a log, or move the cursor of a terminal. */
export function breaksLine(text: string): boolean {
  return Array.from(text).some((letter) => letter < ' ' || letter === '\x7f');
}

/** @throws Error when text for people holds what they must not see */
export function assertDiscreet(text: string, merchant: TestMerchant, delivery?: Delivery): void {
  const signature = delivery && toFields(delivery)['wechatpay-signature'];
  const secrets = [
    PHONE,
    merchant.apiV3Key,
    // One of an alphabet: shorter ones are parts of words.
    ...(typeof signature === 'string' && signature.length > 40 ? [signature.trim()] : []),
  ];
  const told = secrets.find((secret) => text.includes(secret));
  if (told !== undefined) throw new Error(`It tells ${told}: ${text}`);
}

/** The code of a refusal. @throws Error when it is anything else, or says too much */
export function codeOfRefusal(error: unknown, merchant: TestMerchant, delivery: Delivery): string {
  if (!(error instanceof ComplaintNotificationException)) {
    throw new Error(`That is no refusal: ${inspect(error)}`, { cause: error });
  }
  if (!isRefusal(error.getStatus(), error.getResponse())) {
    throw new Error(`That is no answer: ${error.getStatus()} ${inspect(error.getResponse())}`);
  }
  assertDiscreet(`${error.detail}${error.message}${String(error.cause)}`, merchant, delivery);
  if (breaksLine(error.detail)) throw new Error(`It breaks log lines: ${inspect(error.detail)}`);
  return error.code;
}
