import { PUBLIC_KEY_ID_PREFIX } from './constants.js';

/** As sent in `Wechatpay-Serial`, whose value has at most 64 characters. */
const PUBLIC_KEY_ID = /^PUB_KEY_ID_\w{1,53}$/;
const SERIAL = /^[0-9A-F]{1,64}$/;
const SERIAL_WITH_COLONS = /^[0-9A-F]{2}(?::[0-9A-F]{2})+$/;

/** Whether a text in upper case is the id of a WeChat Pay public key (微信支付公钥ID). */
export function isPublicKeyId(id: string): boolean {
  return PUBLIC_KEY_ID.test(id);
}

/** Whether a text is meant to be such an id, even if it is not well-formed. */
export function claimsToBePublicKeyId(text: string): boolean {
  return text.trim().toUpperCase().startsWith(PUBLIC_KEY_ID_PREFIX);
}

/**
 * Reads the serial number of a certificate as the merchant console, `openssl x509 -serial`
 * (`serial=5DEA...`) and `openssl x509 -text` (lower case, with colons) print it.
 *
 * @returns hexadecimal digits in upper case, or undefined if the text is no serial number
 */
export function readSerial(text: string): string | undefined {
  const value = text
    .trim()
    .toUpperCase()
    .replace(/^SERIAL\s*=\s*/, '');
  const digits = SERIAL_WITH_COLONS.test(value) ? value.replaceAll(':', '') : value;
  return SERIAL.test(digits) ? digits : undefined;
}
