import { HttpService } from '@nestjs/axios';

/**
 * The HttpService of this module. It has a token of its own, so that the app's axios interceptors do
 * not touch signed requests and `app.get(HttpService)` never returns this one.
 */
export function createHttpService(): HttpService {
  // By way of HttpService, whose axios is the one that it wants to be given.
  const instance = new HttpService().axiosRef.create();
  // What an app has set on axios itself is inherited; these would change what is sent, or to whom.
  Object.assign(instance.defaults, { auth: undefined, baseURL: undefined, params: undefined });
  return new HttpService(instance);
}
