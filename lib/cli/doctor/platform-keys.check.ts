import { firstValueFrom } from 'rxjs';
import type { ResolvedOptions } from '../../config/resolve-options.js';
import { WechatPayError } from '../../errors/wechatpay.error.js';
import { decryptCertificates } from '../../keys/certificate-list.js';
import { NO_CERTIFICATES_HINT } from '../../keys/certificate-download.js';
import { isPlatformCertificate } from '../../protocol/rsa-key.js';
import { type Check, fault, ok, skipped } from '../checks.js';
import type { WechatPay } from '../wechatpay.js';
import { checkExpiry } from './expiry.check.js';

const CERTIFICATES = { method: 'GET', target: '/v3/certificates' } as const;
const KEY = 'Platform key';
const API_V3_KEY = 'APIv3 key';

/** The keys of WeChat Pay: those of the options, and those of `/v3/certificates` where they are used. */
export async function checkPlatformKeys(wechatPay: WechatPay, now: number): Promise<Check[]> {
  const { options } = wechatPay.merchant;
  const pinned = [...options.platformKeys].map(([id, key]) =>
    checkExpiry(
      KEY,
      isPlatformCertificate(key) ? `certificate ${id}` : `public key ${id}`,
      key.expiresAt,
      now,
    ),
  );
  if (options.download) {
    return [...pinned, ...(await checkDownload(wechatPay, options, now))];
  }
  const text = 'has 32 bytes; only a notification tells whether it is the one of the console';
  return [...pinned, skipped(API_V3_KEY, text)];
}

async function checkDownload(
  wechatPay: WechatPay,
  { apiV3Key }: ResolvedOptions,
  now: number,
): Promise<Check[]> {
  try {
    // Verified by the client; the bytes are those of the response that it has verified.
    await firstValueFrom(wechatPay.merchant.client.fetch(CERTIFICATES, (json) => json));
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error;
    return [{ status: 'fault', name: KEY, text: error.message }];
  }
  const { certificates, unreadable } = decryptCertificates(
    wechatPay.lastResponse?.body ?? Buffer.alloc(0),
    apiV3Key,
  );
  if (unreadable.length > 0) {
    const text = `does not decrypt ${unreadable.length} of the certificates`;
    const fix = 'Set WECHATPAY_API_V3_KEY to the APIv3密钥 that is now in the merchant console.';
    return [fault(API_V3_KEY, text, fix)];
  }
  if (certificates.length === 0) {
    return [fault(KEY, 'the list of platform certificates is empty', NO_CERTIFICATES_HINT)];
  }
  return [
    ...certificates.map(({ serial, expiresAt }) =>
      checkExpiry(KEY, `certificate ${serial}`, expiresAt, now),
    ),
    ok(API_V3_KEY, 'decrypts the certificates'),
  ];
}
