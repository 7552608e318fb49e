import { isPublicKeyId } from '../protocol/key-ids.js';
import { PUBLIC_KEY_ID_PREFIX } from '../protocol/constants.js';
import { isPlatformCertificate, parsePlatformKey } from '../protocol/rsa-key.js';
import type { Environment, PemVariable } from './environment.js';
import type { Report } from './option-checks.js';
import { parseOrReport } from './resolve-platform-keys.js';

interface PlatformKeyVariables {
  /** Whether a variable of a key is set, faulty or not. */
  readonly isAnySet: boolean;
  readonly entries: readonly PlatformKeyEntry[];
}

/** A key that can be read. */
interface PlatformKeyEntry {
  /** Its name in `platformKeys`. */
  readonly id: string;
  readonly variable: string;
  readonly value: string;
}

/** Reads the public key and the platform certificate of one merchant. Their faults are reported. */
export function readPlatformKeys(env: Environment, report: Report): PlatformKeyVariables {
  const publicKey = env.pem('WECHATPAY_PUBLIC_KEY');
  const certificate = env.pem('WECHATPAY_PLATFORM_CERTIFICATE');
  const id = env.text('WECHATPAY_PUBLIC_KEY_ID');
  const entries = [readPublicKey(publicKey, id, report), readCertificate(certificate, report)];
  return {
    isAnySet: publicKey.isSet || id !== undefined || certificate.isSet,
    entries: entries.filter((entry) => entry !== undefined),
  };
}

function readPublicKey(
  { name, isSet, value }: PemVariable,
  id: string | undefined,
  report: Report,
): PlatformKeyEntry | undefined {
  if (!isSet && id === undefined) return undefined;
  if (!isSet) report(name, 'is not set', 'Set it, or WECHATPAY_PUBLIC_KEY_PATH.');
  const isIdFine = id !== undefined && isPublicKeyId(id.toUpperCase());
  if (!isIdFine) {
    report(
      'WECHATPAY_PUBLIC_KEY_ID',
      id === undefined ? 'is not set' : 'is not the id of a WeChat Pay public key',
      `Set it to the whole 公钥ID of the merchant console, which begins with ${PUBLIC_KEY_ID_PREFIX}.`,
    );
  }
  if (value === undefined) return undefined;
  const key = parseOrReport(name, () => parsePlatformKey(value), report);
  if (key && isPlatformCertificate(key)) {
    report(name, 'is a platform certificate', 'Set WECHATPAY_PLATFORM_CERTIFICATE to it.');
    return undefined;
  }
  return key && isIdFine ? { id, variable: name, value } : undefined;
}

/** A certificate is named by its own serial number, so that nobody has to copy that. */
function readCertificate(
  { name, value }: PemVariable,
  report: Report,
): PlatformKeyEntry | undefined {
  if (value === undefined) return undefined;
  const key = parseOrReport(name, () => parsePlatformKey(value), report);
  if (!key) return undefined;
  if (isPlatformCertificate(key)) return { id: key.serial, variable: name, value };
  report(name, 'is a public key', 'Set WECHATPAY_PUBLIC_KEY to it.');
  return undefined;
}
