import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  type ComplaintNotificationCode,
  ComplaintNotificationException,
} from '../../../lib/notifications/complaint-notification.exception.js';
import { RejectionLog } from '../../../lib/notifications/rejection-log.js';
import { type LogLine, RecordingLogger } from '../../support/recording-logger.js';

const MINUTE = 60_000;

let lines: LogLine[];
let log: RejectionLog;

beforeEach(() => {
  jest.useFakeTimers();
  const recording = new RecordingLogger();
  Logger.overrideLogger(recording);
  lines = recording.lines;
  log = new RejectionLog(new Logger('WechatPayComplaint'));
});
afterEach(() => {
  jest.useRealTimers();
  Logger.overrideLogger(false);
});

function reject(code: ComplaintNotificationCode, times = 1, requestId?: string): void {
  for (let count = 0; count < times; count += 1) {
    log.log(new ComplaintNotificationException(code, 'Something is wrong.', { requestId }));
  }
}

/** What was logged since the last call. */
function logged(): [level: string, text: string][] {
  return lines
    .splice(0)
    .map(({ level, text }) => [level, text.replace(/ WechatPayComplaint$/, '')]);
}

describe('RejectionLog', () => {
  it.each<[ComplaintNotificationCode, string]>([
    ['SIGNATURE_MISMATCH', 'warn'],
    ['MALFORMED_BODY', 'warn'],
    ['RAW_BODY_UNAVAILABLE', 'error'],
    ['SIGNATURE_PROBE', 'debug'],
    ['UNSUPPORTED_CONTENT_TYPE', 'debug'],
    ['UNREADABLE_BODY', 'debug'],
  ])('logs %s as %s, with the Request-ID', (code, level) => {
    reject(code, 1, '0123-abc');
    expect(logged()).toEqual([
      [level, `Notification rejected (${code}): Something is wrong. (Request-ID 0123-abc)`],
    ]);
  });

  it('logs five lines of one code within a minute, then one summary with the count', () => {
    reject('SIGNATURE_MISMATCH', 1000);
    expect(logged()).toHaveLength(5);
    jest.advanceTimersByTime(MINUTE - 1);
    expect(logged()).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(logged()).toEqual([
      [
        'warn',
        '1000 notifications were rejected (SIGNATURE_MISMATCH) within the last minute; the first 5 have log lines ' +
          'of their own.',
      ],
    ]);
  });

  it('counts each code by itself, and summarises it at its own level', () => {
    reject('SIGNATURE_MISMATCH', 6);
    reject('SIGNATURE_PROBE', 7);
    reject('MALFORMED_BODY', 5);
    expect(logged()).toHaveLength(15);
    jest.advanceTimersByTime(MINUTE);
    expect(logged()).toEqual([
      ['warn', expect.stringContaining('6 notifications were rejected (SIGNATURE_MISMATCH)')],
      ['debug', expect.stringContaining('7 notifications were rejected (SIGNATURE_PROBE)')],
    ]);
  });

  it('summarises every minute of a flood, each with lines and a count of its own', () => {
    for (const count of [8, 9]) {
      reject('SIGNATURE_MISMATCH', count);
      expect(logged()).toHaveLength(5);
      jest.advanceTimersByTime(MINUTE);
      expect(logged()).toEqual([['warn', expect.stringMatching(`^${count} notifications`)]]);
    }
  });

  it('has no summary, and no timer, after a minute in which every one had its line', () => {
    reject('SIGNATURE_MISMATCH', 5);
    logged();
    jest.advanceTimersByTime(MINUTE);
    expect(logged()).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('summarises what it has counted so far on shutdown, once', () => {
    reject('SIGNATURE_MISMATCH', 7);
    logged();
    log.summarise();
    expect(logged()).toEqual([['warn', expect.stringMatching(/^7 notifications/)]]);
    expect(jest.getTimerCount()).toBe(0);
    log.summarise();
    expect(logged()).toEqual([]);
  });
});
