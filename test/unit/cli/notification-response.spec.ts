import { describe, expect, it } from '@jest/globals';
import { judgeResponse } from '../../../lib/cli/notification-response.js';
import {
  type ComplaintNotificationCode,
  ComplaintNotificationException,
} from '../../../lib/notifications/complaint-notification.exception.js';

/** Every code that a guard or the processor responds with, and the start of what is said about it. */
const CODES: readonly ComplaintNotificationCode[] = [
  'MISSING_HEADERS',
  'MALFORMED_HEADERS',
  'UNSUPPORTED_SIGNATURE_TYPE',
  'TIMESTAMP_TOO_OLD',
  'TIMESTAMP_TOO_NEW',
  'SIGNATURE_MISMATCH',
  'UNKNOWN_SERIAL',
  'UNSUPPORTED_CONTENT_TYPE',
  'UNREADABLE_BODY',
  'RAW_BODY_UNAVAILABLE',
  'DECRYPTION_FAILED',
  'NOT_A_COMPLAINT',
  'MALFORMED_RESOURCE',
  'IN_PROGRESS',
  'HANDLER_TIMEOUT',
  'STORE_UNAVAILABLE',
];

describe('judgeResponse', () => {
  it.each([200, 204])('takes %i for success of a genuine notification only', (status) => {
    expect(judgeResponse({ status, body: '' }, 'genuine')).toEqual({
      isRight: true,
      explanation: 'Accepted.',
    });
    expect(judgeResponse({ status, body: '' }, 'tampered')).toMatchObject({
      isRight: false,
      explanation: expect.stringContaining('does not verify signatures'),
    });
  });

  it.each(CODES)('recognises %s by its response', (code) => {
    const exception = new ComplaintNotificationException(code, '');
    const response = {
      status: exception.getStatus(),
      body: JSON.stringify(exception.getResponse()),
    };
    expect(judgeResponse(response, 'genuine')).toMatchObject({
      isRight: false,
      explanation: expect.stringMatching(new RegExp(`^${code}[:.]`)),
    });
  });

  it.each([
    [201, 'takes 200 and 204 only'],
    [302, 'follows no redirects'],
    [401, 'wants a login'],
    [404, 'There is no route'],
    [413, 'something before it refused'],
    [500, 'The handler failed'],
  ])('explains a %i of somebody else', (status, text) => {
    expect(judgeResponse({ status, body: '<html>' }, 'genuine')).toMatchObject({
      isRight: false,
      explanation: expect.stringContaining(text),
    });
  });

  it('takes a refusal for right when the notification is not genuine, but not a failure', () => {
    expect(judgeResponse({ status: 401, body: '' }, 'probe').isRight).toBe(true);
    expect(judgeResponse({ status: 500, body: '' }, 'probe').isRight).toBe(false);
    expect(judgeResponse({ status: 302, body: '' }, 'probe').isRight).toBe(false);
  });

  it('lets copies be deferred', () => {
    const deferred = { status: 409, body: '' };
    expect(judgeResponse(deferred, 'genuine', 2).isRight).toBe(true);
    expect(judgeResponse(deferred, 'genuine', 1).isRight).toBe(false);
  });

  it('says why no response came', () => {
    expect(judgeResponse({ body: 'connect ECONNREFUSED' }, 'genuine')).toEqual({
      isRight: false,
      explanation: 'No response came: connect ECONNREFUSED.',
    });
  });
});
