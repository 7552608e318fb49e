import { createSecretKey, randomBytes, randomUUID, sign } from 'node:crypto';
import { AEAD_AES_256_GCM } from '../protocol/aes-gcm.js';
import { SIGNATURE_TYPE } from '../protocol/signature-headers.js';
import { signedMessage } from '../protocol/signature-verification.js';
import type {
  ComplaintActionType,
  ComplaintEventType,
} from '../notifications/complaint-notification-payload.interface.js';
import { toChinaTime } from './china-time.js';
import type { TestMerchant, TestPlatformKey } from './test-merchant.js';
import { encryptAesGcm } from './encrypt-aes-gcm.js';

/** Ready to be posted: `request(app).post(path).set(headers).send(body)`, or by `fetch`. */
export interface SignedNotification {
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface SignatureOptions {
  /** @default what the merchant's mode asks for */
  readonly signWith?: TestPlatformKey;
  /** Seconds since 1970. @default now */
  readonly timestamp?: number;
  readonly nonce?: string;
}

/** The envelope and the resource; whatever is left out gets a sensible value. */
export interface ComplaintNotificationContent {
  readonly id?: string;
  readonly create_time?: string;
  readonly event_type?: ComplaintEventType;
  readonly resource_type?: string;
  readonly summary?: string;
  readonly original_type?: string;
  readonly algorithm?: string;
  /** `null` leaves it out. @default 'complaint' */
  readonly associated_data?: string | null;
  /** Merged over a complaint id and an action type that fits the event type. */
  readonly complaint?: {
    readonly complaint_id?: string;
    readonly action_type?: ComplaintActionType;
    readonly [field: string]: unknown;
  };
  /** Encrypted in place of `complaint`, for what a genuine resource never holds. */
  readonly plaintext?: string;
}

/**
 * A notification as WeChat Pay would send it to this merchant: encrypted, signed, with headers.
 *
 * ```ts
 * const { headers, body } = signComplaintNotification(merchant, { complaint: { complaint_id: '2' } });
 * await request(app.getHttpServer()).post('/wechatpay/complaints').set(headers).send(body).expect(204);
 * ```
 */
export function signComplaintNotification(
  merchant: TestMerchant,
  options: ComplaintNotificationContent & SignatureOptions = {},
): SignedNotification {
  const body = createNotificationBody(merchant, options);
  return { headers: signNotificationBody(merchant, body, options), body };
}

/** The body alone, as JSON text. */
export function createNotificationBody(
  merchant: TestMerchant,
  content: ComplaintNotificationContent = {},
): string {
  const {
    id = `EV-${randomUUID().replaceAll('-', '')}`,
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
  return JSON.stringify({
    id,
    create_time,
    resource_type,
    event_type,
    summary,
    resource: {
      algorithm,
      original_type,
      ciphertext,
      nonce,
      ...(associated_data !== null && { associated_data }),
    },
  });
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

/** The signature headers that notifications and answers have in common. */
export function signatureHeaders(
  key: TestPlatformKey,
  body: string | Uint8Array,
  {
    timestamp = Math.floor(Date.now() / 1000),
    nonce = randomBytes(16).toString('hex'),
  }: SignatureOptions = {},
): Record<string, string> {
  const message = signedMessage(String(timestamp), nonce, Buffer.from(body as string));
  return {
    'Wechatpay-Timestamp': String(timestamp),
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': key.id,
    'Wechatpay-Signature': sign('RSA-SHA256', message, key.privateKey).toString('base64'),
    'Wechatpay-Signature-Type': SIGNATURE_TYPE,
  };
}

/** What WeChat Pay puts in place of a signature to see whether the receiver verifies. */
export function probeSignature(): string {
  return `WECHATPAY/SIGNTEST/${randomBytes(250).toString('base64')}`;
}
