import type { KeyObject } from 'node:crypto';
import { isValidAt, type PlatformCertificate } from '../protocol/rsa-key.js';
import { type HeaderFields, readSignatureHeaders } from '../protocol/signature-headers.js';
import { SignatureRejection } from '../protocol/signature-rejection.js';
import { assertSignature, assertTimely } from '../protocol/signature-verification.js';
import { type CertificateList, decryptCertificates } from './certificate-list.js';

/** A 2xx response of `GET /v3/certificates` that has not been verified. */
export interface CertificateListResponse {
  readonly headers: HeaderFields;
  readonly body: Uint8Array;
}

/** Sends the signed request. Rejects when aborted and on anything but a 2xx response. */
export type FetchCertificates = (signal: AbortSignal) => Promise<CertificateListResponse>;

export interface CertificateDownloadSettings {
  readonly fetch: FetchCertificates;
  readonly apiV3Key: KeyObject;
  /** Seconds. */
  readonly clockTolerance: number;
  /**
   * A key known before: an older certificate, or a public key of the options, with which WeChat Pay
   * signs the list during a migration.
   */
  readonly findKey: (serial: string) => KeyObject | undefined;
}

/** How many reasons an error names. */
const MAX_REASONS = 3;

/**
 * Downloads the list of platform certificates and verifies it. A first list can only be verified with
 * the certificates that it brings; decrypting them has authenticated them.
 *
 * @returns at least one certificate that has not expired
 * @throws Error, or the error of the request
 */
export async function downloadCertificates(
  settings: CertificateDownloadSettings,
  signal: AbortSignal,
): Promise<CertificateList> {
  const response = await settings.fetch(signal);
  const list = decryptCertificates(response.body, settings.apiV3Key);
  if (list.certificates.length === 0) {
    throw new Error(
      list.unreadable.length === 0
        ? `the list is empty. ${NO_CERTIFICATES_HINT}`
        : `no entry of the list can be read: ${summarize(list.unreadable)}`,
    );
  }
  verify(response, list.certificates, settings);
  const now = Date.now();
  if (!list.certificates.some((certificate) => isValidAt(certificate, now))) {
    throw new Error('every certificate in the list has expired');
  }
  return list;
}

export const NO_CERTIFICATES_HINT =
  'A merchant in public-key mode has no certificates: give its key in platformKeys by PUB_KEY_ID_... ' +
  'instead.';

/** Names each reason once and limits their number, because the sender decides how long the list is. */
export function summarize(reasons: readonly string[]): string {
  const distinct = [...new Set(reasons)];
  const rest = distinct.length - MAX_REASONS;
  return (
    distinct.slice(0, MAX_REASONS).join('; ') + (rest > 0 ? `; and ${rest} further reasons` : '')
  );
}

function verify(
  { headers, body }: CertificateListResponse,
  certificates: readonly PlatformCertificate[],
  { clockTolerance, findKey }: CertificateDownloadSettings,
): void {
  const now = Date.now();
  const signature = readSignatureHeaders(headers);
  assertTimely(signature, now, clockTolerance);
  const { serial } = signature;
  const listed = certificates.find((certificate) => certificate.serial === serial);
  const key = listed && isValidAt(listed, now) ? listed.key : findKey(serial);
  if (!key) {
    throw new SignatureRejection(
      'UNKNOWN_SERIAL',
      `the list is signed with ${serial}, which is neither in the list nor known already.`,
    );
  }
  assertSignature(signature, body, key);
}
