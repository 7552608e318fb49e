export interface WechatPayCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query exactly as they are to be signed and sent. */
  readonly target: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as it is, in place of `body`. */
  readonly content?: EncodedContent;
  /** Whether WeChat Pay recognises a repetition as one. @default by the method: GET and PUT */
  readonly isRepeatable?: boolean;
  /** Of the answer. @default 1 MiB */
  readonly maxBytes?: number;
  /** What error codes mean for this call, where that is more than for any call. */
  readonly hints?: Readonly<Record<string, string>>;
}

/** A body that is not JSON, or of which not all is signed. */
export interface EncodedContent {
  readonly type: string;
  readonly data: string | Buffer;
  /** What of it the signature covers. */
  readonly signed: string;
}

/** For errors and logs. */
export function nameOf({ method, target }: Pick<WechatPayCall, 'method' | 'target'>): string {
  return `${method} ${target}`;
}

/** The body of a call as it goes out. */
export function encode({ body, content }: WechatPayCall): EncodedContent | undefined {
  if (content !== undefined || body === undefined) return content;
  const data = JSON.stringify(body);
  return { type: 'application/json', data, signed: data };
}
