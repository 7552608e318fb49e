import type { HeaderFields } from './signature-headers.js';

/**
 * The `Request-ID` header, which WeChat Pay's support asks for. Anybody can send it and it is logged,
 * so any value that is not in the known form is dropped.
 */
export function readRequestId(headers: HeaderFields): string | undefined {
  const value = headers['request-id'];
  return typeof value === 'string' && /^[\w-]{1,128}$/.test(value) ? value : undefined;
}
