import { createPublicKey, type KeyObject } from 'node:crypto';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import { claimsToBePublicKeyId, isPublicKeyId, readSerial } from '../protocol/key-ids.js';
import { PUBLIC_KEY_ID_PREFIX } from '../protocol/constants.js';
import {
  isPlatformCertificate,
  isValidAt,
  parsePlatformKey,
  type PlatformCertificate,
  type PlatformKey,
} from '../protocol/rsa-key.js';
import type { ConfigurationProblem } from '../errors/wechatpay-configuration.error.js';
import type { Report } from './option-checks.js';

/** What must not be among the platform keys, and the current time in milliseconds since 1970. */
export interface OwnKeys {
  /** Empty if the option is faulty. */
  readonly serial: string;
  /** Undefined if the option is faulty. */
  readonly privateKey: KeyObject | undefined;
  readonly now: number;
}

/** The option `platformKeys`, parsed. */
export interface ResolvedPlatformKeys {
  /** By serial number or `PUB_KEY_ID_...`, in upper case. */
  readonly keys: ReadonlyMap<string, PlatformKey>;
  /** Certificates that have expired. They are in `keys` too, where they are of no use any more. */
  readonly expired: readonly ConfigurationProblem[];
}

/** Parses every entry of `platformKeys` and checks that it is a key of WeChat Pay under its own name. */
export function resolvePlatformKeys(
  entries: Readonly<Record<string, unknown>>,
  own: OwnKeys,
  report: Report,
): ResolvedPlatformKeys {
  const keys = new Map<string, PlatformKey>();
  const expired: ConfigurationProblem[] = [];
  Object.entries(entries).forEach(([name, material], index) => {
    const option = optionName(name, index);
    const key = parseOrReport(option, () => parsePlatformKey(material), report);
    if (!key) return;
    const id = claimsToBePublicKeyId(name) ? name.trim().toUpperCase() : (readSerial(name) ?? name);
    const fault = findFault(id, key, own);
    if (fault) {
      report(option, ...fault);
      return;
    }
    if (keys.has(id)) {
      report(option, 'is given twice', 'Keep one of the entries.');
      return;
    }
    keys.set(id, key);
    if (!isValidAt(key, own.now)) expired.push(expiry(option, key));
  });
  return { keys, expired };
}

/** A name that cannot be one may be key material, if name and value were exchanged. */
function optionName(name: string, index: number): string {
  return /^[\w =:]{0,130}$/.test(name) ? `platformKeys['${name}']` : `platformKeys[${index}]`;
}

/** Runs a parser; a fault is reported and becomes undefined. */
export function parseOrReport<T>(option: string, parse: () => T, report: Report): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof KeyMaterialError)) throw error;
    report(option, error.problem, error.fix);
    return undefined;
  }
}

function findFault(
  id: string,
  parsed: PlatformKey,
  { serial, privateKey }: OwnKeys,
): [problem: string, fix: string] | undefined {
  const isOwnSerial = serial !== '' && id === serial;
  if (isOwnSerial || (privateKey && isPair(parsed.key, privateKey))) {
    return [
      "is the merchant's own certificate or key",
      'Give the keys of WeChat Pay only: 微信支付公钥 or 平台证书 of the merchant console.',
    ];
  }
  const certificate = isPlatformCertificate(parsed) ? parsed : undefined;
  if (isPublicKeyId(id)) return certificate && certificateUnderPublicKeyId(certificate);
  if (readSerial(id) === undefined) {
    return [
      'is named neither by PUB_KEY_ID_... nor by a hexadecimal serial number',
      'Name it by the 公钥ID of the merchant console, or by the serial number of the certificate.',
    ];
  }
  if (!certificate) {
    return [
      `is a public key under a name without ${PUBLIC_KEY_ID_PREFIX}`,
      `Name it by the whole 公钥ID of the merchant console, such as ${PUBLIC_KEY_ID_PREFIX}${id}. ` +
        'Under a serial number, give the platform certificate.',
    ];
  }
  if (certificate.serial === id) return undefined;
  return [
    `holds the certificate with serial number ${certificate.serial}`,
    'Name the entry by that serial number, or give the certificate that belongs to this name.',
  ];
}

function certificateUnderPublicKeyId({ serial }: PlatformCertificate): [string, string] {
  return [
    'holds a certificate under the id of a public key',
    `Give pub_key.pem, or name the entry by the serial number of the certificate, ${serial}.`,
  ];
}

function expiry(option: string, { expiresAt = NaN }: PlatformKey): ConfigurationProblem {
  return {
    option,
    problem: `holds a certificate that expired on ${new Date(expiresAt).toISOString()}`,
    fix: 'Remove it, or give its successor.',
  };
}

function isPair(publicKey: KeyObject, privateKey: KeyObject): boolean {
  return createPublicKey(privateKey).equals(publicKey);
}
