import type { SingleMerchantOptions } from 'nestjs-wechatpay-complaint';
import { type ResolvedOptions, resolveOptions } from '../../lib/config/resolve-options.js';

/** What the options of an app with one merchant are resolved to, for that merchant. */
export function resolvedOptionsOf(options: SingleMerchantOptions, now?: number): ResolvedOptions {
  const { merchant, shared } = resolveOptions(options, now);
  if (!merchant) throw new Error('These are the options of several merchants.');
  return { ...merchant, ...shared };
}
