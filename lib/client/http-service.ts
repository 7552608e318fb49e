import { HttpService } from '@nestjs/axios';

/**
 * The HttpService of this module, under a token of its own: the app's interceptors have no business
 * with signed requests, and `app.get(HttpService)` must not come upon this one.
 */
export const WECHATPAY_HTTP_SERVICE = Symbol('HttpService of WechatPayComplaintModule');

export function createHttpService(): HttpService {
  // By way of HttpService, whose axios is the one that it wants to be given.
  const instance = new HttpService().axiosRef.create();
  // What an app has set on axios itself is inherited; these would change what is sent, or to whom.
  Object.assign(instance.defaults, { auth: undefined, baseURL: undefined, params: undefined });
  return new HttpService(instance);
}
