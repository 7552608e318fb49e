import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../utils/error-message.js';
import { parseJsonObject } from '../../utils/json.js';
import {
  type ComplaintNotificationContent,
  createNotificationBody,
  createNotificationId,
  probeSignature,
  type SignatureOptions,
  signNotificationBody,
} from '../notification-signer.js';
import { createTestPublicKey, type TestMerchant } from '../test-merchant.js';

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
  /** Number of copies to send at the same moment: with two servers that happens. @default 1 */
  readonly copies?: number;
  /** Whether to follow the redelivery schedule until the response is 200 or 204. @default false */
  readonly redeliver?: boolean;
}

/** One attempt and the response to it. */
export interface DeliveryAttempt {
  /** Undefined when no response came, or none in time. */
  readonly status?: number;
  /** The body of the response, or why there was none. */
  readonly body: string;
}

export interface Delivery {
  readonly id: string;
  readonly attempts: readonly DeliveryAttempt[];
  /** Whether the response to an attempt was 200 or 204. */
  readonly accepted: boolean;
}

interface DeliverySettings {
  /** Where to post. */
  readonly url: string;
  /** Milliseconds after which an attempt without a response has failed. */
  readonly responseTimeout: number;
  /** Real milliseconds for each millisecond of the schedule. */
  readonly timeScale: number;
  /** Milliseconds before each redelivery. */
  readonly schedule: readonly number[];
  readonly signal: AbortSignal;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Milliseconds before each redelivery, as documented:
 * 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h, 24 h 4 min in all.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467249
 */
export const REDELIVERY_SCHEDULE: readonly number[] = [
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

/** Posts one notification and, with `redeliver`, delivers it again until it is accepted. */
export async function deliver(
  merchant: TestMerchant,
  { kind = 'genuine', copies = 1, redeliver = false, ...content }: NotifyOptions,
  settings: DeliverySettings,
): Promise<Delivery> {
  const id = content.id ?? createNotificationId();
  const body = createNotificationBody(merchant, { ...content, id });
  const send = async (): Promise<DeliveryAttempt> =>
    post(settings, ...(await sign(merchant, body, kind, content)));
  const attempts = await Promise.all(Array.from({ length: copies }, send));
  const isAccepted = (): boolean => attempts.some(({ status }) => status === 200 || status === 204);
  for (const pause of redeliver ? settings.schedule : []) {
    if (isAccepted()) break;
    const { signal } = settings;
    // When the simulator stops, no redelivery follows, and the attempts so far are returned.
    await delay(pause * settings.timeScale, undefined, { signal, ref: false }).catch(
      () => undefined,
    );
    if (signal.aborted) break;
    attempts.push(await send());
  }
  return { id, attempts, accepted: isAccepted() };
}

/** The body stays the same at every attempt; timestamp, nonce and signature are new. */
async function sign(
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
      // Still a notification that would be handled, if nobody verified its signature.
      return [headers, JSON.stringify({ ...parseJsonObject(Buffer.from(body)), summary: '伪造' })];
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

/** Never through a proxy, which `fetch` and global agents can be configured to use. */
async function post(
  { url, responseTimeout, signal }: DeliverySettings,
  headers: Record<string, string>,
  body: string,
): Promise<DeliveryAttempt> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(responseTimeout)]);
  try {
    const outgoing = request(url, {
      method: 'POST',
      agent: false,
      headers: { 'User-Agent': 'Mozilla/4.0', ...headers },
      signal: limit,
    });
    // Without a listener, an attempt that is cancelled during the response would be an uncaught error.
    outgoing.on('error', () => undefined);
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: await text(response) };
  } catch (error) {
    return { body: errorMessage(limit.aborted ? limit.reason : error) };
  }
}
