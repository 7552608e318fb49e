import {
  createNotificationBody,
  signNotificationBody,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';

/** In the clear in every genuine resource here: it must never be seen again. */
export const PHONE = '13800138000';

/** A message as it goes over the wire: header lines in their order, and bytes. */
export interface Delivery {
  readonly headers: readonly (readonly [name: string, value: unknown])[];
  readonly body: Buffer;
}

/** A genuine notification, and what is to come of it. */
export interface Genuine extends Delivery {
  readonly id: string;
  readonly plaintext: string;
}

/** Header fields as Node hands them over: names in lower case, repeated ones joined. */
export function toFields({ headers }: Delivery): Record<string, string | string[] | undefined> {
  const fields = new Map<string, unknown>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    fields.set(key, fields.has(key) ? [fields.get(key), value].join(', ') : value);
  }
  // Whatever hands events to the handler need not keep to its types.
  return Object.fromEntries(fields) as Record<string, string | string[] | undefined>;
}

/** Bytes as HTTP allows them in a field line. */
const FIELD_LINE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether its headers are such that an HTTP parser lets them through. */
export function isHttp({ headers }: Delivery): boolean {
  const lines = headers.map(([name, value]) => Buffer.from(`${name}: ${String(value)}`));
  const isLegal = lines.every((line) => FIELD_LINE.test(line.toString('latin1')));
  return isLegal && Buffer.concat(lines).length < 15_000;
}

/** As the other side's parser hands it over: blanks around a value are no part of it. */
export function asReceived({ headers, body }: Delivery): Delivery {
  const trimmed = headers.map(
    ([name, value]) => [name, String(value).replaceAll(/^[ \t]+|[ \t]+$/g, '')] as const,
  );
  return { headers: trimmed, body };
}

/**
 * Whether a message still says what the genuine one says: the same bytes under the same signature,
 * whatever has become of the headers that nobody signs.
 */
export function isIntact(delivery: Delivery, genuine: Delivery): boolean {
  const [is, was] = [toFields(delivery), toFields(genuine)];
  const same = (name: string): boolean => is[name] === was[name];
  const [serial, type] = [is['wechatpay-serial'], is['wechatpay-signature-type']];
  return (
    delivery.body.equals(genuine.body) &&
    ['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature'].every(same) &&
    // Hex and PUB_KEY_ID_ are read in either case; no other letter has an ASCII one as upper case.
    typeof serial === 'string' &&
    /^[\w-]+$/.test(serial) &&
    serial.toUpperCase() === was['wechatpay-serial'] &&
    (type == null || same('wechatpay-signature-type'))
  );
}

/** Milliseconds: well within the tolerance of the module. */
const MAX_AGE = 60_000;

/** A handful of genuine notifications, made anew before they are too old. */
export class GenuineNotifications {
  private notifications: readonly Genuine[] = [];
  private madeAt = -Infinity;

  constructor(
    private readonly merchant: TestMerchant,
    private readonly signWith?: TestPlatformKey,
  ) {}

  at(index: number): Genuine {
    if (performance.now() - this.madeAt > MAX_AGE) {
      this.notifications = Array.from({ length: 8 }, (_, number) => this.make(number));
      this.madeAt = performance.now();
    }
    const found = this.notifications[index % this.notifications.length];
    if (!found) throw new Error(`There is no notification ${index}`);
    return found;
  }

  private make(number: number): Genuine {
    const id = `EV-${number}`;
    const plaintext = JSON.stringify({
      complaint_id: `20020182012018010100${number}`,
      action_type: 'CREATE_COMPLAINT',
      payer_phone: PHONE,
    });
    const body = createNotificationBody(this.merchant, { id, plaintext });
    const headers = signNotificationBody(this.merchant, body, { signWith: this.signWith });
    return { id, plaintext, headers: Object.entries(headers), body: Buffer.from(body) };
  }
}
