import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { Response } from 'express';
import {
  WechatPayApiError,
  WechatPayArgumentError,
  WechatPayError,
  WechatPayNetworkError,
  WechatPaySignatureError,
} from 'nestjs-wechatpay-complaint';
import { UncertainOutcomeError } from './uncertain-outcome.error.js';

/** What went wrong, as far as people can do something about it. The page has a sentence for each. */
type FailureKind =
  /** Something in the request is not accepted. */
  | 'argument'
  /** There is no such complaint or picture. */
  | 'missing'
  /** The state of the complaint does not allow it. */
  | 'state'
  /** Too many calls. */
  | 'limit'
  /** This merchant may not do that. */
  | 'permission'
  /** WeChat Pay has a problem, or did not respond. */
  | 'unavailable'
  /** The response cannot be trusted or read. */
  | 'unverified'
  | 'other';

export interface FailureView {
  readonly kind: FailureKind;
  /** Whether the call may have taken effect all the same. */
  readonly isUncertain: boolean;
  /** The words of WeChat Pay, or of the library about an argument. */
  readonly reason?: string;
  readonly reasonLanguage?: 'zh-CN' | 'en';
  /** What the support of WeChat Pay asks for. */
  readonly requestId?: string;
}

const KINDS: Readonly<Record<string, FailureKind>> = {
  PARAM_ERROR: 'argument',
  RESOURCE_NOT_EXISTS: 'missing',
  INVALID_REQUEST: 'state',
  FREQUENCY_LIMITED: 'limit',
  RATELIMIT_EXCEEDED: 'limit',
  NO_AUTH: 'permission',
  SYSTEM_ERROR: 'unavailable',
  SERVICE_UNAVAILABLE: 'unavailable',
  NO_PLATFORM_KEY: 'unavailable',
  MALFORMED_RESPONSE: 'unverified',
};

const STATUSES: Readonly<Record<FailureKind, number>> = {
  argument: 400,
  missing: 404,
  state: 409,
  limit: 429,
  permission: 502,
  unavailable: 504,
  unverified: 502,
  other: 502,
};

/** Tells the browser why a call to WeChat Pay failed. */
@Catch(WechatPayError, UncertainOutcomeError)
export class DeskErrorFilter implements ExceptionFilter<WechatPayError | UncertainOutcomeError> {
  private readonly logger = new Logger('Desk');

  catch(thrown: WechatPayError | UncertainOutcomeError, host: ArgumentsHost): void {
    const isUncertain = thrown instanceof UncertainOutcomeError;
    const error = isUncertain ? thrown.cause : thrown;
    this.logger.warn(error.message);
    const kind = kindOf(error);
    const failure: FailureView = {
      kind,
      isUncertain,
      ...reasonOf(error),
      requestId: error.requestId,
    };
    host.switchToHttp().getResponse<Response>().status(STATUSES[kind]).json(failure);
  }
}

function kindOf(error: WechatPayError): FailureKind {
  if (error instanceof WechatPayArgumentError) return 'argument';
  if (error instanceof WechatPayNetworkError) return 'unavailable';
  if (error instanceof WechatPaySignatureError) return 'unverified';
  return KINDS[error.code] ?? 'other';
}

/** Other messages of the library name calls and settings. They stay in the log. */
function reasonOf(error: WechatPayError): Pick<FailureView, 'reason' | 'reasonLanguage'> {
  if (error instanceof WechatPayArgumentError) {
    return { reason: error.problems.join('; '), reasonLanguage: 'en' };
  }
  if (!(error instanceof WechatPayApiError) || error.code === 'MALFORMED_RESPONSE') return {};
  const parts = [error.apiMessage, error.detail?.issue].filter(Boolean);
  return { reason: parts.join('：'), reasonLanguage: 'zh-CN' };
}
