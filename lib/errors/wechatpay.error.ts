export interface WechatPayErrorOptions {
  /** HTTP status of the response, if there was one. */
  readonly status?: number;
  /** `Request-ID` of the response: the id that WeChat Pay's support asks for. */
  readonly requestId?: string;
  readonly cause?: unknown;
}

/**
 * Base class of the errors that this package throws, except the HTTP exceptions for inbound
 * notifications. Decide by `code`; the message is for people.
 */
export abstract class WechatPayError extends Error {
  // Declared without a value: an error without a response does not have these properties at all.
  declare readonly status?: number;
  declare readonly requestId?: string;

  protected constructor(
    readonly code: string,
    message: string,
    { status, requestId, cause }: WechatPayErrorOptions = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    if (status !== undefined) this.status = status;
    if (requestId !== undefined) this.requestId = requestId;
  }

  /** `JSON.stringify` omits name and message of an Error; a JSON log needs them. */
  toJSON(): object {
    return { name: this.name, message: this.message, ...Object.fromEntries(Object.entries(this)) };
  }
}
