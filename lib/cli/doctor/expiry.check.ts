import { type Check, fault, ok, warning } from '../checks.js';

const DAY = 24 * 60 * 60 * 1000;
/** Days before the end at which to do something about it. */
const NOTICE = 30;

/**
 * Whether a certificate is about to expire.
 *
 * @param subject what expires, such as "the API certificate"
 * @param expiresAt milliseconds since 1970; undefined for what never expires
 * @param now milliseconds since 1970
 */
export function checkExpiry(
  name: string,
  subject: string,
  expiresAt: number | undefined,
  now: number,
): Check {
  if (expiresAt === undefined) return ok(name, `${subject} does not expire`);
  const date = new Date(expiresAt).toISOString().slice(0, 10);
  const days = Math.floor((expiresAt - now) / DAY);
  const fix = 'Get its successor from the merchant console (账户中心 > API安全).';
  if (days < 0) return fault(name, `${subject} expired on ${date}`, fix);
  if (days < NOTICE) return warning(name, `${subject} expires on ${date}, in ${days} days`, fix);
  return ok(name, `${subject} expires on ${date}`);
}
