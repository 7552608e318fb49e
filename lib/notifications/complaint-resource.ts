import type { KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { type AeadCiphertext, decryptAesGcm } from '../protocol/aes-gcm.js';
import { errorMessage } from '../utils/error-message.js';
import { type JsonObject, parseJsonObject } from '../utils/json.js';
import { ComplaintNotificationException } from './complaint-notification.exception.js';
import type { ComplaintResource } from './complaint-notification-payload.interface.js';
import type { NotificationEnvelope } from './notification-envelope.js';

/**
 * Decrypts the resource of a notification. Undocumented fields are kept, but `util.inspect`, and with
 * it `console.log`, prints only their names. JSON has them, because code that stores a payload needs
 * them.
 *
 * @throws ComplaintNotificationException DECRYPTION_FAILED, MALFORMED_RESOURCE
 */
export function decryptComplaint(
  { id, resource }: Pick<NotificationEnvelope, 'id' | 'resource'>,
  apiV3Key: KeyObject,
): ComplaintResource {
  let plaintext: Buffer;
  try {
    plaintext = decryptAesGcm(resource, apiV3Key);
  } catch (cause) {
    throw new ComplaintNotificationException(
      'DECRYPTION_FAILED',
      `Notification ${inspect(id)} is signed by WeChat Pay, but its resource does not decrypt ` +
        `(${errorMessage(cause)}). Check that apiV3Key is the key now set in the merchant console.`,
      { cause },
    );
  }
  const complaint = parseJsonObject(plaintext);
  if (!isComplaint(complaint)) {
    throw new ComplaintNotificationException(
      'MALFORMED_RESOURCE',
      `The resource of notification ${inspect(id)} has no complaint_id or no action_type.`,
    );
  }
  return hideUndocumented(complaint);
}

/** Keeps `util.inspect` from printing the undocumented fields, which can hold personal data. */
export function hideUndocumented(complaint: ComplaintResource): ComplaintResource {
  return Object.defineProperty(complaint, inspect.custom, { value: inspectComplaint });
}

/** Whether this key decrypts a resource, which proves that the resource was encrypted with it. */
export function isEncryptedWith(apiV3Key: KeyObject, resource: AeadCiphertext): boolean {
  try {
    decryptAesGcm(resource, apiV3Key);
    return true;
  } catch {
    return false;
  }
}

function isComplaint(resource: JsonObject | undefined): resource is ComplaintResource {
  return (
    typeof resource?.complaint_id === 'string' &&
    resource.complaint_id !== '' &&
    typeof resource.action_type === 'string'
  );
}

function inspectComplaint(this: ComplaintResource): object {
  const { complaint_id, action_type, ...others } = this;
  const hidden = Object.keys(others).map((field) => [field, '[hidden]'] as const);
  return { complaint_id, action_type, ...Object.fromEntries(hidden) };
}
