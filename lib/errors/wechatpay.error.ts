export interface WechatPayErrorOptions {
  /** HTTP status of the answer, when there was one. */
  readonly status?: number;
  /** `Request-ID` of the answer: what WeChat Pay's support asks for. */
  readonly requestId?: string;
  readonly cause?: unknown;
}

/**
 * The common ancestor of everything that this package throws on its own account, except the HTTP
 * refusals of inbound notifications. Decide by `code`; the message is for people.
 */
export abstract class WechatPayError extends Error {
  // Declared, not defined: an error without an answer has neither, not even as undefined.
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

  /** `JSON.stringify` of an Error leaves out its message; a log needs it. */
  toJSON(): object {
    return { name: this.name, message: this.message, ...Object.fromEntries(Object.entries(this)) };
  }
}
