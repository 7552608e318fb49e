import { describe, expect, it } from '@jest/globals';
import { HttpException } from '@nestjs/common';
import {
  type ComplaintNotificationCode,
  ComplaintNotificationException,
  failureBody,
} from '../../../lib/notifications/complaint-notification.exception.js';

const STATUSES: Readonly<Record<ComplaintNotificationCode, number>> = {
  MISSING_HEADERS: 400,
  MALFORMED_HEADERS: 400,
  UNSUPPORTED_SIGNATURE_TYPE: 400,
  TIMESTAMP_TOO_OLD: 401,
  TIMESTAMP_TOO_NEW: 401,
  SIGNATURE_PROBE: 401,
  UNKNOWN_SERIAL: 401,
  UNKNOWN_MERCHANT: 401,
  SIGNATURE_MISMATCH: 401,
  UNSUPPORTED_CONTENT_TYPE: 415,
  UNREADABLE_BODY: 400,
  RAW_BODY_UNAVAILABLE: 500,
  BODY_TOO_LARGE: 413,
  MALFORMED_BODY: 400,
  NOT_A_COMPLAINT: 400,
  UNSUPPORTED_ALGORITHM: 400,
  DECRYPTION_FAILED: 400,
  MALFORMED_RESOURCE: 400,
  IN_PROGRESS: 409,
  HANDLER_TIMEOUT: 503,
  STORE_UNAVAILABLE: 503,
  MERCHANT_UNAVAILABLE: 503,
};

describe('ComplaintNotificationException', () => {
  it.each(Object.entries(STATUSES))('%s is a complete response with %i', (code, status) => {
    const detail = 'What only the log may have.';
    const exception = new ComplaintNotificationException(code as ComplaintNotificationCode, detail);
    expect(exception).toBeInstanceOf(HttpException);
    expect(exception.getStatus()).toBe(status);
    expect(exception.getResponse()).toEqual({ code: 'FAIL', message: exception.message });
    expect(exception.message).not.toBe('');
    expect(exception.message).not.toContain(detail);
    expect(exception).toMatchObject({ code, detail });
  });

  it('does not tell a probe from a wrong signature to the sender', () => {
    const [probe, mismatch] = (['SIGNATURE_PROBE', 'SIGNATURE_MISMATCH'] as const).map((code) =>
      new ComplaintNotificationException(code, '').getResponse(),
    );
    expect(probe).toEqual(mismatch);
  });

  it('keeps a cause and a Request-ID', () => {
    const cause = new Error('the store is away');
    const options = { cause, requestId: '0123-abc' };
    expect(new ComplaintNotificationException('STORE_UNAVAILABLE', '', options)).toMatchObject(
      options,
    );
    expect(new ComplaintNotificationException('IN_PROGRESS', '').requestId).toBeUndefined();
  });
});

describe('failureBody', () => {
  it('is what WeChat Pay documents', () => {
    expect(JSON.stringify(failureBody('失败'))).toBe('{"code":"FAIL","message":"失败"}');
  });
});
