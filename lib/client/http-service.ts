import { HttpService } from '@nestjs/axios';
import axios from 'axios';

/**
 * The HttpService of this module, under a token of its own: the app's interceptors have no business
 * with signed requests, and `app.get(HttpService)` must not come upon this one.
 */
export const WECHATPAY_HTTP_SERVICE = Symbol('HttpService of WechatPayComplaintModule');

export function createHttpService(): HttpService {
  const instance = axios.create();
  // What an app has set on axios itself is inherited; these would change what is sent, or to whom.
  Object.assign(instance.defaults, { auth: undefined, baseURL: undefined, params: undefined });
  return new HttpService(instance);
}
