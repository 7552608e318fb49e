import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CALL_CHANNEL, type CallTrace, WechatPayNetworkError } from 'nestjs-wechatpay-complaint';
import { EMPTY, firstValueFrom, NEVER, of, switchMap, tap, throwError, timer } from 'rxjs';
import { traceCall, tracesCalls } from '../../../lib/http/call-trace.js';
import { errorOf, valuesOf } from '../../support/client-bench.js';

const REQUEST = { mchid: '1900000109', method: 'GET', target: '/v3/certificates' };
const RESPONSE = { status: 200, headers: {}, requestId: '08F2D0' };

const channels = tracingChannel<unknown, CallTrace>(CALL_CHANNEL);
let events: [event: string, trace: Partial<CallTrace>][] = [];
const record =
  (event: string) =>
  (trace: CallTrace): void => {
    events.push([event, { ...trace, run: undefined }]);
  };
const subscribers = {
  start: record('start'),
  end: record('end'),
  asyncStart: record('asyncStart'),
  asyncEnd: record('asyncEnd'),
  error: record('error'),
};

beforeEach(() => {
  channels.subscribe(subscribers);
});
afterEach(() => {
  channels.unsubscribe(subscribers);
  events = [];
});

function namesOf(): string[] {
  return events.map(([name]) => name);
}

describe('tracesCalls', () => {
  it('is true while anybody subscribes', () => {
    expect(tracesCalls()).toBe(true);
    channels.unsubscribe(subscribers);
    expect(tracesCalls()).toBe(false);
  });
});

describe('traceCall', () => {
  it('publishes a call that has a response', async () => {
    const call = traceCall(REQUEST, (trace) => {
      trace.attempts = 2;
      trace.baseUrl = 'https://api.mch.weixin.qq.com';
      return timer(1).pipe(switchMap(() => of(RESPONSE)));
    });
    expect(events).toEqual([]);

    await expect(valuesOf(call)).resolves.toEqual([RESPONSE]);

    expect(namesOf()).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(events[0]?.[1]).toEqual({ ...REQUEST, attempts: 0 });
    expect(events[3]?.[1]).toEqual({
      ...REQUEST,
      attempts: 2,
      baseUrl: 'https://api.mch.weixin.qq.com',
      outcome: 'succeeded',
      status: 200,
      requestId: '08F2D0',
    });
  });

  it('ends a call once when only its first value is awaited', async () => {
    await firstValueFrom(traceCall(REQUEST, () => of(RESPONSE)));

    expect(namesOf().filter((name) => name === 'asyncEnd')).toHaveLength(1);
    expect(events.at(-1)?.[1].outcome).toBe('succeeded');
  });

  it('publishes a call that fails', async () => {
    const error = new WechatPayNetworkError('GET /', 'TIMEOUT', 'too slow', new Error('late'));

    expect(await errorOf(traceCall(REQUEST, () => throwError(() => error)))).toBe(error);

    expect(namesOf()).toEqual(['start', 'error', 'asyncStart', 'asyncEnd', 'end']);
    expect(events[1]?.[1]).toMatchObject({ outcome: 'failed', code: 'TIMEOUT', error });
  });

  it('publishes a call that is unsubscribed from as ABORTED', () => {
    let isUnsubscribed = false;
    const source = NEVER.pipe(tap({ unsubscribe: () => (isUnsubscribed = true) }));

    traceCall(REQUEST, () => source)
      .subscribe()
      .unsubscribe();

    expect(isUnsubscribed).toBe(true);
    expect(namesOf()).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(events.at(-1)?.[1]).toMatchObject({ outcome: 'failed', code: 'ABORTED' });
  });

  it('completes as its source does', async () => {
    await expect(valuesOf(traceCall(REQUEST, () => EMPTY))).resolves.toEqual([]);
  });

  it('runs the call in the context of start, and its subscriber in its own', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { start } = tracingChannel<string, CallTrace>(CALL_CHANNEL);
    start.bindStore(storage, () => 'call');
    const seen: (string | undefined)[] = [];

    await storage.run('caller', () =>
      valuesOf(
        traceCall(REQUEST, () =>
          timer(1).pipe(
            switchMap(() => {
              seen.push(storage.getStore());
              return of(RESPONSE);
            }),
          ),
        ).pipe(
          tap({
            next: () => seen.push(storage.getStore()),
            complete: () => seen.push(storage.getStore()),
          }),
        ),
      ),
    );
    start.unbindStore(storage);

    expect(seen).toEqual(['call', 'caller', 'caller']);
  });
});
