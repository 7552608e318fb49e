import { probeSignature, signatureHeaders } from '../sign-complaint-notification.js';
import {
  errorResponse,
  type SimulatedResponse,
  type SimulatedError,
} from './simulated-response.js';
import { createTestCertificate, type TestPlatformKey } from '../test-merchant.js';

/**
 * What happens to one answer. Of the words, `drop` and `hang` come before the call takes effect,
 * all others after it, as in real life.
 */
export type SimulatedFault =
  /** The signature begins with `WECHATPAY/SIGNTEST/`. */
  | 'probe'
  /** No `Wechatpay-*` header. */
  | 'unsigned'
  /** The signature is over another body. */
  | 'tampered'
  /** Signed ten minutes ago. */
  | 'replayed'
  /** Signed ten minutes ahead. */
  | 'ahead'
  /** Signed by a key that the merchant does not know. */
  | 'unknown-serial'
  /** Another signature type. */
  | 'wrong-type'
  /** The connection is closed without an answer. */
  | 'drop'
  /** No answer ever comes. */
  | 'hang'
  /** Answered in place of the call, signed. */
  | SimulatedError
  /** Answered in place of the call as it is, with a genuine signature over it when `signed`. */
  | { readonly status: number; readonly raw: string; readonly signed?: boolean };

const SHIFT_SECONDS = 600;

/** What is answered in place of the call, where a fault says so. */
export function substitute(fault: SimulatedFault | undefined): SimulatedResponse | undefined {
  if (typeof fault !== 'object') return undefined;
  if (!('raw' in fault)) return errorResponse(fault);
  return { status: fault.status, body: fault.raw, isSigned: fault.signed ?? false };
}

/** The signature headers of an answer, spoiled by the fault. */
export async function signResponse(
  key: TestPlatformKey,
  body: string | Buffer,
  fault: SimulatedFault | undefined,
): Promise<Record<string, string>> {
  const now = Math.floor(Date.now() / 1000);
  switch (fault) {
    case 'tampered':
      return signatureHeaders(key, `${body.toString()} `);
    case 'probe':
      return { ...signatureHeaders(key, body), 'Wechatpay-Signature': probeSignature() };
    case 'replayed':
      return signatureHeaders(key, body, { timestamp: now - SHIFT_SECONDS });
    case 'ahead':
      return signatureHeaders(key, body, { timestamp: now + SHIFT_SECONDS });
    case 'unknown-serial':
      return signatureHeaders(await createTestCertificate(), body);
    case 'wrong-type':
      return {
        ...signatureHeaders(key, body),
        'Wechatpay-Signature-Type': 'WECHATPAY2-SM2-WITH-SM3',
      };
    default:
      return signatureHeaders(key, body);
  }
}
