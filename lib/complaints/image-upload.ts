import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import FormData from 'form-data';
import { defer, finalize, from, type Observable, of } from 'rxjs';
import { WechatPayArgumentError } from '../errors/wechatpay-argument.error.js';
import { readAtMost } from '../http/bounded-stream.js';
import { assertArguments } from '../http/request-arguments.js';
import { type Reader, requireText } from '../http/response-reader.js';
import type { RequestBody } from '../http/wechatpay-request.js';
import { errorMessage } from '../utils/error-message.js';
import { isJsonObject } from '../utils/json.js';
import { textProblems, typeProblem } from './argument-checks.js';
import type {
  ComplaintImageFile,
  UploadedComplaintImage,
} from './interfaces/complaint-requests.interface.js';

const MAX_BYTES = 2 * 1024 * 1024;

interface ImageKind {
  readonly name: string;
  readonly extension: string;
  readonly contentType: string;
  /** The first bytes of such a file, in hex. */
  readonly magic: string;
}

const KINDS: readonly ImageKind[] = [
  { name: 'JPG', extension: '.jpg', contentType: 'image/jpeg', magic: 'ffd8ff' },
  { name: 'BMP', extension: '.bmp', contentType: 'image/bmp', magic: '424d' },
  { name: 'PNG', extension: '.png', contentType: 'image/png', magic: '89504e470d0a1a0a' },
];

/** Streams that an upload has begun to read. */
const taken = new WeakSet<object>();

/** @throws WechatPayArgumentError */
export function checkFilename(file: ComplaintImageFile): string {
  if (!isJsonObject(file)) throw new WechatPayArgumentError('filename', ['is missing']);
  const { filename } = file;
  assertArguments({ filename: filenameProblems(filename) });
  return filename;
}

/** Readers differ in how they undo escapes in a multipart header, so names that need any are rejected. */
function filenameProblems(filename: unknown): string[] {
  const problems = textProblems(filename, 128);
  if (typeof filename !== 'string' || filename === '') return problems;
  if (/["\\/]|\p{Cc}/u.test(filename)) {
    problems.push('must not contain quotes, slashes, backslashes or control characters');
  }
  if (!kindOfName(filename)) problems.push('must end with .jpg, .bmp or .png');
  return problems;
}

function kindOfName(filename: string): ImageKind | undefined {
  return KINDS.find(({ extension }) => filename.toLowerCase().endsWith(extension));
}

/**
 * Emits the bytes of a file to upload. A stream is read when it is subscribed to, until it ends or is
 * too large, and then closed. Unsubscribing closes it as well. Fails with a WechatPayArgumentError.
 */
export function bytesOf(file: Uint8Array | Readable): Observable<Uint8Array> {
  return defer(() => {
    if (file instanceof Uint8Array) return of(file);
    assertArguments({ file: streamProblems(file) });
    taken.add(file);
    return from(readStream(file)).pipe(finalize(() => file.destroy()));
  });
}

function streamProblems(file: unknown): string[] {
  if (!(file instanceof Readable)) return [typeProblem(file, 'a Buffer, Uint8Array or Readable')];
  if (file.errored) return [`cannot be read: ${errorMessage(file.errored)}`];
  return taken.has(file) || file.readableDidRead || file.destroyed
    ? ['is a stream that was read before: to upload it again, pass its bytes as a Buffer']
    : [];
}

async function readStream(file: Readable): Promise<Uint8Array> {
  const bytes = await readAtMost(file, MAX_BYTES).catch((error: unknown) => {
    throw new WechatPayArgumentError('file', [`cannot be read: ${errorMessage(error)}`]);
  });
  if (bytes) return bytes;
  throw new WechatPayArgumentError('file', [
    `is a stream of more than ${MAX_BYTES} bytes (2 MiB), or of something else than bytes`,
  ]);
}

/**
 * Encodes an upload as `multipart/form-data`. Only the text of `meta` is signed; its hash covers the
 * file. Node's own FormData cannot be used: it either omits the content type of `meta` or adds a file
 * name, and WeChat Pay then rejects the signature.
 *
 * @throws WechatPayArgumentError
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467250
 */
export function encodeUpload(bytes: Uint8Array, filename: string): RequestBody {
  const { contentType } = kindOfFile(bytes, filename);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const meta = JSON.stringify({ filename, sha256 });
  const form = new FormData();
  form.append('meta', meta, { contentType: 'application/json' });
  form.append('file', Buffer.from(bytes), { filename, contentType });
  const type = `multipart/form-data; boundary=${form.getBoundary()}`;
  return { type, signed: meta, data: form.getBuffer() };
}

/** @throws WechatPayArgumentError */
function kindOfFile(bytes: Uint8Array, filename: string): ImageKind {
  const problems: string[] = [];
  if (bytes.length > MAX_BYTES) {
    problems.push(`has ${bytes.length} bytes, at most ${MAX_BYTES} are allowed (2 MiB)`);
  }
  const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  const kind = KINDS.find(({ magic }) => start.startsWith(magic));
  if (!kind) {
    problems.push(bytes.length === 0 ? 'is empty' : 'is not a JPG, BMP or PNG image');
  } else if (kind !== kindOfName(filename)) {
    problems.push(`is a ${kind.name} image, but its filename has another extension`);
  }
  if (kind && problems.length === 0) return kind;
  throw new WechatPayArgumentError('file', problems);
}

/** @throws ResponseFault */
export const readUploaded: Reader<UploadedComplaintImage> = (json) => ({
  media_id: requireText(json, 'media_id'),
});
