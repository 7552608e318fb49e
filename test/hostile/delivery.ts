import {
  createNotificationBody,
  signNotificationBody,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';

/** A phone number that every genuine resource here contains, and that nothing may print. */
export const PHONE = '13800138000';

/** A message as it goes over the wire: the header lines in order, and the bytes of the body. */
export interface Delivery {
  readonly headers: readonly (readonly [name: string, value: unknown])[];
  readonly body: Buffer;
}

/** A genuine notification, with what it says. */
export interface Genuine extends Delivery {
  readonly id: string;
  readonly plaintext: string;
}

/** Header fields as Node's HTTP server passes them: lower-case names, repeated headers joined. */
export function toFields({ headers }: Delivery): Record<string, string | string[] | undefined> {
  const fields = new Map<string, unknown>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    fields.set(key, fields.has(key) ? [fields.get(key), value].join(', ') : value);
  }
  // A caller that passes events of a gateway need not keep to the declared types.
  return Object.fromEntries(fields) as Record<string, string | string[] | undefined>;
}

/** The bytes that HTTP allows in a header line. */
const HEADER_LINE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether an HTTP parser accepts the headers. */
export function isHttp({ headers }: Delivery): boolean {
  const lines = headers.map(([name, value]) => Buffer.from(`${name}: ${String(value)}`));
  const isLegal = lines.every((line) => HEADER_LINE.test(line.toString('latin1')));
  return isLegal && Buffer.concat(lines).length < 15_000;
}

/** The message after the receiver's HTTP parser, which strips the white space around a value. */
export function asReceived({ headers, body }: Delivery): Delivery {
  const trimmed = headers.map(
    ([name, value]) => [name, String(value).replaceAll(/^[ \t]+|[ \t]+$/g, '')] as const,
  );
  return { headers: trimmed, body };
}

/**
 * Whether a message still says what the genuine one says: the same signed bytes under the same
 * signature. Headers that the signature does not cover may differ.
 */
export function isIntact(delivery: Delivery, genuine: Delivery): boolean {
  const [is, was] = [toFields(delivery), toFields(genuine)];
  const same = (name: string): boolean => is[name] === was[name];
  const [serial, type] = [is['wechatpay-serial'], is['wechatpay-signature-type']];
  return (
    delivery.body.equals(genuine.body) &&
    ['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature'].every(same) &&
    // Serials are read in either case. The pattern rules out letters whose upper case is ASCII.
    typeof serial === 'string' &&
    /^[\w-]+$/.test(serial) &&
    serial.toUpperCase() === was['wechatpay-serial'] &&
    (type == null || same('wechatpay-signature-type'))
  );
}

/** Milliseconds. The module accepts notifications that are much older. */
const MAX_AGE = 60_000;

/** A few genuine notifications, signed again before they are too old. */
export class GenuineNotifications {
  private notifications: readonly Genuine[] = [];
  private signedAt = -Infinity;

  constructor(
    private readonly merchant: TestMerchant,
    private readonly signWith?: TestPlatformKey,
  ) {}

  at(index: number): Genuine {
    if (performance.now() - this.signedAt > MAX_AGE) {
      this.notifications = Array.from({ length: 8 }, (_, number) => this.create(number));
      this.signedAt = performance.now();
    }
    const found = this.notifications[index % this.notifications.length];
    if (!found) throw new Error(`There is no notification ${index}`);
    return found;
  }

  private create(number: number): Genuine {
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
