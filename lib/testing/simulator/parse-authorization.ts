import type { AuthorizationValues } from '../../protocol/authorization.js';
import { SIGNATURE_TYPE } from '../../protocol/signature-headers.js';

/** Reads an `Authorization` header. Undefined when it does not have the documented form. */
export function parseAuthorization(header: string | undefined): AuthorizationValues | undefined {
  const prefix = `${SIGNATURE_TYPE} `;
  if (!header?.startsWith(prefix)) return undefined;
  const values = new Map<string, string>();
  for (const [, name, value] of header.slice(prefix.length).matchAll(/(\w+)="([^"]*)"/g)) {
    if (name !== undefined && value !== undefined) values.set(name, value);
  }
  const [mchid, nonce_str, signature, timestamp, serial_no] = [
    values.get('mchid'),
    values.get('nonce_str'),
    values.get('signature'),
    values.get('timestamp'),
    values.get('serial_no'),
  ];
  return mchid && nonce_str && signature && timestamp && serial_no
    ? { mchid, nonce_str, signature, timestamp, serial_no }
    : undefined;
}
