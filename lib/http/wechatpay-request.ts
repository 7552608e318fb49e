/** A request to WeChat Pay before it is signed. */
export interface WechatPayRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, escaped. */
  readonly target: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as is, in place of `body`. */
  readonly content?: RequestBody;
  /** Media type of the response. @default application/json */
  readonly accept?: string;
  /** Whether sending it twice has the effect of sending it once. @default true for GET and PUT */
  readonly isIdempotent?: boolean;
  /** How often it is sent at most, if it fails. @default the option `retry.attempts` */
  readonly attempts?: number;
  /** Largest response body that is read. @default 1 MiB */
  readonly maxBytes?: number;
  /**
   * What an error means for this request, where that is more specific than for any request: by its
   * code, or by a part of WeChat Pay's message, which goes first.
   */
  readonly hints?: Readonly<Record<string, string>>;
}

/** A body that is not JSON, or that is signed in part. */
export interface RequestBody {
  readonly type: string;
  readonly data: string | Buffer;
  /** The part that the signature covers. */
  readonly signed: string;
}

/** Method and path, for errors and log lines. */
export function requestName({
  method,
  target,
}: Pick<WechatPayRequest, 'method' | 'target'>): string {
  return `${method} ${target}`;
}

/** The body of a request as it is sent. */
export function encodeBody({
  body,
  content,
}: Pick<WechatPayRequest, 'body' | 'content'>): RequestBody | undefined {
  if (content !== undefined || body === undefined) return content;
  const data = JSON.stringify(body);
  return { type: 'application/json', data, signed: data };
}

export function isIdempotent({
  method,
  isIdempotent = method === 'GET' || method === 'PUT',
}: Pick<WechatPayRequest, 'method' | 'isIdempotent'>): boolean {
  return isIdempotent;
}
