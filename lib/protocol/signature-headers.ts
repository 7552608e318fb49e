import { SignatureRejection } from './signature-rejection.js';

/** Header fields by lower-case name, as Node's `IncomingMessage#headers` has them. */
export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The four `Wechatpay-*` values that a signature is made of, checked for form only. */
export interface SignatureHeaders {
  /** Seconds since 1970, as sent: the signature covers the characters, not the number. */
  readonly timestamp: string;
  readonly nonce: string;
  /** Serial of a platform certificate or `PUB_KEY_ID_...`, in upper case. */
  readonly serial: string;
  /** Canonical base64, or a probe (see `isProbe`). */
  readonly signature: string;
}

export const SIGNATURE_TYPE = 'WECHATPAY2-SHA256-RSA2048';

/**
 * Now and then WeChat Pay signs with this prefix to see whether the receiver verifies at all.
 * What follows it need not be base64, so it has to be recognised before any decoding.
 */
const PROBE_PREFIX = 'WECHATPAY/SIGNTEST/';

/** 8192-bit RSA in base64 has 1 368 characters; nothing longer is worth looking at. */
const MAX_SIGNATURE_LENGTH = 1400;

interface SignatureHeader {
  readonly name: string;
  /** As Node spells it. */
  readonly field: string;
  readonly isWellFormed: (value: string) => boolean;
}

/**
 * The form of each value. A comma is never legal: Node joins repeated headers with one, and a
 * repeated header is a request on which two readers could disagree.
 */
const TIMESTAMP = header('Wechatpay-Timestamp', (value) => /^[1-9]\d{0,11}$/.test(value));
const NONCE = header('Wechatpay-Nonce', (value) => /^[\x21-\x2b\x2d-\x7e]{1,128}$/.test(value));
const SERIAL = header('Wechatpay-Serial', (value) => /^\w{1,64}$/.test(value));
const SIGNATURE = header(
  'Wechatpay-Signature',
  (value) => isProbe(value) || isCanonicalBase64(value),
);

function header(name: string, isWellFormed: (value: string) => boolean): SignatureHeader {
  return { name, field: name.toLowerCase(), isWellFormed };
}

export function isProbe(signature: string): boolean {
  return signature.startsWith(PROBE_PREFIX);
}

/**
 * Node decodes base64 leniently, so several strings stand for the same bytes. Only the one that
 * an encoder writes is accepted: a genuine message has exactly one form.
 */
function isCanonicalBase64(value: string): boolean {
  return (
    value.length <= MAX_SIGNATURE_LENGTH &&
    Buffer.from(value, 'base64').toString('base64') === value
  );
}

/**
 * Reads and checks the form of the signature headers, naming every faulty one at once.
 *
 * @throws SignatureRefusal MISSING_HEADERS, MALFORMED_HEADERS, UNSUPPORTED_SIGNATURE_TYPE
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365342
 */
export function readSignatureHeaders(headers: HeaderFields): SignatureHeaders {
  const missing: string[] = [];
  const malformed: string[] = [];
  const read = ({ name, field, isWellFormed }: SignatureHeader): string => {
    const value = headers[field];
    if (typeof value === 'string' && value !== '' && isWellFormed(value)) return value;
    // Null too, which is what API gateways write for a header that is not there.
    if (!value?.length) missing.push(name);
    else malformed.push(name);
    return '';
  };
  const timestamp = read(TIMESTAMP);
  const nonce = read(NONCE);
  const serial = read(SERIAL).toUpperCase();
  const signature = read(SIGNATURE);
  if (missing.length > 0 || malformed.length > 0) {
    throw new SignatureRejection(
      missing.length > 0 ? 'MISSING_HEADERS' : 'MALFORMED_HEADERS',
      [
        missing.length > 0 && `missing: ${missing.join(', ')}`,
        malformed.length > 0 && `repeated or malformed: ${malformed.join(', ')}`,
      ]
        .filter(Boolean)
        .join('; ') + '. Check that no proxy or CDN strips or rewrites Wechatpay-* headers.',
    );
  }
  const type = headers['wechatpay-signature-type'];
  // Absent means RSA; anything but the one RSA scheme is refused rather than guessed at.
  if (type != null && type !== SIGNATURE_TYPE) {
    throw new SignatureRejection(
      'UNSUPPORTED_SIGNATURE_TYPE',
      `Wechatpay-Signature-Type is not ${SIGNATURE_TYPE}, the only one verified here.`,
    );
  }
  return { timestamp, nonce, serial, signature };
}
