import { firstValueFrom } from 'rxjs';
import type { ComplaintNotificationService } from '../callback-url/complaint-notification.service.js';
import { WechatPayApiError } from '../errors/wechatpay-api.error.js';
import { printable } from './output.js';

/** The callback URL that is registered now; undefined when there is none. */
export async function findRegistration(
  service: ComplaintNotificationService,
): Promise<string | undefined> {
  try {
    const { url } = await firstValueFrom(service.get());
    return printable(url);
  } catch (error) {
    const isUnset = error instanceof WechatPayApiError && error.code === 'RESOURCE_NOT_EXISTS';
    if (isUnset) return undefined;
    throw error;
  }
}
