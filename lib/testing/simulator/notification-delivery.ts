import { setTimeout as delay } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { errorMessage } from '../../utils/error-message.js';
import { createTestPublicKey, type TestMerchant } from '../test-merchant.js';
import {
  type ComplaintNotificationContent,
  createNotificationBody,
  probeSignature,
  type SignatureOptions,
  signNotificationBody,
} from '../sign-complaint-notification.js';

/** What is wrong with a notification, if anything. */
export type NotificationKind =
  | 'genuine'
  /** A deliberately wrong signature, as WeChat Pay sends now and then. */
  | 'probe'
  /** Changed after it was signed. */
  | 'tampered'
  /** Signed ten minutes ago. */
  | 'expired'
  /** Signed by a key that the merchant does not know. */
  | 'unknown-key';

export interface NotifyOptions extends ComplaintNotificationContent, SignatureOptions {
  /** @default 'genuine' */
  readonly kind?: NotificationKind;
  /** How many times to send it at the same moment, as happens with two servers. @default 1 */
  readonly copies?: number;
  /** Go on as WeChat Pay does until the answer is 200 or 204. @default false */
  readonly retry?: boolean;
}

/** One try and its answer. */
export interface DeliveryAttempt {
  /** Undefined when there was none, or not in time. */
  readonly status?: number;
  readonly body: string;
}

export interface Delivery {
  readonly id: string;
  readonly attempts: readonly DeliveryAttempt[];
  /** Whether an attempt was answered with 200 or 204. */
  readonly accepted: boolean;
}

export interface DeliverySettings {
  /** Where to post. */
  readonly url: string;
  /** Milliseconds after which an answer no longer counts. */
  readonly responseTimeout: number;
  /** Real milliseconds for one of WeChat Pay's. */
  readonly timeScale: number;
  /** Milliseconds between the tries. */
  readonly schedule: readonly number[];
  readonly signal: AbortSignal;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h, 24 h 4 min in all, as documented. */
export const RETRY_SCHEDULE: readonly number[] = [
  15 * SECOND,
  15 * SECOND,
  30 * SECOND,
  3 * MINUTE,
  10 * MINUTE,
  20 * MINUTE,
  30 * MINUTE,
  30 * MINUTE,
  30 * MINUTE,
  60 * MINUTE,
  3 * HOUR,
  3 * HOUR,
  3 * HOUR,
  6 * HOUR,
  6 * HOUR,
];

const EXPIRED_BY_SECONDS = 600;

/** Posts one notification, again and again where that is asked for. */
export async function deliver(
  merchant: TestMerchant,
  { kind = 'genuine', copies = 1, retry = false, ...content }: NotifyOptions,
  settings: DeliverySettings,
): Promise<Delivery> {
  const body = createNotificationBody(merchant, content);
  const { id } = JSON.parse(body) as { id: string };
  const send = async (): Promise<DeliveryAttempt> =>
    post(settings, ...(await dress(merchant, body, kind, content)));
  const attempts = await Promise.all(Array.from({ length: copies }, send));
  const isAccepted = (): boolean => attempts.some(({ status }) => status === 200 || status === 204);
  for (const pause of retry ? settings.schedule : []) {
    if (isAccepted()) break;
    const { signal } = settings;
    // A simulator that stops ends the retries; what was tried until then still counts.
    await delay(pause * settings.timeScale, undefined, { signal, ref: false }).catch(
      () => undefined,
    );
    if (signal.aborted) break;
    attempts.push(await send());
  }
  return { id, attempts, accepted: isAccepted() };
}

/** Each try has a timestamp and a nonce of its own; the body stays. */
async function dress(
  merchant: TestMerchant,
  body: string,
  kind: NotificationKind,
  options: SignatureOptions,
): Promise<[headers: Record<string, string>, body: string]> {
  switch (kind) {
    case 'genuine':
      return [signNotificationBody(merchant, body, options), body];
    case 'probe': {
      const headers = signNotificationBody(merchant, body, options);
      return [{ ...headers, 'Wechatpay-Signature': probeSignature() }, body];
    }
    case 'tampered': {
      const headers = signNotificationBody(merchant, body, options);
      return [headers, body.replace('"summary":"', '"summary":"!')];
    }
    case 'expired': {
      const timestamp = Math.floor(Date.now() / 1000) - EXPIRED_BY_SECONDS;
      return [signNotificationBody(merchant, body, { ...options, timestamp }), body];
    }
    case 'unknown-key': {
      const signWith = await createTestPublicKey();
      return [signNotificationBody(merchant, body, { ...options, signWith }), body];
    }
  }
}

async function post(
  { url, responseTimeout, signal }: DeliverySettings,
  headers: Record<string, string>,
  body: string,
): Promise<DeliveryAttempt> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'User-Agent': 'Mozilla/4.0', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(responseTimeout)]),
    });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    // "fetch failed", says fetch; why, says its cause.
    return { body: errorMessage(isNativeError(error) ? (error.cause ?? error) : error) };
  }
}
