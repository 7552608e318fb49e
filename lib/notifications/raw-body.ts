import type { IncomingMessage } from 'node:http';
import { isNativeError } from 'node:util/types';
import getRawBody from 'raw-body';
import { ComplaintNotificationException } from './complaint-notification.exception.js';
import { MAX_BODY_BYTES } from './complaint-notification.verifier.js';

/** What this package looks at in a request of Express (an IncomingMessage) or Fastify (around one). */
export interface IncomingRequest {
  readonly headers: IncomingMessage['headers'];
  readonly rawBody?: unknown;
  readonly body?: unknown;
  readonly raw?: IncomingMessage;
}

/** With any parameters: which ones does not matter, for the bytes are read as UTF-8 alone. */
const JSON_TYPE = /^\s*application\/json\s*(?:;|$)/i;

/**
 * Notifications are `application/json`. Any other type is the sender's fault, and has to be told
 * apart from a raw body that this app lost.
 *
 * @throws ComplaintNotificationException UNSUPPORTED_CONTENT_TYPE
 */
export function assertJsonContentType({ headers }: IncomingRequest): void {
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) {
    throw new ComplaintNotificationException(
      'UNSUPPORTED_CONTENT_TYPE',
      'The content type is not application/json: not a notification of WeChat Pay.',
    );
  }
}

/**
 * The exact bytes of the body where they were kept: by Nest (`rawBody: true`), or by a raw body
 * parser. A parsed body is never serialised back: that gives other bytes.
 */
export function keptRawBody({ rawBody, body }: IncomingRequest): Uint8Array | undefined {
  if (rawBody instanceof Uint8Array) return rawBody;
  return body instanceof Uint8Array ? body : undefined;
}

/**
 * The exact bytes of a body that still waits in the stream (Express with `bodyParser: false`), up to
 * 64 KiB. Undefined when something in this app consumed or decoded them and kept nothing.
 *
 * @throws ComplaintNotificationException BODY_TOO_LARGE, UNREADABLE_BODY, UNSUPPORTED_CONTENT_TYPE
 */
export async function readRawBody(request: IncomingRequest): Promise<Uint8Array | undefined> {
  const stream = request.raw ?? (isStream(request) ? request : undefined);
  if (!stream || stream.readableDidRead) return undefined;
  // A parser that met an empty body ended the stream without reading anything from it.
  if (stream.readableEnded) return Buffer.alloc(0);
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new ComplaintNotificationException(
      'UNSUPPORTED_CONTENT_TYPE',
      'The body has a content-encoding, which WeChat Pay does not use.',
    );
  }
  try {
    return await getRawBody(stream, {
      limit: MAX_BODY_BYTES,
      length: request.headers['content-length'],
    });
  } catch (cause) {
    // raw-body leaves the stream paused: without a reader, nothing behind it on this connection moves.
    stream.resume();
    // Decoded by something in this app before it was read: the bytes are lost, as by a parser.
    if (isNativeError(cause) && 'type' in cause && cause.type === 'stream.encoding.set') {
      return undefined;
    }
    const isTooLarge = isNativeError(cause) && 'status' in cause && cause.status === 413;
    throw isTooLarge
      ? new ComplaintNotificationException(
          'BODY_TOO_LARGE',
          `The body has more than ${MAX_BODY_BYTES} bytes.`,
        )
      : new ComplaintNotificationException(
          'UNREADABLE_BODY',
          'The connection ended before the whole body had arrived.',
          { cause },
        );
  }
}

function isStream(request: object): request is IncomingMessage {
  return 'readableDidRead' in request;
}
