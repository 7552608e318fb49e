import type { KeyObject } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { errorMessage } from '../utils/error-message.js';
import { findValidKey, type PlatformCertificate } from '../protocol/rsa-key.js';
import { WechatPayError } from '../errors/wechatpay.error.js';
import { type HeaderFields, readSignatureHeaders } from '../protocol/signature-headers.js';
import { SignatureRejection } from '../protocol/signature-rejection.js';
import { assertSignature, assertTimely } from '../protocol/signature-verification.js';
import { decryptCertificates } from './certificate-list.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

/** A 2xx answer of `GET /v3/certificates`, not verified yet. */
export interface CertificateListResponse {
  readonly headers: HeaderFields;
  readonly body: Uint8Array;
}

/** Sends the signed request. Rejects on anything but a 2xx answer, and when aborted. */
export type FetchCertificates = (signal: AbortSignal) => Promise<CertificateListResponse>;

export interface PlatformCertificatesSettings {
  readonly fetch: FetchCertificates;
  /** A key of the options: during a migration WeChat Pay signs the list itself with one of them. */
  readonly findPinned: (serial: string) => KeyObject | undefined;
  readonly apiV3Key: KeyObject;
  /** Seconds. */
  readonly clockTolerance: number;
  /** Milliseconds. */
  readonly refreshInterval: number;
  /** Milliseconds. */
  readonly unknownSerialCooldown: number;
}

/** How much of an interval chance may take off, so that many instances do not ask at once. */
const JITTER = 0.1;

/**
 * The downloaded platform certificates of one merchant: fetched when first needed and from then on
 * at an interval, one download at a time, swapped in whole, kept until they expire.
 */
export class PlatformCertificates {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly aborter = new AbortController();
  private certificates: ReadonlyMap<string, PlatformCertificate> = new Map();
  private inFlight?: Promise<void>;
  private lastAttempt = -Infinity;
  private timer?: NodeJS.Timeout;

  constructor(private readonly settings: PlatformCertificatesSettings) {}

  find(serial: string): KeyObject | undefined {
    return findValidKey(this.certificates, serial, Date.now());
  }

  isEmpty(): boolean {
    return this.certificates.size === 0;
  }

  /**
   * To be called for a serial that `find` does not know. The serial of a message is not
   * authenticated, so the cooldown bounds what strangers can cause; those who come while a
   * download runs wait for it. Never rejects.
   */
  async refreshForUnknownSerial(): Promise<void> {
    const elapsed = performance.now() - this.lastAttempt;
    if (this.inFlight || elapsed >= this.settings.unknownSerialCooldown) await this.refresh();
  }

  /** Downloads now, or joins the download that is running. Never rejects: a failure is logged. */
  refresh(): Promise<void> {
    this.inFlight ??= this.download().finally(() => {
      this.inFlight = undefined;
      this.lastAttempt = performance.now();
      this.schedule();
    });
    return this.inFlight;
  }

  /** Ends the timer and a running download, for good. */
  stop(): void {
    this.aborter.abort();
    clearTimeout(this.timer);
  }

  private isStopped(): boolean {
    return this.aborter.signal.aborted;
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.isStopped()) return;
    const delay = this.settings.refreshInterval * (1 - JITTER * Math.random());
    this.timer = setTimeout(() => void this.refresh(), delay);
    this.timer.unref();
  }

  private async download(): Promise<void> {
    if (this.isStopped()) return;
    try {
      await this.load().catch((error: unknown) => {
        // Its successor follows at once; waiting for the cooldown would refuse genuine messages.
        if (error instanceof SignatureRejection && error.code === 'SIGNATURE_PROBE') {
          this.logger.debug('The list of platform certificates came with a probe, asking again.');
          return this.load();
        }
        throw error;
      });
    } catch (error) {
      if (this.isStopped()) return;
      this.logger.error(
        `Downloading platform certificates failed, ${this.certificates.size} kept: ${reasonOf(error)}`,
      );
    }
  }

  private async load(): Promise<void> {
    const answer = await this.settings.fetch(this.aborter.signal);
    const listed = decryptCertificates(answer.body, this.settings.apiV3Key);
    if (listed.length === 0) throw new Error(`the list is empty. ${PUBLIC_KEY_MODE_HINT}`);
    const now = Date.now();
    const merged = new Map([...this.certificates].filter(([, { expiresAt }]) => expiresAt > now));
    for (const certificate of listed) {
      if (certificate.expiresAt > now) merged.set(certificate.serial, certificate);
    }
    this.verify(answer, merged);
    const added = [...merged.keys()].filter((serial) => !this.certificates.has(serial));
    this.certificates = merged;
    if (added.length > 0) this.logger.log(`New platform certificates: ${added.join(', ')}`);
  }

  /** The first answer can only be verified with what it brings; decrypting has authenticated that. */
  private verify(
    { headers, body }: CertificateListResponse,
    certificates: ReadonlyMap<string, PlatformCertificate>,
  ): void {
    const signature = readSignatureHeaders(headers);
    assertTimely(signature, Date.now(), this.settings.clockTolerance);
    const { serial } = signature;
    const key = certificates.get(serial)?.key ?? this.settings.findPinned(serial);
    if (!key) {
      throw new SignatureRejection(
        'UNKNOWN_SERIAL',
        `the list is signed with ${serial}, which it does not hold.`,
      );
    }
    assertSignature(signature, body, key);
  }
}

const PUBLIC_KEY_MODE_HINT =
  'A merchant in public-key mode has none: give its key in platformKeys by PUB_KEY_ID_... instead.';

function reasonOf(error: unknown): string {
  return error instanceof WechatPayError && error.code === 'RESOURCE_NOT_EXISTS'
    ? `${error.message} ${PUBLIC_KEY_MODE_HINT}`
    : errorMessage(error);
}
