import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { defer, finalize, from, type Observable, of } from 'rxjs';
import { DEFAULT_BASE_URLS, OVERSEAS_HOST } from '../protocol/constants.js';
import { typeName } from '../utils/type-name.js';
import { errorMessage } from '../utils/error-message.js';
import { assertArguments } from '../http/request-arguments.js';
import { MAX_MEDIA_ID_LENGTH, textProblems } from './argument-checks.js';
import type { ComplaintImage } from './interfaces/complaint-requests.interface.js';
import { readAtMost } from '../http/bounded-stream.js';
import type { ResponseHead, StreamedResponse } from '../http/wechatpay-response.js';
import { malformedResponse, type WechatPayApiError } from '../errors/wechatpay-api.error.js';
import { WechatPayArgumentError } from '../errors/wechatpay-argument.error.js';
import type { RequestBody } from '../http/wechatpay-request.js';

export const IMAGES_PATH = '/v3/merchant-service/images/';
/** What uploads are limited to. */
const MAX_UPLOAD_BYTES = 2 * 1024 * 1024;
/** What downloads are bounded by: pictures of users' cameras have some MiB. */
export const MAX_DOWNLOAD_BYTES = 16 * 1024 * 1024;
/** Where `media_url`s point to; the request always goes to the configured hosts. */
const DOCUMENTED_ORIGINS = [...DEFAULT_BASE_URLS, `https://${OVERSEAS_HOST}`];

interface ImageKind {
  readonly name: string;
  readonly extension: string;
  readonly contentType: string;
  /** What such a file begins with, in hex. */
  readonly magic: string;
}

const KINDS: readonly ImageKind[] = [
  { name: 'JPG', extension: 'jpg', contentType: 'image/jpeg', magic: 'ffd8ff' },
  { name: 'BMP', extension: 'bmp', contentType: 'image/bmp', magic: '424d' },
  { name: 'PNG', extension: 'png', contentType: 'image/png', magic: '89504e470d0a1a0a' },
];

/** Streams that an upload has begun to read. */
const taken = new WeakSet<object>();

/**
 * The bytes of a file to upload. A stream is read when subscribed to, no further than to where it is
 * too large, and closed then; so unsubscribing does.
 *
 * @throws WechatPayArgumentError
 */
export function bytesOf(file: Uint8Array | Readable): Observable<Uint8Array> {
  return defer(() => {
    if (file instanceof Uint8Array) return of(file);
    assertArguments({ file: streamProblems(file) });
    taken.add(file);
    return from(readStream(file)).pipe(
      finalize(() => {
        file.destroy();
      }),
    );
  });
}

async function readStream(file: Readable): Promise<Uint8Array> {
  const bytes = await readAtMost(file, MAX_UPLOAD_BYTES).catch((error: unknown) => {
    throw new WechatPayArgumentError('file', [`cannot be read: ${errorMessage(error)}`]);
  });
  if (bytes) return bytes;
  throw new WechatPayArgumentError('file', [
    `is a stream of more than ${MAX_UPLOAD_BYTES} bytes (2 MiB), or of something else than bytes`,
  ]);
}

function streamProblems(file: unknown): string[] {
  if (!(file instanceof Readable)) {
    return [`is of type ${typeName(file)}, not a Buffer, Uint8Array or Readable`];
  }
  if (file.errored) return [`cannot be read: ${errorMessage(file.errored)}`];
  return taken.has(file) || file.readableDidRead || file.destroyed
    ? ['is a stream that was read before: to upload again, give its bytes as a Buffer']
    : [];
}

/**
 * `multipart/form-data` as WeChat Pay documents it. Only the text of `meta` is signed; it vouches for
 * the file by its hash. Written by hand, for a FormData either leaves out the content type of `meta`
 * or gives it a file name, and then the signature is refused.
 *
 * @throws WechatPayArgumentError
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467250
 */
export function encodeUpload(bytes: Uint8Array, filename: string): RequestBody {
  const { contentType } = kindOfFile(bytes, filename);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const meta = JSON.stringify({ filename, sha256 });
  const boundary = randomBytes(24).toString('hex');
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    signed: meta,
    data: Buffer.concat([
      Buffer.from(
        `--${boundary}\r\n` +
          'Content-Disposition: form-data; name="meta"\r\n' +
          `Content-Type: application/json\r\n\r\n${meta}\r\n` +
          `--${boundary}\r\n` +
          `Content-Disposition: form-data; name="file"; filename="${filename}"\r\n` +
          `Content-Type: ${contentType}\r\n\r\n`,
      ),
      bytes,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}

function kindOfName(filename: unknown): ImageKind | undefined {
  if (typeof filename !== 'string') return undefined;
  return KINDS.find(({ extension }) => filename.toLowerCase().endsWith(`.${extension}`));
}

/**
 * The name stands in quotes in a header of the multipart body. How readers undo escapes differs, so
 * what would need one is refused. Beyond ASCII it goes as UTF-8, as browsers send it.
 */
export function filenameProblems(filename: unknown): string[] {
  const problems = textProblems(filename, 128);
  if (typeof filename !== 'string' || filename === '') return problems;
  if (/["\\/]|\p{Cc}/u.test(filename)) {
    problems.push('must not contain quotes, slashes, backslashes or control characters');
  }
  if (!kindOfName(filename)) problems.push('must end with .jpg, .bmp or .png');
  return problems;
}

/** @throws WechatPayArgumentError */
function kindOfFile(bytes: Uint8Array, filename: string): ImageKind {
  const problems: string[] = [];
  if (bytes.length > MAX_UPLOAD_BYTES) {
    problems.push(`has ${bytes.length} bytes, at most ${MAX_UPLOAD_BYTES} are allowed (2 MiB)`);
  }
  const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  const kind = KINDS.find(({ magic }) => start.startsWith(magic));
  if (!kind) problems.push(bytes.length === 0 ? 'is empty' : 'is no JPG, BMP or PNG image');
  else if (kind !== kindOfName(filename))
    problems.push(`is a ${kind.name} image, its filename is not`);
  if (kind && problems.length === 0) return kind;
  throw new WechatPayArgumentError('file', problems);
}

/**
 * Path and query of an image, by its id or by one of the URLs that complaints come with. Whoever can
 * choose it gets a request signed by the merchant: it must not lead to anything but an image.
 *
 * @throws WechatPayArgumentError
 */
export function imageTarget(idOrUrl: string, baseUrls: readonly string[]): string {
  const isUrl = typeof idOrUrl === 'string' && /^[a-z][a-z\d+.-]*:/i.test(idOrUrl);
  if (isUrl) {
    assertArguments({ media_url: urlProblems(idOrUrl, baseUrls) });
    // A query of https is sent with this one escaped, and has to be signed as it is sent.
    return idOrUrl.slice(originOf(idOrUrl).length).replaceAll("'", '%27');
  }
  assertArguments({ media_id: textProblems(idOrUrl, MAX_MEDIA_ID_LENGTH) });
  // As it stands in a URL of WeChat Pay it is escaped already.
  const segment = isEscaped(idOrUrl) ? idOrUrl : encodeURIComponent(idOrUrl);
  assertArguments({ media_id: segmentProblems(segment) });
  return `${IMAGES_PATH}${segment}`;
}

/** As written, for the parser of URLs takes out what is to be found here. */
function originOf(url: string): string {
  return /^https?:\/\/[^/?#\\]+/i.exec(url)?.[0] ?? '';
}

function urlProblems(url: string, baseUrls: readonly string[]): string[] {
  const origin = originOf(url).toLowerCase();
  if (![...baseUrls, ...DOCUMENTED_ORIGINS].some((base) => base.toLowerCase() === origin)) {
    return ['does not point to a host of WeChat Pay'];
  }
  const target = url.slice(origin.length);
  if (!target.startsWith(IMAGES_PATH)) return [`must have a path below ${IMAGES_PATH}`];
  const [segment = '', ...queries] = target.slice(IMAGES_PATH.length).split('?');
  const query = queries.join('?');
  return [
    ...segmentProblems(segment),
    ...(/^[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7e]*$/.test(query)
      ? []
      : ['has a query that is not escaped, or a fragment']),
  ];
}

function isEscaped(segment: string): boolean {
  return /^(?:[\w.~-]|%[\da-f]{2})+$/i.test(segment);
}

/** Letters, digits and what else needs no escaping; no slashes or dots in disguise. */
function segmentProblems(segment: string): string[] {
  const isOne =
    /^(?:[\w.~!$&'()*+,;=:@-]|%[\da-f]{2})+$/i.test(segment) &&
    !/^\.{1,2}$|%(?:2e|2f|5c|[01]\d|[01][a-f]|7f)/i.test(segment);
  return isOne ? [] : ['must name one image: no slashes, dot segments, control characters'];
}

/**
 * An answer that is an image. SVG is none: it can hold scripts.
 *
 * @throws WechatPayApiError MALFORMED_RESPONSE
 */
export function assertImage(call: string, answer: ResponseHead): void {
  const { headers } = answer;
  const fault = (reason: string): WechatPayApiError => malformedResponse(call, reason, answer);
  const { 'content-encoding': encoding = 'identity' } = headers;
  if (encoding !== 'identity') throw fault('the answer is encoded, which was not asked for');
  if (contentTypeOf(headers) === undefined) throw fault('the answer is no image');
  if ((contentLengthOf(headers) ?? 0) > MAX_DOWNLOAD_BYTES) {
    throw fault(`the answer has more than ${MAX_DOWNLOAD_BYTES} bytes`);
  }
}

export function toImage({ headers, stream }: StreamedResponse): ComplaintImage {
  const contentLength = contentLengthOf(headers);
  return {
    contentType: contentTypeOf(headers) ?? '',
    ...(contentLength !== undefined && { contentLength }),
    stream,
  };
}

function contentTypeOf({ 'content-type': field }: ResponseHead['headers']): string | undefined {
  const type = typeof field === 'string' ? field.split(';', 1)[0]?.trim().toLowerCase() : undefined;
  return type !== undefined && /^image\/(?!svg)[\w.+-]+$/.test(type) ? type : undefined;
}

function contentLengthOf({ 'content-length': field }: ResponseHead['headers']): number | undefined {
  return typeof field === 'string' && /^\d{1,15}$/.test(field) ? Number(field) : undefined;
}
