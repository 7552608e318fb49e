import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ResolvedOptions } from '../../config/resolve-options.js';
import { describeKeyMode } from '../../keys/key-mode.js';
import type { Arguments } from '../arguments.js';
import { type Check, fault, ok, skipped, warning } from '../checks.js';
import { readBytes } from '../files.js';
import { checkExpiry } from './expiry.check.js';

/** What can be said about the options without a call. */
export function checkOptions(options: ResolvedOptions): Check[] {
  const { mchid, privateKey, baseUrls, warnings } = options;
  const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0;
  return [
    ok('Options', `merchant ${mchid}, ${describeKeyMode(options)}`),
    ok('Hosts', baseUrls.join(', ')),
    ok('Private key', `RSA, ${bits} bits`),
    ...warnings.map(({ option, problem, fix }) => warning('Options', `${option} ${problem}`, fix)),
  ];
}

/**
 * Whether serial number and private key belong together, by the certificate itself: `apiclient_cert.pem`
 * beside the private key, where the merchant console puts it, or a file that was named.
 */
export function checkMerchantCertificate(
  { mchid, serial, privateKey }: ResolvedOptions,
  args: Arguments,
  now: number,
): Check[] {
  const name = 'Key pair';
  const file = args.text('certificate') ?? certificateBesideKey();
  if (file === undefined) {
    return [
      skipped(name, 'no apiclient_cert.pem beside the private key: --certificate FILE names it'),
    ];
  }
  const certificate = parseCertificate(readBytes('--certificate', file));
  if (!certificate)
    return [fault(name, `${file} is not a certificate`, 'Give apiclient_cert.pem.')];
  const certified = certificate.serialNumber.toUpperCase();
  if (!certificate.checkPrivateKey(privateKey)) {
    const fix = 'Use apiclient_key.pem of the same download.';
    return [fault(name, `the private key does not belong to ${file}`, fix)];
  }
  if (certified !== serial) {
    const text = `${file} has the serial number ${certified}, not ${serial}`;
    return [fault(name, text, `Set WECHATPAY_SERIAL to ${certified}.`)];
  }
  const owner = /^CN=(\d+)$/m.exec(certificate.subject)?.[1];
  if (owner !== undefined && owner !== mchid) {
    const fix = 'Set WECHATPAY_MCHID to it, or use the files of the other merchant.';
    return [fault(name, `${file} is the certificate of merchant ${owner}`, fix)];
  }
  return [
    ok(name, `private key, serial number and ${file} belong together`),
    checkExpiry('Certificate', 'the API certificate', Date.parse(certificate.validTo), now),
  ];
}

function certificateBesideKey(): string | undefined {
  const path = process.env.WECHATPAY_PRIVATE_KEY_PATH;
  if (!path) return undefined;
  const beside = join(dirname(path), 'apiclient_cert.pem');
  return existsSync(beside) ? beside : undefined;
}

function parseCertificate(bytes: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    return undefined;
  }
}
