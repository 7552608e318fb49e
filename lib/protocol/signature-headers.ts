import { SignatureRejection } from './signature-rejection.js';

/** Header fields by lower-case name, like `IncomingMessage#headers` of Node. */
export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The four `Wechatpay-*` headers of a signature. Only their form has been checked. */
export interface SignatureHeaders {
  /** Seconds since 1970, as sent: the signature covers these characters. */
  readonly timestamp: string;
  readonly nonce: string;
  /** Serial number of a platform certificate, or `PUB_KEY_ID_...`, in upper case. */
  readonly serial: string;
  /** Canonical base64, or a signature probe (see `isProbe`). */
  readonly signature: string;
}

export const SIGNATURE_TYPE = 'WECHATPAY2-SHA256-RSA2048';

/**
 * From time to time WeChat Pay sends a signature with this prefix to check that receivers verify
 * signatures. What follows need not be base64, so it is recognised before any decoding.
 */
const PROBE_PREFIX = 'WECHATPAY/SIGNTEST/';

/** The signature of an 8192-bit RSA key has 1368 characters in base64. */
const MAX_SIGNATURE_LENGTH = 1400;

interface SignatureHeader {
  readonly name: string;
  /** Name in lower case, as Node spells it. */
  readonly field: string;
  readonly isWellFormed: (value: string) => boolean;
}

/**
 * Forms of the values. No value may contain a comma, because Node joins repeated headers with commas
 * and two readers of a repeated header could pick different values.
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

/** Whether a signature is a signature probe of WeChat Pay, which must be rejected. */
export function isProbe(signature: string): boolean {
  return signature.startsWith(PROBE_PREFIX);
}

/**
 * Node decodes base64 leniently, so many strings stand for the same bytes. Only the string that an
 * encoder writes is accepted, so that a genuine message has exactly one form.
 */
function isCanonicalBase64(value: string): boolean {
  return (
    value.length <= MAX_SIGNATURE_LENGTH &&
    Buffer.from(value, 'base64').toString('base64') === value
  );
}

/**
 * Reads the signature headers and checks their form. The error names every faulty header.
 *
 * @throws SignatureRejection MISSING_HEADERS, MALFORMED_HEADERS, UNSUPPORTED_SIGNATURE_TYPE
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365342
 */
export function readSignatureHeaders(headers: HeaderFields): SignatureHeaders {
  const missing: string[] = [];
  const malformed: string[] = [];
  const read = ({ name, field, isWellFormed }: SignatureHeader): string => {
    const value = headers[field];
    if (typeof value === 'string' && value !== '' && isWellFormed(value)) return value;
    // API gateways write null for a header that is absent.
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
  // An absent type means RSA. Any other value than this scheme is rejected.
  if (type != null && type !== SIGNATURE_TYPE) {
    throw new SignatureRejection(
      'UNSUPPORTED_SIGNATURE_TYPE',
      `Wechatpay-Signature-Type is not ${SIGNATURE_TYPE}, the only supported type.`,
    );
  }
  return { timestamp, nonce, serial, signature };
}
