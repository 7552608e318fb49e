import { Injectable } from '@nestjs/common';
import { ComplaintNotificationService, WechatPayApiError } from 'nestjs-wechatpay-complaint';
import { firstValueFrom } from 'rxjs';

// #region service
@Injectable()
export class CallbackUrl {
  constructor(private readonly notifications: ComplaintNotificationService) {}

  /** Registers this URL, whatever was registered before. */
  async move(url: string): Promise<string> {
    const result = await firstValueFrom(this.notifications.ensure({ url }));
    return result.outcome === 'updated'
      ? `replaced ${result.previous_url}`
      : `${result.outcome}: ${result.url}`;
  }

  /** The registered URL, or undefined when there is none. */
  async current(): Promise<string | undefined> {
    try {
      return (await firstValueFrom(this.notifications.get())).url;
    } catch (error) {
      // WeChat Pay sends this code with status 400 or 404.
      if (error instanceof WechatPayApiError && error.code === 'RESOURCE_NOT_EXISTS') {
        return undefined;
      }
      throw error;
    }
  }

  /** From now on WeChat Pay sends no notifications. */
  async remove(): Promise<void> {
    await firstValueFrom(this.notifications.delete());
  }
}
// #endregion service
