import { isPublicKeyId } from '../protocol/key-ids.js';
import type { ResolvedMerchantOptions } from '../config/resolve-merchant-options.js';

/** Says for the log which keys of WeChat Pay a merchant uses: see `docs/guide/keys.md`. */
export function describeKeyMode({
  platformKeys,
  download,
}: Pick<ResolvedMerchantOptions, 'platformKeys' | 'download'>): string {
  const ids = [...platformKeys.keys()];
  const publicKeys = ids.filter(isPublicKeyId);
  const pinned = ids.filter((id) => !isPublicKeyId(id));
  const certificates = [
    ...(pinned.length > 0 ? [`${pinned.join(', ')} from platformKeys`] : []),
    ...(download ? ['downloaded when needed'] : []),
  ].join('; ');
  const noun = publicKeys.length > 1 ? 'public keys' : 'public key';
  if (publicKeys.length === 0) return `platform certificates (${certificates})`;
  return certificates === ''
    ? `${noun} ${publicKeys.join(', ')}`
    : `migration from platform certificates (${certificates}) to ${noun} ${publicKeys.join(', ')}`;
}
