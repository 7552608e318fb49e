import type { IncomingMessage } from 'node:http';
import { isNativeError } from 'node:util/types';
import getRawBody from 'raw-body';
import { ComplaintNotificationException } from './complaint-notification.exception.js';
import { MAX_BODY_BYTES } from './notification-opening.js';

/** What is read of a request of Express (an IncomingMessage) or of Fastify (around one). */
export interface IncomingRequest {
  readonly headers: IncomingMessage['headers'];
  readonly rawBody?: unknown;
  readonly body?: unknown;
  readonly raw?: IncomingMessage;
  /** Parameters of the route. */
  readonly params?: unknown;
}

/** Parameters do not matter, because the bytes are read as UTF-8 only. */
const JSON_TYPE = /^\s*application\/json\s*(?:;|$)/i;

/**
 * Notifications are `application/json`. Any other type is the sender's mistake, which must not look
 * like a raw body that this app lost.
 *
 * @throws ComplaintNotificationException UNSUPPORTED_CONTENT_TYPE
 */
export function assertJsonContentType({ headers }: IncomingRequest): void {
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) {
    throw new ComplaintNotificationException(
      'UNSUPPORTED_CONTENT_TYPE',
      'The content type is not application/json, so this is not a notification of WeChat Pay.',
    );
  }
}

/**
 * The exact bytes of the body if something kept them: Nest (`rawBody: true`) or a parser that leaves a
 * Buffer. A parsed body is never serialised again, because that gives other bytes.
 */
export function keptRawBody({ rawBody, body }: IncomingRequest): Uint8Array | undefined {
  if (rawBody instanceof Uint8Array) return rawBody;
  return body instanceof Uint8Array ? body : undefined;
}

/** The property of the request in which something kept the body as text instead of bytes. */
export function textBodyProperty({ rawBody, body }: IncomingRequest): string | undefined {
  if (typeof rawBody === 'string') return 'rawBody';
  return typeof body === 'string' ? 'body' : undefined;
}

/**
 * The exact bytes of a body that is still in the stream (Express with `bodyParser: false`), up to
 * 64 KiB. Undefined when something in this app consumed or decoded the stream and kept nothing.
 *
 * @throws ComplaintNotificationException BODY_TOO_LARGE, UNREADABLE_BODY, UNSUPPORTED_CONTENT_TYPE
 */
export async function readRawBody(request: IncomingRequest): Promise<Uint8Array | undefined> {
  const stream = request.raw ?? (isStream(request) ? request : undefined);
  if (!stream || stream.readableDidRead) return undefined;
  // A parser that found an empty body has ended the stream without reading from it.
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
    // raw-body pauses the stream. Without a reader nothing behind it on this connection moves.
    stream.resume();
    // Something in this app decoded the stream before, so the bytes are lost as with a parser.
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
