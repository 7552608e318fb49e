import type { KeyObject } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { findValidKey, isValidAt, type PlatformCertificate } from '../protocol/rsa-key.js';
import { SignatureRejection } from '../protocol/signature-rejection.js';
import { WechatPayError } from '../errors/wechatpay.error.js';
import { errorMessage } from '../utils/error-message.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import type { CertificateList } from './certificate-list.js';
import {
  downloadCertificates,
  type FetchCertificates,
  NO_CERTIFICATES_HINT,
  summarize,
} from './certificate-download.js';

export interface PlatformCertificatesSettings {
  readonly mchid: string;
  readonly fetch: FetchCertificates;
  /** A key of the options: during a migration WeChat Pay signs the list with it. */
  readonly findPinned: (serial: string) => KeyObject | undefined;
  readonly apiV3Key: KeyObject;
  /** Seconds. */
  readonly clockTolerance: number;
  /** Milliseconds. */
  readonly refreshInterval: number;
  /** Milliseconds. */
  readonly unknownSerialCooldown: number;
  /** Called after a download that brought or dropped a certificate. */
  readonly onChange?: () => void;
}

/** The part of the interval that is random, so that many instances do not download at once. */
const JITTER = 0.1;
/** Milliseconds between a failed first download and its retry; they double with each failure. */
const FIRST_RETRY = 1000;

/** Why the last download failed. */
export interface DownloadFailure {
  readonly reason: string;
  readonly cause: unknown;
}

/**
 * The downloaded platform certificates of one merchant. They are downloaded when first needed and
 * from then on at an interval, one download at a time, and kept until they expire. As long as there
 * is no valid certificate, a failed download is retried with growing pauses.
 */
export class PlatformCertificates {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly aborter = new AbortController();
  private certificates: ReadonlyMap<string, PlatformCertificate> = new Map();
  private inFlight?: Promise<void>;
  private lastAttempt = -Infinity;
  private consecutiveFailures = 0;
  private failure?: DownloadFailure;
  private success?: Date;
  private timer?: NodeJS.Timeout;

  constructor(private readonly settings: PlatformCertificatesSettings) {}

  find(serial: string): KeyObject | undefined {
    return findValidKey(this.certificates, serial, Date.now());
  }

  /** Whether there is a certificate that has not expired. */
  hasValid(): boolean {
    const now = Date.now();
    return [...this.certificates.values()].some((certificate) => isValidAt(certificate, now));
  }

  /** Serial numbers, those of expired certificates included. */
  serials(): string[] {
    return [...this.certificates.keys()];
  }

  /** By serial number, expired ones included. */
  entries(): Iterable<[serial: string, certificate: PlatformCertificate]> {
    return this.certificates;
  }

  isDownloading(): boolean {
    return this.inFlight !== undefined;
  }

  /** Undefined if no download has ended yet, or the last one has succeeded. */
  lastFailure(): DownloadFailure | undefined {
    return this.failure;
  }

  /** When the last download succeeded. Undefined if none has. */
  lastSuccess(): Date | undefined {
    return this.success;
  }

  /**
   * To be called for a serial number that `find` does not know. Never rejects.
   *
   * Anybody can send a serial number, so calls within the cooldown after a download only wait for one
   * that is running. The cooldown also holds after a failed download, whose retries follow a timer.
   */
  async refreshForUnknownSerial(): Promise<void> {
    const elapsed = performance.now() - this.lastAttempt;
    if (this.inFlight || elapsed >= this.settings.unknownSerialCooldown) await this.refresh();
  }

  /** Starts a download, or joins the one that is running. Never rejects: a failure is logged. */
  refresh(): Promise<void> {
    this.inFlight ??= this.download().finally(() => {
      this.inFlight = undefined;
      this.lastAttempt = performance.now();
    });
    return this.inFlight;
  }

  /** Ends the timer and a running download for good. */
  stop(): void {
    this.aborter.abort();
    clearTimeout(this.timer);
  }

  private isStopped(): boolean {
    return this.aborter.signal.aborted;
  }

  private async download(): Promise<void> {
    if (this.isStopped()) return;
    clearTimeout(this.timer);
    try {
      this.keep(await this.load());
      this.consecutiveFailures = 0;
      this.failure = undefined;
      this.success = new Date();
      this.schedule();
    } catch (error) {
      if (this.isStopped()) return;
      this.consecutiveFailures += 1;
      this.logFailure(error, this.schedule());
    }
  }

  private async load(): Promise<CertificateList> {
    const { signal } = this.aborter;
    const settings = {
      ...this.settings,
      findKey: (serial: string) => this.find(serial) ?? this.settings.findPinned(serial),
    };
    try {
      return await downloadCertificates(settings, signal);
    } catch (error) {
      const isProbe = error instanceof SignatureRejection && error.code === 'SIGNATURE_PROBE';
      if (!isProbe) throw error;
      this.logger.debug(
        `The list of platform certificates for merchant ${this.settings.mchid} came with a signature ` +
          'probe; it is downloaded again.',
      );
      return downloadCertificates(settings, signal);
    }
  }

  /** Adds the certificates that have not expired, and drops those that have. */
  private keep({ certificates, unreadable }: CertificateList): void {
    const { mchid } = this.settings;
    const now = Date.now();
    const all = [...this.certificates.values(), ...certificates];
    const valid = all.filter((certificate) => isValidAt(certificate, now));
    const merged = new Map(valid.map((certificate) => [certificate.serial, certificate]));
    const added = [...merged.keys()].filter((serial) => !this.certificates.has(serial));
    const hasChanged = added.length > 0 || merged.size !== this.certificates.size;
    this.certificates = merged;
    if (hasChanged) this.settings.onChange?.();
    if (added.length > 0) {
      this.logger.log(`New platform certificates for merchant ${mchid}: ${added.join(', ')}`);
    }
    if (unreadable.length > 0) {
      this.logger.warn(
        `Skipped ${unreadable.length} of ${unreadable.length + certificates.length} entries in the ` +
          `list of platform certificates for merchant ${mchid}: ${summarize(unreadable)}`,
      );
    }
  }

  /** @returns milliseconds until the next download */
  private schedule(): number {
    const delay = this.hasValid() ? this.nextRefresh() : this.nextRetry();
    if (!this.isStopped()) this.timer = setTimeout(() => void this.refresh(), delay).unref();
    return delay;
  }

  private nextRefresh(): number {
    return this.settings.refreshInterval * (1 - JITTER * Math.random());
  }

  private nextRetry(): number {
    const { refreshInterval, unknownSerialCooldown } = this.settings;
    const longest = Math.max(FIRST_RETRY, Math.min(unknownSerialCooldown, refreshInterval));
    const pause = Math.min(FIRST_RETRY * 2 ** (this.consecutiveFailures - 1), longest);
    return pause * (0.5 + Math.random() / 2);
  }

  /** One error line per reason; the retries that fail for the same reason are for debugging only. */
  private logFailure(cause: unknown, delay: number): void {
    const reason = reasonOf(cause);
    const line =
      `Downloading platform certificates for merchant ${this.settings.mchid} failed, ` +
      `${this.certificates.size} kept, next attempt in ${Math.round(delay / 1000)} s: ${reason}`;
    if (reason === this.failure?.reason) this.logger.debug(line);
    else this.logger.error(line);
    this.failure = { reason, cause };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof WechatPayError && error.code === 'RESOURCE_NOT_EXISTS'
    ? `${error.message} ${NO_CERTIFICATES_HINT}`
    : errorMessage(error);
}
