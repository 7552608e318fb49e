import { malformedResponse } from '../errors/wechatpay-api.error.js';
import { assertArguments } from '../http/request-arguments.js';
import { requestName, type WechatPayRequest } from '../http/wechatpay-request.js';
import type { ResponseHead, StreamedResponse } from '../http/wechatpay-response.js';
import { DEFAULT_BASE_URLS, OVERSEAS_HOST } from '../protocol/constants.js';
import { MAX_MEDIA_ID_LENGTH, textProblems } from './argument-checks.js';
import { IMAGE_HINTS } from './complaint-hints.js';
import { IMAGES_PATH } from './complaint-paths.js';
import type { ComplaintImage } from './interfaces/complaint-requests.interface.js';

/** Photos of cameras have a few MiB. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Hosts in `media_url`. The request always goes to a configured host. */
const DOCUMENTED_ORIGINS = [...DEFAULT_BASE_URLS, `https://${OVERSEAS_HOST}`];

const ELSEWHERE =
  'does not point to a host of WeChat Pay. If it is from image_list, it is a pre-signed link: ' +
  'fetch it without a signature';

/**
 * The request for an image, by its id or by a URL that came with a complaint. It is signed by the
 * merchant, and a consumer may have chosen the URL: it must not lead to anything but an image.
 *
 * @throws WechatPayArgumentError
 */
export function imageRequest(mediaIdOrUrl: string, baseUrls: readonly string[]): WechatPayRequest {
  return {
    method: 'GET',
    target: isUrl(mediaIdOrUrl) ? targetOfUrl(mediaIdOrUrl, baseUrls) : targetOfId(mediaIdOrUrl),
    accept: '*/*',
    maxBytes: MAX_BYTES,
    hints: IMAGE_HINTS,
  };
}

function isUrl(idOrUrl: unknown): boolean {
  return typeof idOrUrl === 'string' && /^[a-z][a-z\d+.-]*:/i.test(idOrUrl);
}

function targetOfId(id: string): string {
  assertArguments({ media_id: textProblems(id, MAX_MEDIA_ID_LENGTH) });
  assertArguments({ media_id: idProblems(id) });
  // Base64 has no `%`: with one, the id was taken from a URL and is escaped already.
  return `${IMAGES_PATH}${id.includes('%') ? id : encodeURIComponent(id)}`;
}

function targetOfUrl(url: string, baseUrls: readonly string[]): string {
  assertArguments({ media_url: urlProblems(url, baseUrls) });
  // As it is sent: without an empty query, and with `'` escaped in a query.
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}

/** Looks at the URL as it is written, because a URL parser hides what has to be found. */
function urlProblems(url: string, baseUrls: readonly string[]): string[] {
  const origin = /^https?:\/\/[^/?#\\]+/i.exec(url)?.[0].toLowerCase() ?? '';
  const origins = [...baseUrls, ...DOCUMENTED_ORIGINS].map((base) => base.toLowerCase());
  if (!origins.includes(origin)) return [ELSEWHERE];
  const target = url.slice(origin.length);
  if (!target.startsWith(IMAGES_PATH)) return [`must have a path below ${IMAGES_PATH}`];
  const [id = '', ...query] = target.slice(IMAGES_PATH.length).split('?');
  const isEscaped = /^[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7e]*$/.test(query.join('?'));
  return [
    ...idProblems(id),
    ...(isEscaped ? [] : ['has a query that is not escaped, or a fragment']),
  ];
}

/** Ids are base64, slashes included, or escaped base64. There is no dot in it, so no dot segment. */
function idProblems(id: string): string[] {
  return /^(?:[\w+/=-]|%2b|%2f|%3d)+$/i.test(id)
    ? []
    : [
        'is not the id of an image in a complaint, which is base64: ids of uploads do not work here',
      ];
}

/** Throws a MALFORMED_RESPONSE unless the response is an image. SVG counts as none: it can hold scripts. */
export function assertImage(request: WechatPayRequest): (head: ResponseHead) => void {
  return (head) => {
    const reason = imageFault(head);
    if (reason !== undefined) throw malformedResponse(requestName(request), reason, head);
  };
}

function imageFault(head: ResponseHead): string | undefined {
  const { 'content-encoding': encoding = 'identity' } = head.headers;
  if (encoding !== 'identity') return 'the response is encoded, which was not asked for';
  if (contentTypeOf(head) === undefined) return 'the response is not an image';
  if ((contentLengthOf(head) ?? 0) > MAX_BYTES)
    return `the response has more than ${MAX_BYTES} bytes`;
  return undefined;
}

export function toImage({ stream, ...head }: StreamedResponse): ComplaintImage {
  const contentType = contentTypeOf(head) ?? '';
  const contentLength = contentLengthOf(head);
  return { contentType, ...(contentLength !== undefined && { contentLength }), stream };
}

function contentTypeOf({ headers }: ResponseHead): string | undefined {
  const { 'content-type': field } = headers;
  const type = typeof field === 'string' ? field.split(';', 1)[0]?.trim().toLowerCase() : undefined;
  return type !== undefined && /^image\/(?!svg)[\w.+-]+$/.test(type) ? type : undefined;
}

function contentLengthOf({ headers }: ResponseHead): number | undefined {
  const { 'content-length': field } = headers;
  return typeof field === 'string' && /^\d{1,15}$/.test(field) ? Number(field) : undefined;
}
