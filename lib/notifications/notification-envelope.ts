import { inspect } from 'node:util';
import { AEAD_AES_256_GCM, type AeadCiphertext } from '../protocol/aes-gcm.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../utils/json.js';
import { ComplaintNotificationException } from './complaint-notification.exception.js';

/** The body of a notification. Its resource is still encrypted. */
export interface NotificationEnvelope {
  readonly id: string;
  readonly event_type: string;
  readonly create_time?: string;
  readonly resource_type?: string;
  readonly summary?: string;
  readonly original_type?: string;
  readonly resource: AeadCiphertext;
}

const COMPLAINT = 'complaint';
const EVENT_TYPE_PREFIX = 'COMPLAINT.';
/**
 * Ids of 36 characters have been seen. An id becomes a key of stores and a word of log lines, so it is
 * bounded and has no white space, no control characters and no halves of surrogate pairs.
 */
const ID = /^[^\p{C}\p{Z}]{1,128}$/u;

/**
 * Reads the body of a notification whose signature was verified. Only what identifies the notification
 * and what decrypts it has to be there; an optional field that is not text is ignored.
 *
 * @throws ComplaintNotificationException MALFORMED_BODY, NOT_A_COMPLAINT, UNSUPPORTED_ALGORITHM
 */
export function parseEnvelope(body: Uint8Array): NotificationEnvelope {
  const json = parseJsonObject(body);
  if (!json) {
    throw new ComplaintNotificationException(
      'MALFORMED_BODY',
      body.length === 0 ? 'The body is empty.' : 'The body is not a JSON object in UTF-8.',
    );
  }
  const resource = isJsonObject(json.resource) ? json.resource : {};
  const id = textIn(json, 'id');
  const event_type = textIn(json, 'event_type');
  const algorithm = textIn(resource, 'algorithm');
  const ciphertext = textIn(resource, 'ciphertext');
  const nonce = textIn(resource, 'nonce');
  const isIdentified = id !== undefined && ID.test(id);
  if (
    !isIdentified ||
    event_type === undefined ||
    algorithm === undefined ||
    ciphertext === undefined ||
    nonce === undefined
  ) {
    const faults = Object.entries({
      id: isIdentified,
      event_type,
      'resource.algorithm': algorithm,
      'resource.ciphertext': ciphertext,
      'resource.nonce': nonce,
    }).filter(([, value]) => value === undefined || value === false);
    throw new ComplaintNotificationException(
      'MALFORMED_BODY',
      `Notification ${isIdentified ? inspect(id) : 'without a usable id'} is signed by WeChat Pay, but these ` +
        `fields are missing or malformed: ${faults.map(([field]) => field).join(', ')}.`,
    );
  }
  const original_type = textIn(resource, 'original_type');
  if ((original_type ?? COMPLAINT) !== COMPLAINT || !event_type.startsWith(EVENT_TYPE_PREFIX)) {
    throw new ComplaintNotificationException(
      'NOT_A_COMPLAINT',
      `Notification ${inspect(id)} has the event type ${inspect(event_type)} and the original type ` +
        `${inspect(original_type)}. Give the API that sends it a notify_url of its own.`,
    );
  }
  if (algorithm !== AEAD_AES_256_GCM) {
    throw new ComplaintNotificationException(
      'UNSUPPORTED_ALGORITHM',
      `Notification ${inspect(id)} is encrypted with ${inspect(algorithm)}; only ${AEAD_AES_256_GCM} is supported.`,
    );
  }
  return {
    id,
    event_type,
    create_time: textIn(json, 'create_time'),
    resource_type: textIn(json, 'resource_type'),
    summary: textIn(json, 'summary'),
    original_type,
    resource: { ciphertext, nonce, associated_data: textIn(resource, 'associated_data') },
  };
}

function textIn(object: JsonObject, field: string): string | undefined {
  const value = object[field];
  return typeof value === 'string' ? value : undefined;
}
