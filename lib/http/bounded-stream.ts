import { finished, type Readable, Transform } from 'node:stream';

export interface StreamBounds {
  readonly maxBytes: number;
  /** Milliseconds that may pass between two chunks. */
  readonly idleLimit: number;
  readonly tooLargeError: () => Error;
  /** Maps the error that ended the stream early to the one that its reader gets. */
  readonly mapError: (error: unknown) => Error;
}

/**
 * Passes on an untrusted source up to a number of bytes, and as long as more of it keeps arriving.
 * Destroying the source or the returned stream destroys the other.
 */
export function boundStream(
  source: Readable,
  { maxBytes, idleLimit, tooLargeError, mapError }: StreamBounds,
): Readable {
  let size = 0;
  const bounded = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      idleTimer.refresh();
      size += chunk.length;
      if (size > maxBytes) done(tooLargeError());
      else done(null, chunk);
    },
    flush(done) {
      // Everything has arrived: the rest of the time is up to the reader.
      clearTimeout(idleTimer);
      done();
    },
  });
  const idleTimer = setTimeout(() => {
    // Unread bytes in the buffer mean that the reader is slow, not the source.
    if (bounded.readableLength > 0) idleTimer.refresh();
    else bounded.destroy(mapError(idleError(idleLimit)));
  }, idleLimit);
  // The open connection keeps the process alive, so that the timer need not.
  idleTimer.unref();
  // `pipeline` would destroy the stream with the error of the source, which late readers would get.
  finished(source, (error) => {
    if (error) bounded.destroy(mapError(error));
  });
  bounded.once('close', () => {
    clearTimeout(idleTimer);
    source.destroy();
  });
  // The stream may fail before anybody reads it. Without a listener that would end the process.
  bounded.on('error', () => undefined);
  return source.pipe(bounded);
}

function idleError(idleLimit: number): Error {
  return Object.assign(new Error(`no more bytes arrived within ${idleLimit} ms`), {
    code: 'TIMEOUT',
  });
}

/**
 * Reads a source to its end and closes it. Returns undefined when it has more bytes than that, or
 * consists of anything but bytes.
 */
export async function readAtMost(
  source: AsyncIterable<unknown>,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) return undefined;
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
