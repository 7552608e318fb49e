import type { Logger } from '@nestjs/common';
import { LogEntry } from '../utils/log-entry.js';
import {
  type ComplaintNotificationCode,
  type ComplaintNotificationException,
  isDeferral,
} from './complaint-notification.exception.js';

/** Routine, or a stranger's mistake: nobody has to look into these. */
const QUIET: readonly ComplaintNotificationCode[] = [
  'SIGNATURE_PROBE',
  'UNSUPPORTED_CONTENT_TYPE',
  'UNREADABLE_BODY',
];

/** Lines of one code that are logged in full within an interval. */
const LINES_PER_INTERVAL = 5;
/** Milliseconds. */
const INTERVAL = 60_000;

/**
 * Logs rejected notifications. Anyone can send forged ones, so within an interval only the first few of
 * each code get a line of their own; the rest are counted and summarised when the interval ends.
 * Diagnostics has every one of them.
 */
export class RejectionLog {
  private readonly counts = new Map<ComplaintNotificationCode, number>();
  private timer?: NodeJS.Timeout;

  constructor(private readonly logger: Logger) {}

  log({ code, detail, mchid, requestId }: ComplaintNotificationException): void {
    const count = (this.counts.get(code) ?? 0) + 1;
    this.counts.set(code, count);
    this.timer ??= setTimeout(() => {
      this.summarise();
    }, INTERVAL).unref();
    if (count > LINES_PER_INTERVAL) return;
    const request = requestId === undefined ? '' : ` (Request-ID ${requestId})`;
    const outcome = outcomeOf(code);
    const sentence = `Notification ${outcome} (${code}): ${detail}${request}`;
    this.write(code, new LogEntry(sentence, { outcome, code, mchid, requestId }));
  }

  /** Logs what has been counted so far. To be called on shutdown. */
  summarise(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [code, count] of this.counts) {
      if (count <= LINES_PER_INTERVAL) continue;
      const outcome = outcomeOf(code);
      const sentence =
        `${count} notifications were ${outcome} (${code}) within the last minute; ` +
        `the first ${LINES_PER_INTERVAL} have log lines of their own.`;
      this.write(code, new LogEntry(sentence, { outcome, code, count }));
    }
    this.counts.clear();
  }

  private write(code: ComplaintNotificationCode, entry: LogEntry): void {
    if (code === 'RAW_BODY_UNAVAILABLE' || isDeferral(code)) this.logger.error(entry);
    else if (QUIET.includes(code)) this.logger.debug(entry);
    else this.logger.warn(entry);
  }
}

function outcomeOf(code: ComplaintNotificationCode): string {
  return isDeferral(code) ? 'deferred' : 'rejected';
}
