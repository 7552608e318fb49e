import { probeSignature, signatureHeaders } from '../notification-signer.js';
import { createTestCertificate, type TestPlatformKey } from '../test-merchant.js';
import {
  errorResponse,
  type SimulatedError,
  type SimulatedResponse,
} from './simulated-response.js';

/**
 * What goes wrong with one response. With `drop`, `hang` and a response in place of the call, the call
 * has no effect. With all others it has taken effect.
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
  /** The connection is closed without a response. */
  | 'drop'
  /** No response ever comes. */
  | 'hang'
  /** This error in place of the call, signed. */
  | SimulatedError
  /** This text in place of the call, with a genuine signature over it when `signed`. */
  | { readonly status: number; readonly raw: string; readonly signed?: boolean };

const SHIFT_SECONDS = 600;

/** The response in place of the call; undefined when the fault does not replace it. */
export function responseInPlace(fault: SimulatedFault | undefined): SimulatedResponse | undefined {
  if (typeof fault !== 'object') return undefined;
  if (!('raw' in fault)) return errorResponse(fault);
  return { status: fault.status, body: fault.raw, isSigned: fault.signed ?? false };
}

/** The signature headers of a response, invalidated by the fault if there is one. */
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
