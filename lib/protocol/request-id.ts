import type { HeaderFields } from './signature-headers.js';

/** Anybody can send this header, and it goes into logs: only its known form is taken over. */
export function readRequestId(headers: HeaderFields): string | undefined {
  const value = headers['request-id'];
  return typeof value === 'string' && /^[\w-]{1,128}$/.test(value) ? value : undefined;
}
