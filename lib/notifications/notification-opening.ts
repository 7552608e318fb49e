import { inspect } from 'node:util';
import type { MerchantContext } from '../merchant/merchant-context.js';
import type { MerchantsOfKey } from '../merchant/merchants-by-serial.js';
import { ComplaintNotificationException } from './complaint-notification.exception.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import { decryptComplaint, isEncryptedWith } from './complaint-resource.js';
import { type NotificationEnvelope, parseEnvelope } from './notification-envelope.js';

/** Genuine notifications have about a kilobyte. */
export const MAX_BODY_BYTES = 64 * 1024;

/**
 * Opens a body whose signature was verified: parses it and decrypts its resource.
 *
 * @param addressee the merchant, or those of whom the APIv3 key that decrypts tells which one it is
 * @throws ComplaintNotificationException
 */
export function openNotification(
  bytes: Uint8Array,
  addressee: MerchantContext | MerchantsOfKey,
): ComplaintNotificationPayload {
  if (bytes.length > MAX_BODY_BYTES) {
    throw new ComplaintNotificationException(
      'BODY_TOO_LARGE',
      `The body has ${bytes.length} bytes; at most ${MAX_BODY_BYTES} are read.`,
    );
  }
  const { resource, ...envelope } = parseEnvelope(bytes);
  const encrypted = { id: envelope.id, resource };
  const merchant =
    'mchid' in addressee ? addressee : (addressee.single ?? findAddressee(encrypted, addressee));
  const complaint = decryptComplaint(encrypted, merchant.options.apiV3Key);
  return { mchid: merchant.mchid, ...envelope, complaint, origin: 'notification' };
}

/** The GCM tag proves which key encrypted the resource. */
function findAddressee(
  { id, resource }: Pick<NotificationEnvelope, 'id' | 'resource'>,
  candidates: MerchantsOfKey,
): MerchantContext {
  const found = candidates.find(({ options }) => isEncryptedWith(options.apiV3Key, resource));
  if (!found) {
    throw new ComplaintNotificationException(
      'DECRYPTION_FAILED',
      `Notification ${inspect(id)} is signed by WeChat Pay, but the apiV3Key of none of the merchants with this ` +
        `platform key decrypts its resource (${candidates.size}). Check that each apiV3Key is the key now ` +
        'set in the merchant console.',
    );
  }
  const { apiV3Key } = found.options;
  const alike = candidates.filter(({ options }) => options.apiV3Key.equals(apiV3Key));
  if (alike.length === 1) return found;
  throw new ComplaintNotificationException(
    'UNKNOWN_MERCHANT',
    `Notification ${inspect(id)} may be for any of the merchants ${alike.map(({ mchid }) => mchid).join(', ')}, ` +
      'which have the same platform key and the same apiV3Key. Give each one a callback URL of its own, ' +
      'with the mchid in the path.',
  );
}
