import type { KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { isNativeError } from 'node:util/types';
import { AEAD_AES_256_GCM, type AeadCiphertext, decryptAesGcm } from '../protocol/aes-gcm.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../utils/json.js';
import { ComplaintNotificationException } from './complaint-notification.exception.js';
import type { ComplaintResource } from './complaint-notification-payload.interface.js';

/** A notification's body, checked for shape; the resource is still encrypted. */
export interface ComplaintEnvelope {
  readonly id: string;
  readonly create_time: string;
  readonly event_type: string;
  readonly resource_type: string;
  readonly summary: string;
  readonly original_type: string;
  readonly resource: AeadCiphertext;
}

const COMPLAINT = 'complaint';
const EVENT_TYPE_PREFIX = 'COMPLAINT.';
/**
 * 36 characters have been seen. It becomes a key of stores and a word of log lines, so it is bounded,
 * and without white space, control characters and halves of characters.
 */
const ID = /^[^\p{C}\p{Z}]{1,128}$/u;

/**
 * Reads the body of a notification whose signature held.
 *
 * @throws ComplaintNotificationException MALFORMED_BODY, NOT_A_COMPLAINT, UNSUPPORTED_ALGORITHM
 */
export function parseEnvelope(body: Uint8Array): ComplaintEnvelope {
  const json = parseJsonObject(body);
  if (!json) {
    throw new ComplaintNotificationException(
      'MALFORMED_BODY',
      body.length === 0 ? 'The body is empty.' : 'The body is not a JSON object in UTF-8.',
    );
  }
  const resource = isJsonObject(json.resource) ? json.resource : {};
  const faults: string[] = [];
  const text = (from: JsonObject, field: string, path = field): string => {
    const value = from[field];
    if (typeof value === 'string') return value;
    faults.push(path);
    return '';
  };
  const envelope = {
    id: text(json, 'id'),
    create_time: text(json, 'create_time'),
    event_type: text(json, 'event_type'),
    resource_type: text(json, 'resource_type'),
    summary: text(json, 'summary'),
    original_type: text(resource, 'original_type', 'resource.original_type'),
    resource: {
      ciphertext: text(resource, 'ciphertext', 'resource.ciphertext'),
      nonce: text(resource, 'nonce', 'resource.nonce'),
      // Absent and null are legal, and mean an empty one.
      associated_data:
        resource.associated_data == null
          ? undefined
          : text(resource, 'associated_data', 'resource.associated_data'),
    },
  };
  const algorithm = text(resource, 'algorithm', 'resource.algorithm');
  if (!ID.test(envelope.id)) faults.push('id');
  if (faults.length > 0) {
    throw new ComplaintNotificationException(
      'MALFORMED_BODY',
      `The body is genuine, but not a notification as documented: ${[...new Set(faults)].join(', ')}.`,
    );
  }
  if (envelope.original_type !== COMPLAINT || !envelope.event_type.startsWith(EVENT_TYPE_PREFIX)) {
    throw new ComplaintNotificationException(
      'NOT_A_COMPLAINT',
      `Notification ${inspect(envelope.id)} is a ${inspect(envelope.event_type)} on ` +
        `${inspect(envelope.original_type)}: give that API a notify_url of its own.`,
    );
  }
  if (algorithm !== AEAD_AES_256_GCM) {
    throw new ComplaintNotificationException(
      'UNSUPPORTED_ALGORITHM',
      `Notification ${inspect(envelope.id)} uses ${inspect(algorithm)}, only ${AEAD_AES_256_GCM} is known.`,
    );
  }
  return envelope;
}

/**
 * Decrypts the resource. Fields that are not documented stay, but `util.inspect` and with it
 * `console.log` show only that they are there. JSON has them: whoever stores a payload needs them.
 *
 * @throws ComplaintNotificationException DECRYPTION_FAILED, MALFORMED_RESOURCE
 */
export function decryptComplaint(
  { id, resource }: ComplaintEnvelope,
  apiV3Key: KeyObject,
): ComplaintResource {
  let plaintext: Buffer;
  try {
    plaintext = decryptAesGcm(resource, apiV3Key);
  } catch (cause) {
    throw new ComplaintNotificationException(
      'DECRYPTION_FAILED',
      `Notification ${inspect(id)} is genuine, but its resource does not decrypt ` +
        `(${isNativeError(cause) ? cause.message : 'unknown reason'}). ` +
        'Is apiV3Key the one now set in the merchant console?',
      { cause },
    );
  }
  const complaint = parseJsonObject(plaintext);
  if (!isComplaint(complaint)) {
    throw new ComplaintNotificationException(
      'MALFORMED_RESOURCE',
      `Notification ${inspect(id)} decrypts to something without complaint_id and action_type.`,
    );
  }
  Object.defineProperty(complaint, inspect.custom, { value: inspectComplaint });
  return complaint;
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
