import { pipeline, type Readable, Transform } from 'node:stream';

const TIMEOUT = { code: 'TIMEOUT' };

export interface StreamBounds {
  readonly maxBytes: number;
  /** Milliseconds in which something more has to come. */
  readonly limit: number;
  readonly toTooLarge: () => Error;
  /** Made of whatever ends the stream too early. */
  readonly toTypedError: (error: unknown) => Error;
}

/**
 * The bytes of a source that is not to be trusted: bounded in number, and in the time that passes
 * between two of them. Destroying one of both streams destroys the other.
 */
export function boundStream(
  source: Readable,
  { maxBytes, limit, toTooLarge, toTypedError }: StreamBounds,
): Readable {
  let size = 0;
  const guarded = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      idle.refresh();
      size += chunk.length;
      if (size > maxBytes) done(toTooLarge());
      else done(null, chunk);
    },
    flush(done) {
      // All has come: from now on it is the reader who takes the time.
      clearTimeout(idle);
      done();
    },
    destroy(error, done) {
      clearTimeout(idle);
      done(error && toTypedError(error));
    },
  });
  const idle = setTimeout(() => {
    // While there is something to be read, it is the reader who takes the time.
    if (guarded.readableLength > 0) idle.refresh();
    else guarded.destroy(Object.assign(new Error(`nothing more came within ${limit} ms`), TIMEOUT));
  }, limit);
  // While the connection is open that keeps the process alive, not this.
  idle.unref();
  pipeline(source, guarded, () => undefined);
  // It may fail before anybody reads, which is no reason to end the process: who reads it then is told.
  guarded.on('error', () => undefined);
  return guarded;
}

/**
 * All bytes of a source; undefined when there are more than that, or it is made of something else.
 * It is closed in either case.
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
