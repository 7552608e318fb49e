import type { HeaderFields } from '../protocol/signature-headers.js';

/** Headers by any spelling of their names, as gateways hand them over, or a web `Headers` object. */
export type IncomingHeaders = HeaderFields | Headers;

/** The same headers by lower-case name, as Node's HTTP server has them. */
export function toHeaderFields(headers: IncomingHeaders | null | undefined): HeaderFields {
  if (headers == null) return {};
  if (isWebHeaders(headers)) return Object.fromEntries(headers.entries());
  // What Node's HTTP server passes is used as it is.
  if (Object.keys(headers).every((name) => name === name.toLowerCase())) return headers;
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** By shape: a polyfill and another realm have classes of their own. */
function isWebHeaders(headers: IncomingHeaders): headers is Headers {
  return typeof headers.get === 'function' && typeof headers.entries === 'function';
}
