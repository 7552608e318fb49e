import { createSecretKey, randomBytes, randomUUID, sign } from 'node:crypto';
import { AEAD_AES_256_GCM } from '../protocol/aes-gcm.js';
import { SIGNATURE_TYPE } from '../protocol/signature-headers.js';
import { signedMessage } from '../protocol/signature-verification.js';
import type {
  ComplaintActionType,
  ComplaintEventType,
} from '../notifications/complaint-notification-payload.interface.js';
import { toChinaTime } from './china-time.js';
import { encryptAesGcm } from './encrypt-aes-gcm.js';
import type { TestMerchant, TestPlatformKey } from './test-merchant.js';

/** Ready to be posted: `request(app).post(path).set(headers).send(body)`, or with `fetch`. */
export interface SignedNotification {
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface SignatureOptions {
  /** @default the key that WeChat Pay signs with in the merchant's mode */
  readonly signWith?: TestPlatformKey;
  /** Seconds since 1970. @default now */
  readonly timestamp?: number;
  readonly nonce?: string;
}

/**
 * The envelope and the resource. Every field has a default. `null` omits a field, as some genuine
 * notifications do: the documentation's sample of 2025-02-19 has neither `summary` nor
 * `original_type`.
 */
export interface ComplaintNotificationContent {
  readonly id?: string;
  readonly create_time?: string | null;
  readonly event_type?: ComplaintEventType;
  readonly resource_type?: string | null;
  readonly summary?: string | null;
  readonly original_type?: string | null;
  readonly algorithm?: string;
  /** @default 'complaint' */
  readonly associated_data?: string | null;
  /** Merged over a complaint id and an action type that fits the event type. */
  readonly complaint?: {
    readonly complaint_id?: string;
    readonly action_type?: ComplaintActionType;
    readonly [field: string]: unknown;
  };
  /** Encrypted in place of `complaint`, for content that a genuine resource never has. */
  readonly plaintext?: string;
}

/**
 * A notification as WeChat Pay would send it to this merchant: encrypted, signed, with headers.
 *
 * ```ts
 * const { headers, body } = signComplaintNotification(merchant, { complaint: { complaint_id: '2' } });
 * await request(app.getHttpServer()).post('/wechatpay/complaints').set(headers).send(body).expect(204);
 * ```
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467249
 */
export function signComplaintNotification(
  merchant: TestMerchant,
  options: ComplaintNotificationContent & SignatureOptions = {},
): SignedNotification {
  const body = createNotificationBody(merchant, options);
  return { headers: signNotificationBody(merchant, body, options), body };
}

/** `EV-` and 32 characters. */
export function createNotificationId(): string {
  return `EV-${randomUUID().replaceAll('-', '')}`;
}

/** The body alone, as JSON text: for tests that change it before they sign it. */
export function createNotificationBody(
  merchant: TestMerchant,
  content: ComplaintNotificationContent = {},
): string {
  const {
    id = createNotificationId(),
    create_time = toChinaTime(Date.now()),
    event_type = 'COMPLAINT.CREATE',
    resource_type = 'encrypt-resource',
    summary = event_type === 'COMPLAINT.CREATE' ? '产生新投诉' : '投诉状态变更',
    original_type = 'complaint',
    algorithm = AEAD_AES_256_GCM,
    associated_data = 'complaint',
    complaint,
  } = content;
  const plaintext =
    content.plaintext ??
    JSON.stringify({
      complaint_id: `2000000000000${randomBytes(4).readUInt32BE(0)}`,
      action_type: event_type === 'COMPLAINT.CREATE' ? 'CREATE_COMPLAINT' : 'USER_RESPONSE',
      ...complaint,
    });
  const nonce = randomBytes(6).toString('hex');
  const apiV3Key = createSecretKey(Buffer.from(merchant.apiV3Key));
  const ciphertext = encryptAesGcm(plaintext, { nonce, associated_data }, apiV3Key);
  const resource = { algorithm, original_type, ciphertext, nonce, associated_data };
  const envelope = { id, create_time, resource_type, event_type, summary };
  return JSON.stringify({ ...omitNulls(envelope), resource: omitNulls(resource) });
}

/** Headers for a body, as WeChat Pay would send them with it. */
export function signNotificationBody(
  merchant: TestMerchant,
  body: string | Uint8Array,
  options: SignatureOptions = {},
): Record<string, string> {
  const key =
    options.signWith ??
    (merchant.mode === 'certificate' ? merchant.platformCertificate : merchant.publicKey);
  return {
    'Content-Type': 'application/json',
    'Request-ID': randomUUID(),
    ...signatureHeaders(key, body, options),
  };
}

/** The signature headers, which notifications and responses have in common. */
export function signatureHeaders(
  key: TestPlatformKey,
  body: string | Uint8Array,
  {
    timestamp = Math.floor(Date.now() / 1000),
    nonce = randomBytes(16).toString('hex'),
  }: SignatureOptions = {},
): Record<string, string> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const message = signedMessage(String(timestamp), nonce, bytes);
  return {
    'Wechatpay-Timestamp': String(timestamp),
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': key.id,
    'Wechatpay-Signature': sign('RSA-SHA256', message, key.privateKey).toString('base64'),
    'Wechatpay-Signature-Type': SIGNATURE_TYPE,
  };
}

/** What WeChat Pay sends in place of a signature to test whether the receiver verifies. */
export function probeSignature(): string {
  return `WECHATPAY/SIGNTEST/${randomBytes(250).toString('base64')}`;
}

function omitNulls(fields: Readonly<Record<string, string | null>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
