import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import type { Request } from 'express';
import { isComplaintNotification } from 'nestjs-wechatpay-complaint';

/** What a form of another site cannot send without asking first. */
const CONTENT_TYPES = /^(?:application\/json|image\/(?:png|jpeg|bmp))\s*(?:;|$)/i;

/**
 * Whoever opens another site in the same browser must not answer complaints by it. Browsers tell by
 * `Sec-Fetch-Site`, older ones by `Origin`; what tells by neither is none.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    // WeChat Pay is no browser, and has a signature.
    if (isComplaintNotification(context)) return true;
    const { method, headers } = context.switchToHttp().getRequest<Request>();
    if (method === 'GET' || method === 'HEAD') return true;
    const site = headers['sec-fetch-site'];
    const isSameOrigin =
      site === undefined
        ? headers.origin !== undefined && hostOf(headers.origin) === headers.host
        : site === 'same-origin';
    if (!isSameOrigin) throw new ForbiddenException();
    if (!CONTENT_TYPES.test(headers['content-type'] ?? '')) {
      throw new UnsupportedMediaTypeException();
    }
    return true;
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
