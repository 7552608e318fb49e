import type { PlatformKeys } from '../keys/platform-keys.js';
import { isValidAt } from '../protocol/rsa-key.js';
import type { HealthCheck, HealthProblem } from './health-check.js';

const DAY = 24 * 60 * 60 * 1000;
/** In the last 5 days of a certificate, WeChat Pay signs with its successor as well. */
const NOTICE_WITH_DOWNLOAD = 5 * DAY;
/** The successor has to be fetched by hand. */
const NOTICE_WITHOUT_DOWNLOAD = 10 * DAY;

/** Moments are ISO 8601 in UTC. */
export interface PlatformKeysHealth {
  /** Serial numbers and ids of the keys that have not expired. Empty before the first download. */
  readonly known: readonly string[];
  /** When the last of them expires. Absent if one does not expire, as public keys do not. */
  readonly expiresAt?: string;
  /** When certificates were last downloaded. Absent if they were not. */
  readonly lastDownload?: string;
}

/** Whether there are keys to verify with, and for how long. */
export function checkPlatformKeys(
  mchid: string,
  keys: PlatformKeys,
  expiryNotice = keys.download ? NOTICE_WITH_DOWNLOAD : NOTICE_WITHOUT_DOWNLOAD,
): HealthCheck<PlatformKeysHealth> {
  const now = Date.now();
  const valid = [...keys.entries()].filter(([, key]) => isValidAt(key, now));
  const lastExpiry = Math.max(...valid.map(([, { expiresAt = Infinity }]) => expiresAt));
  const value = {
    known: valid.map(([id]) => id),
    expiresAt: Number.isFinite(lastExpiry) ? new Date(lastExpiry).toISOString() : undefined,
    lastDownload: keys.download?.lastSuccess()?.toISOString(),
  };
  return { value, problems: [...problemsOf(mchid, keys, value, lastExpiry - now, expiryNotice)] };
}

function* problemsOf(
  mchid: string,
  { download }: PlatformKeys,
  { known, expiresAt }: PlatformKeysHealth,
  timeLeft: number,
  notice: number,
): Generator<HealthProblem> {
  const failure = download?.lastFailure();
  if (failure) {
    yield {
      status: known.length > 0 ? 'degraded' : 'down',
      text: `The last download of platform certificates for merchant ${mchid} failed: ${failure.reason}`,
    };
  } else if (known.length === 0 && !isBeforeFirstDownload(download)) {
    yield {
      status: 'down',
      text: `Every platform certificate of merchant ${mchid} has expired: give its successor in platformKeys.`,
    };
  }
  if (expiresAt !== undefined && timeLeft < notice) {
    yield {
      status: 'degraded',
      text:
        `The last platform certificate of merchant ${mchid} expires at ${expiresAt}` +
        (download ? '.' : ': give its successor in platformKeys.'),
    };
  }
}

/** Certificates are downloaded when they are first needed. Until then an app without any is well. */
function isBeforeFirstDownload(download: PlatformKeys['download']): boolean {
  return download !== undefined && download.lastSuccess() === undefined;
}
