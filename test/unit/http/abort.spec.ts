import { getEventListeners, once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { abortedError, destroyWhenAborted, whenAborted } from '../../../lib/http/abort.js';

const REQUEST = { method: 'GET', target: '/v3/certificates' } as const;
const ABORTED = {
  name: 'WechatPayNetworkError',
  code: 'ABORTED',
  message:
    'GET /v3/certificates failed without a complete response (ABORTED): the caller aborted it.',
};

/** Subscribes and records the error. */
function watch(signal: AbortSignal | undefined) {
  const errors: unknown[] = [];
  const subscription = whenAborted(REQUEST, signal).subscribe({
    error: (error: unknown) => errors.push(error),
  });
  return { errors, subscription };
}

describe('whenAborted', () => {
  it('fails when the signal aborts', () => {
    const aborter = new AbortController();
    const { errors } = watch(aborter.signal);
    expect(errors).toEqual([]);

    aborter.abort();

    expect(errors).toEqual([expect.objectContaining(ABORTED)]);
    expect(getEventListeners(aborter.signal, 'abort')).toEqual([]);
  });

  it('fails at once when the signal has aborted before', () => {
    expect(watch(AbortSignal.abort()).errors).toEqual([expect.objectContaining(ABORTED)]);
  });

  it('stops listening when it is unsubscribed from', () => {
    const { signal } = new AbortController();
    const { subscription } = watch(signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);

    subscription.unsubscribe();

    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('never ends without a signal', () => {
    const { errors, subscription } = watch(undefined);

    expect(errors).toEqual([]);
    expect(subscription.closed).toBe(false);
    subscription.unsubscribe();
  });
});

describe('destroyWhenAborted', () => {
  it('destroys the stream when the signal aborts', async () => {
    const aborter = new AbortController();
    const stream = new PassThrough();
    destroyWhenAborted(REQUEST, stream, aborter.signal);

    const failed = once(stream, 'error');
    aborter.abort();

    await expect(failed).resolves.toEqual([expect.objectContaining(ABORTED)]);
  });

  it('stops listening when the stream closes', async () => {
    const { signal } = new AbortController();
    const stream = new PassThrough();
    destroyWhenAborted(REQUEST, stream, signal);

    const closed = once(stream, 'close');
    stream.destroy();
    await closed;

    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('abortedError', () => {
  it('names the request', () => {
    expect(abortedError(REQUEST)).toMatchObject(ABORTED);
  });
});
