import { describe, expect, it } from '@jest/globals';
import { BadRequestException, HttpException, Logger } from '@nestjs/common';
import {
  describeFailure,
  failureStatus,
  logFailure,
} from '../../../lib/notifications/handler-failure.js';
import { EMPTY, firstValueFrom, NEVER, type Observable, timeout } from 'rxjs';
import { RecordingLogger } from '../../support/recording-logger.js';

const PHONE = '13800138000';

describe('failureStatus', () => {
  it.each<[unknown, number]>([
    [new BadRequestException(), 400],
    [new HttpException('x', 599), 599],
    [new HttpException('x', 200), 500],
    [new HttpException('x', 302), 500],
    [new HttpException('x', 600), 500],
    [new HttpException('x', 0), 500],
    [new Error('x'), 500],
    ['x', 500],
    [undefined, 500],
  ])('is for %p: %i', (error, status) => {
    expect(failureStatus(error)).toBe(status);
  });
});

describe('logFailure', () => {
  function logged(error: unknown): RecordingLogger['lines'] {
    const lines = new RecordingLogger();
    const logger = new Logger('Test');
    Object.assign(logger, {
      warn: lines.warn.bind(lines),
      error: lines.error.bind(lines),
    } satisfies Partial<Logger>);
    logFailure(logger, 'Notification EV-1', error);
    return lines.lines;
  }

  it('warns about a 4xx of the app', () => {
    expect(logged(new BadRequestException('unknown order'))).toEqual([
      {
        level: 'warn',
        text:
          'Notification EV-1 was not handled: BadRequestException: unknown order (status 400). ' +
          'WeChat Pay redelivers it.',
      },
    ]);
  });

  it('logs a 5xx of the app as an error, with its stack', () => {
    expect(logged(new HttpException('later', 503))).toEqual([
      {
        level: 'error',
        text: expect.stringMatching(
          /^Notification EV-1 was not handled\. WeChat Pay redelivers it\.\nHttpException: later\n\s+at /,
        ),
      },
    ]);
  });

  it('says that a 3xx is no failure to WeChat Pay', () => {
    expect(logged(new HttpException('elsewhere', 302))).toEqual([
      {
        level: 'error',
        text: expect.stringContaining(
          'An HttpException with status 302 was thrown, which is no failure to WeChat Pay, so the response is 500.',
        ),
      },
    ]);
  });
});

describe('describeFailure', () => {
  it('prints the stack of an error, and no other property', () => {
    const error = Object.assign(new TypeError('row'), { phone: PHONE, config: { auth: PHONE } });
    const text = describeFailure(error);
    expect(text).toMatch(/^TypeError: row\n\s+at .*handler-failure\.spec/s);
    expect(text).not.toContain(PHONE);
  });

  it('prints the message of an error whose stack does not have it', () => {
    const error = new Error('second');
    error.stack = 'Error: first\n    at here';
    expect(describeFailure(error)).toBe('Error: second\nError: first\n    at here');
    error.stack = undefined;
    expect(describeFailure(error)).toBe('Error: second');
  });

  it('reads errors that are no native ones', async () => {
    const errorOf = (source: Observable<unknown>): Promise<unknown> =>
      firstValueFrom(source).catch((error: unknown) => error);
    expect(describeFailure(await errorOf(NEVER.pipe(timeout(1))))).toContain(
      'TimeoutError: Timeout has occurred',
    );
    expect(describeFailure(await errorOf(EMPTY))).toContain('EmptyError: no elements in sequence');
    expect(describeFailure(new DOMException('timed out', 'TimeoutError'))).toContain(
      'TimeoutError: timed out',
    );
    expect(describeFailure({ message: 'looks like one' })).toBe('Error: looks like one');
  });

  it('prints the chain of causes', () => {
    const cause = new RangeError('pool', { cause: new Error('socket', { cause: 'reset' }) });
    expect(describeFailure(new TypeError('query', { cause }))).toMatch(
      /^TypeError: query\n.*\n\[cause\]: RangeError: pool\n.*\n\[cause\]: Error: socket\n.*\n\[cause\]: string thrown: 'reset'$/s,
    );
  });

  it('prints the errors of an AggregateError', () => {
    const error = new AggregateError([new Error('IPv4'), new Error('IPv6')], 'both failed');
    expect(describeFailure(error)).toMatch(
      /^AggregateError: both failed\n.*\n\[error\]: Error: IPv4\n.*\n\[error\]: Error: IPv6\n/s,
    );
  });

  it('ends, for an error that is its own cause and for very many errors', () => {
    const circular = new Error('circular');
    circular.cause = circular;
    expect(describeFailure(circular).match(/Error: circular/g)).toHaveLength(10);
    const many = new AggregateError(
      Array.from({ length: 1000 }, () => new AggregateError([circular, circular])),
    );
    expect(describeFailure(many).match(/\[(?:cause|error)\]/g)).toHaveLength(9);
  });

  it.each<[unknown, string]>([
    ['locked', "string thrown: 'locked'"],
    [undefined, 'undefined thrown: undefined'],
    [null, 'null thrown: null'],
    [404, 'number thrown: 404'],
    [Symbol('locked'), 'symbol thrown: Symbol(locked)'],
    [
      { order: PHONE, nested: { phone: PHONE } },
      'object thrown, with the properties order, nested',
    ],
    [[PHONE], 'object thrown, with the properties 0'],
  ])('says what was thrown in place of an error: %p', (thrown, text) => {
    expect(describeFailure(thrown)).toBe(text);
  });

  it('cuts long text', () => {
    expect(describeFailure('x'.repeat(10_000)).length).toBeLessThan(600);
    const properties = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`property${index}`, index]),
    );
    expect(describeFailure(properties).length).toBeLessThan(600);
  });
});
