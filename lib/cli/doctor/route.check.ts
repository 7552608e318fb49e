import { randomBytes } from 'node:crypto';
import type { HttpService } from '@nestjs/axios';
import { isLoopbackHost } from '../../protocol/callback-url.js';
import { SIGNATURE_TYPE } from '../../protocol/signature-headers.js';
import { probeSignature } from '../../testing/notification-signer.js';
import { errorMessage } from '../../utils/error-message.js';
import { parseJsonObject } from '../../utils/json.js';
import { VERSION } from '../../version.js';
import { type Check, fault, ok, skipped, warning } from '../checks.js';

const NAME = 'Route';
/** WeChat Pay waits for five seconds. */
const TIMEOUT = 5000;
const MAX_BYTES = 64 * 1024;

export interface RouteSettings {
  /** Where the app listens, if that is not where the registered URL leads. */
  readonly app?: string;
  /** Whether the simulator takes the place of WeChat Pay: registered hosts need not exist. */
  readonly isSimulated: boolean;
  /** Names the key of the probe. It need not be known. */
  readonly serial: string;
}

/** Sends a signature probe to the registered URL, as WeChat Pay does, which must be refused with 401. */
export async function checkRoute(
  registered: string | undefined,
  http: HttpService,
  { app, isSimulated, serial }: RouteSettings,
): Promise<Check> {
  if (registered === undefined)
    return skipped(NAME, 'without a registered URL there is nothing to probe');
  const url = new URL(registered);
  if (app !== undefined) {
    Object.assign(url, pick(new URL(app)));
  } else if (isSimulated && !isLoopbackHost(url.hostname)) {
    return skipped(
      NAME,
      'the simulator decides where the registered host is: --app ORIGIN names it',
    );
  }
  try {
    const { status, data } = await http.axiosRef.post<unknown>(url.href, PROBE_BODY, {
      headers: probeHeaders(serial),
      timeout: TIMEOUT,
      maxRedirects: 0,
      maxContentLength: MAX_BYTES,
      responseType: 'arraybuffer',
      validateStatus: () => true,
    });
    return judge(url.href, status, Buffer.isBuffer(data) ? data : Buffer.alloc(0));
  } catch (error) {
    const fix =
      'WeChat Pay needs a public https URL with a valid certificate: check DNS, firewall, TLS.';
    return fault(NAME, `${url.href} cannot be reached: ${errorMessage(error)}`, fix);
  }
}

const PROBE_BODY = '{"id":"EV-doctor","event_type":"COMPLAINT.CREATE","resource":{}}';

function probeHeaders(serial: string): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    'User-Agent': `nestjs-wechatpay-complaint/${VERSION} doctor`,
    'Wechatpay-Timestamp': String(Math.floor(Date.now() / 1000)),
    'Wechatpay-Nonce': randomBytes(16).toString('hex'),
    'Wechatpay-Serial': serial,
    'Wechatpay-Signature': probeSignature(),
    'Wechatpay-Signature-Type': SIGNATURE_TYPE,
  };
}

function pick({ protocol, host }: URL): Pick<URL, 'protocol' | 'host'> {
  return { protocol, host };
}

function judge(url: string, status: number, body: Buffer): Check {
  const response = parseJsonObject(body);
  const isOurs = response?.code === 'FAIL' && response.message === 'The signature is wrong';
  if (status === 401 && isOurs) return ok(NAME, `${url} refuses a signature probe with 401`);
  const text = `${url} answers a signature probe with ${status}`;
  if (status < 300) {
    const fix = 'Anybody can send it notifications: put @ComplaintNotification() on the route.';
    return fault(NAME, text, fix);
  }
  if (status < 400)
    return fault(NAME, text, 'WeChat Pay follows no redirects: register the final URL.');
  if (status === 404 || status === 405) {
    return fault(NAME, text, 'There is no such route for POST: register the URL of the route.');
  }
  if (status >= 500) {
    return fault(NAME, text, 'The app, or what is in front of it, fails: see its log.');
  }
  const reason = typeof response?.message === 'string' ? `: ${response.message}` : '';
  const fix =
    response?.code === 'FAIL'
      ? 'Something on the way changes or strips headers.'
      : 'This is no response of @ComplaintNotification(): does something in front of it want a login?';
  return warning(NAME, text + reason, fix);
}
