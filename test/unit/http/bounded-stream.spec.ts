import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { boundStream, readAtMost } from '../../../lib/http/bounded-stream.js';

/** Longer than any test may run. */
const LONG = 600_000;

/** Unlike `once`, it does not reject when the stream fails. */
const whenClosed = (stream: Readable): Promise<unknown> =>
  new Promise((resolve) => stream.once('close', resolve));

function bound(source: Readable, { maxBytes = 10, idleLimit = LONG } = {}): Readable {
  return boundStream(source, {
    maxBytes,
    idleLimit,
    tooLargeError: () => new Error('too large'),
    mapError: (error) => new Error('mapped', { cause: error }),
  });
}

describe('boundStream', () => {
  it('passes on everything up to the limit', async () => {
    const source = Readable.from([Buffer.from('12345'), Buffer.from('67890')]);

    await expect(buffer(bound(source))).resolves.toEqual(Buffer.from('1234567890'));
  });

  it('fails with one byte more, and closes the source', async () => {
    const source = new PassThrough();
    const bounded = bound(source);
    const closed = whenClosed(source);

    source.write('12345678901');

    await expect(buffer(bounded)).rejects.toThrow('too large');
    await closed;
  });

  it('fails with the mapped error of the source', async () => {
    const source = new PassThrough();
    const bounded = bound(source);

    source.destroy(new Error('broken'));

    await expect(buffer(bounded)).rejects.toMatchObject({
      message: 'mapped',
      cause: { message: 'broken' },
    });
  });

  it('fails with TIMEOUT when no more bytes arrive', async () => {
    const source = new PassThrough();
    const bounded = bound(source, { idleLimit: 20 });
    source.write('123');

    await expect(buffer(bounded)).rejects.toMatchObject({
      cause: { code: 'TIMEOUT', message: 'no more bytes arrived within 20 ms' },
    });
    expect(source.destroyed).toBe(true);
  });

  it('does not fail because its reader is slow', async () => {
    const source = new PassThrough();
    const bounded = bound(source, { idleLimit: 10 });
    source.write('123');
    await once(bounded, 'readable');

    // Several limits pass before the reader takes the first byte; the source has ended by then.
    await delay(50);
    source.end('456');

    await expect(buffer(bounded)).resolves.toEqual(Buffer.from('123456'));
  });

  it('closes the source when it is destroyed', async () => {
    const source = new PassThrough();
    const bounded = bound(source);
    const closed = whenClosed(source);

    bounded.destroy();

    await closed;
    expect(source.destroyed).toBe(true);
  });

  it('may fail before it is read, and fails a late reader with the mapped error', async () => {
    const source = new PassThrough();
    const bounded = bound(source);
    const closed = whenClosed(bounded);

    source.destroy(new Error('broken'));
    await closed;

    await expect(buffer(bounded)).rejects.toMatchObject({
      message: 'mapped',
      cause: { message: 'broken' },
    });
  });

  it('fails when the source closes before its end', async () => {
    const source = new PassThrough();
    const bounded = bound(source);

    source.write('123');
    source.destroy();

    await expect(buffer(bounded)).rejects.toMatchObject({
      message: 'mapped',
      cause: { code: 'ERR_STREAM_PREMATURE_CLOSE' },
    });
  });
});

describe('readAtMost', () => {
  it('reads all bytes up to the limit', async () => {
    const source = Readable.from([Buffer.from('12345'), Buffer.from('67890')]);

    await expect(readAtMost(source, 10)).resolves.toEqual(Buffer.from('1234567890'));
  });

  it('returns undefined and closes the source with one byte more', async () => {
    const source = Readable.from([Buffer.from('12345'), Buffer.from('678901')]);

    await expect(readAtMost(source, 10)).resolves.toBeUndefined();
    expect(source.destroyed).toBe(true);
  });

  it('returns undefined for a source of something else than bytes', async () => {
    await expect(readAtMost(Readable.from(['text']), 10)).resolves.toBeUndefined();
  });

  it('rejects with the error of the source', async () => {
    const source = new PassThrough();
    source.destroy(new Error('broken'));

    await expect(readAtMost(source, 10)).rejects.toThrow('broken');
  });
});
