import { ComplaintNotificationService } from '../../callback-url/complaint-notification.service.js';
import { WechatPayError } from '../../errors/wechatpay.error.js';
import { isPublicKeyId } from '../../protocol/key-ids.js';
import { readSignatureHeaders } from '../../protocol/signature-headers.js';
import { SignatureRejection } from '../../protocol/signature-rejection.js';
import { assertSignature } from '../../protocol/signature-verification.js';
import { type Check, fault, ok, skipped, warning } from '../checks.js';
import { findRegistration } from '../registration.js';
import type { SeenResponse, WechatPay } from '../wechatpay.js';

/** What one signed GET of the callback URL shows. */
export interface RegistrationReport {
  readonly checks: readonly Check[];
  /** The registered URL, if it is known. */
  readonly url?: string;
}

/** @param expected the URL that the app registers by itself, if it does */
export async function checkRegistration(
  wechatPay: WechatPay,
  expected: string | undefined,
): Promise<RegistrationReport> {
  const { clockTolerance } = wechatPay.merchant.options;
  const { url, check } = await readRegistration(wechatPay, expected);
  const response = wechatPay.lastResponse;
  if (!response) return { checks: [check] };
  const clock = checkClock(response, clockTolerance);
  return { url, checks: [clock, check, await checkSigner(wechatPay, response)] };
}

async function readRegistration(
  wechatPay: WechatPay,
  expected: string | undefined,
): Promise<{ url?: string; check: Check }> {
  const name = 'Callback URL';
  try {
    const url = await findRegistration(wechatPay.get(ComplaintNotificationService));
    if (url === undefined) {
      const fix = 'Register one: wechatpay-complaint url set URL, or WECHATPAY_CALLBACK_URL.';
      return {
        check: warning(name, `none is registered for merchant ${wechatPay.merchant.mchid}`, fix),
      };
    }
    if (expected !== undefined && expected !== url) {
      const text = `${url} is registered, not ${expected} of WECHATPAY_CALLBACK_URL`;
      const fix = 'An app registers its URL when it starts. Does another deployment do so, too?';
      return { url, check: warning(name, text, fix) };
    }
    return { url, check: ok(name, `${url} is registered`) };
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error;
    return { check: { status: 'fault', name, text: error.message } };
  }
}

/** The Date header has whole seconds, so that half a second is the best guess. */
const HALF_SECOND = 500;
/** Seconds from which on a clock is not kept right. */
const NOTICE = 30;

function checkClock({ headers, receivedAt }: SeenResponse, tolerance: number): Check {
  const name = 'Clock';
  const date = Date.parse(String(headers.date));
  if (Number.isNaN(date)) return skipped(name, 'the response has no Date header');
  const seconds = Math.round((receivedAt - date - HALF_SECOND) / 1000);
  const distance = Math.abs(seconds);
  const text = `${distance} s ${seconds < 0 ? 'behind' : 'ahead of'} WeChat Pay's, ${tolerance} s are accepted`;
  const fix = 'Keep the clock of this machine right: NTP, such as systemd-timesyncd or chrony.';
  if (distance > tolerance) return fault(name, text, fix);
  if (distance > NOTICE) return warning(name, text, fix);
  return ok(name, distance <= 1 ? "agrees with WeChat Pay's" : text);
}

/** Error responses may be signed too, so this is known even when nothing is registered. */
async function checkSigner(wechatPay: WechatPay, { headers, body }: SeenResponse): Promise<Check> {
  const name = 'Response key';
  if (headers['wechatpay-signature'] === undefined) {
    return skipped(name, 'the response is an error without a signature');
  }
  try {
    const signature = readSignatureHeaders(headers);
    const { keys } = wechatPay.merchant;
    assertSignature(signature, body, await keys.get(signature.serial));
    const kind = isPublicKeyId(signature.serial) ? 'public key' : 'platform certificate';
    return ok(name, `the response is signed with ${kind} ${signature.serial}`);
  } catch (error) {
    if (!(error instanceof SignatureRejection)) throw error;
    return { status: 'fault', name, text: `${error.code}: ${error.message}` };
  }
}
