export interface WechatPayRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query exactly as they are to be signed and sent. */
  readonly target: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as it is, in place of `body`. */
  readonly content?: RequestBody;
  /** Media type of the response. @default application/json */
  readonly accept?: string;
  /** Whether WeChat Pay recognises a repetition as one. @default by the method: GET and PUT */
  readonly isIdempotent?: boolean;
  /** Of the answer. @default 1 MiB */
  readonly maxBytes?: number;
  /**
   * What an error means for this request, where that is more specific than for any request: by its
   * code, or by a part of WeChat Pay's message, which goes first.
   */
  readonly hints?: Readonly<Record<string, string>>;
}

/** A body that is not JSON, or of which not all is signed. */
export interface RequestBody {
  readonly type: string;
  readonly data: string | Buffer;
  /** What of it the signature covers. */
  readonly signed: string;
}

/** For errors and logs. */
export function requestName({
  method,
  target,
}: Pick<WechatPayRequest, 'method' | 'target'>): string {
  return `${method} ${target}`;
}

/** The body of a call as it goes out. */
export function encodeBody({ body, content }: WechatPayRequest): RequestBody | undefined {
  if (content !== undefined || body === undefined) return content;
  const data = JSON.stringify(body);
  return { type: 'application/json', data, signed: data };
}
