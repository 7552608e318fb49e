import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import type { Request } from 'express';
import { isComplaintNotification } from 'nestjs-wechatpay-complaint';

/** Types that a form of another site cannot send without a preflight request. */
const CONTENT_TYPES = /^(?:application\/json|image\/(?:png|jpeg|bmp))\s*(?:;|$)/i;

/**
 * Keeps other sites that are open in the same browser from acting on complaints. Browsers send
 * `Sec-Fetch-Site`, older ones `Origin`. A request with neither does not come from a browser.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    // WeChat Pay is no browser. Its requests are signed.
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
