import { createHmac, randomBytes } from 'node:crypto';

/** The path of the links. */
export const IMAGE_LINK_PATH = '/operation-images/';
const VALID_SECONDS = 60 * 60;

/**
 * The pre-signed links of `image_list`: whoever has one can fetch the image for an hour, without an
 * Authorization header. On the service they lead to a storage host, here to the simulator.
 */
export class ImageLinks {
  private readonly secret = randomBytes(32);

  constructor(
    /** Where the simulator listens. */
    private readonly origin: () => string,
    /** Milliseconds since 1970. */
    private readonly clock: () => number,
  ) {}

  /** All parameters are escaped into one, in lower case, as on real links. */
  create(key: string): string {
    const start = Math.floor(this.clock() / 1000);
    const time = `${start};${start + VALID_SECONDS}`;
    const path = `${IMAGE_LINK_PATH}${key}`;
    const sign = `q-sign-algorithm=sha1&q-ak=simulator&q-sign-time=${time}&q-signature=${this.sign(path, time)}`;
    return `${this.origin()}${path}?sign=${encodeURIComponent(sign).toLowerCase()}`;
  }

  /** The key of the image; undefined when the link was altered or has expired. */
  verify(target: string): string | undefined {
    const { pathname, searchParams } = new URL(target, 'http://127.0.0.1');
    const sign = new URLSearchParams(searchParams.get('sign') ?? '');
    const time = sign.get('q-sign-time') ?? '';
    const isGenuine = sign.get('q-signature') === this.sign(pathname, time);
    const isExpired = this.clock() / 1000 >= Number(time.split(';')[1]);
    return isGenuine && !isExpired ? pathname.slice(IMAGE_LINK_PATH.length) : undefined;
  }

  private sign(path: string, time: string): string {
    return createHmac('sha1', this.secret).update(`${path}\n${time}`).digest('hex');
  }
}
