import type { KeyObject } from 'node:crypto';
import { ComplaintNotificationException } from '../notifications/complaint-notification.exception.js';
import { MAX_BODY_BYTES } from '../notifications/notification-opening.js';
import { decryptComplaint } from '../notifications/complaint-resource.js';
import {
  type NotificationEnvelope,
  parseEnvelope,
} from '../notifications/notification-envelope.js';
import { assertJsonContentType } from '../notifications/raw-body.js';
import {
  type HeaderFields,
  readSignatureHeaders,
  type SignatureHeaders,
} from '../protocol/signature-headers.js';
import { SignatureRejection } from '../protocol/signature-rejection.js';
import { assertSignature, assertTimely } from '../protocol/signature-verification.js';
import { findAlteration } from './altered-bodies.js';
import { type Check, fault, ok, warning } from './checks.js';

/** Captured bytes. */
export interface CapturedNotification {
  /** By lower-case name. */
  readonly headers: HeaderFields;
  readonly body: Uint8Array;
  /** When it arrived, in milliseconds since 1970. */
  readonly receivedAt?: number;
}

/** What it is verified with. */
export interface VerificationKeys {
  /** @throws SignatureRejection UNKNOWN_SERIAL */
  readonly findKey: (serial: string) => Promise<KeyObject>;
  readonly apiV3Key: KeyObject;
  /** Seconds. */
  readonly clockTolerance: number;
}

/**
 * Makes the checks of `ComplaintNotificationVerifier` one by one, and goes on after a fault where that
 * can tell more. Each fault begins with the code with which an app rejects the notification.
 *
 * @param now milliseconds since 1970
 */
export async function checkNotification(
  captured: CapturedNotification,
  keys: VerificationKeys,
  now: number,
): Promise<Check[]> {
  const headers = attempt('Headers', () => readSignatureHeaders(captured.headers));
  if ('status' in headers) return [headers];
  const checks = [
    ok('Headers', `four signature headers, signed with ${headers.serial}`),
    checkContentType(captured),
    checkTime(headers, captured, keys, now),
  ];
  const probe = attempt('Probe', () => {
    assertTimely(headers, now, Infinity);
    return ok('Probe', 'it is no signature probe');
  });
  checks.push(probe);
  if (probe.status === 'fault') return checks;
  checks.push(...(await checkSignature(headers, captured.body, keys)));
  checks.push(...checkContent(captured.body, keys));
  return checks;
}

/** Runs a check; a rejection becomes a fault. */
function attempt<T>(name: string, check: () => T): T | Check {
  try {
    return check();
  } catch (error) {
    return toFault(name, error);
  }
}

function toFault(name: string, error: unknown): Check {
  if (error instanceof SignatureRejection) {
    return { status: 'fault', name, text: `${error.code}: ${error.message}` };
  }
  if (error instanceof ComplaintNotificationException) {
    return { status: 'fault', name, text: `${error.code}: ${error.detail}` };
  }
  throw error;
}

function checkContentType({ headers }: CapturedNotification): Check {
  const type = headers['content-type'];
  const value = typeof type === 'string' ? type : type?.[0];
  return attempt('Content type', () => {
    assertJsonContentType({ headers: { 'content-type': value } });
    return ok('Content type', value ?? '');
  });
}

function checkTime(
  { timestamp }: SignatureHeaders,
  { receivedAt }: CapturedNotification,
  { clockTolerance }: VerificationKeys,
  now: number,
): Check {
  const name = 'Time';
  const age = Math.round((receivedAt ?? now) / 1000 - Number(timestamp));
  const signedAt = new Date(Number(timestamp) * 1000).toISOString();
  const distance = `${Math.abs(age)} s ${age < 0 ? 'after' : 'before'} ${receivedAt === undefined ? 'now' : 'it arrived'}`;
  const text = `signed at ${signedAt}, ${distance}; ${clockTolerance} s are accepted`;
  if (Math.abs(age) <= clockTolerance) return ok(name, text);
  const code = age > 0 ? 'TIMESTAMP_TOO_OLD' : 'TIMESTAMP_TOO_NEW';
  if (receivedAt !== undefined) {
    const fix = 'It was replayed or held up on its way, or a clock is wrong: check NTP.';
    return fault(name, `${code}: ${text}`, fix);
  }
  return warning(
    name,
    text,
    `An app that got it now would refuse it with ${code}. Say when it arrived with --at.`,
  );
}

async function checkSignature(
  headers: SignatureHeaders,
  body: Uint8Array,
  { findKey }: VerificationKeys,
): Promise<Check[]> {
  let key: KeyObject;
  try {
    key = await findKey(headers.serial);
  } catch (error) {
    return [toFault('Key', error)];
  }
  const found = ok('Key', `${headers.serial} is known`);
  const verified = attempt('Signature', () => {
    assertSignature(headers, body, key);
    return ok('Signature', `it covers these ${body.length} bytes`);
  });
  const reason = verified.status === 'fault' ? findAlteration(headers, body, key) : undefined;
  if (reason === undefined) return [found, verified];
  const fix = 'Keep the bytes as they arrive: rawBody: true, and no proxy that rewrites them.';
  return [found, fault('Signature', `SIGNATURE_MISMATCH: the body ${reason}.`, fix)];
}

function checkContent(body: Uint8Array, { apiV3Key }: VerificationKeys): Check[] {
  if (body.length > MAX_BODY_BYTES) {
    const text = `BODY_TOO_LARGE: it has ${body.length} bytes; at most ${MAX_BODY_BYTES} are read.`;
    return [{ status: 'fault', name: 'Body', text }];
  }
  const envelope = attempt('Body', () => parseEnvelope(body));
  if ('status' in envelope) return [envelope];
  const read = ok('Body', `${envelope.event_type}, notification ${envelope.id}`);
  return [read, attempt('Resource', () => describeResource(envelope, apiV3Key))];
}

/** Only the two documented fields: others may hold a phone number. */
function describeResource(envelope: NotificationEnvelope, apiV3Key: KeyObject): Check {
  const { action_type, complaint_id } = decryptComplaint(envelope, apiV3Key);
  return ok('Resource', `${action_type} of complaint ${complaint_id}`);
}
