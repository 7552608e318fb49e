import { HttpService } from '@nestjs/axios';
import { WechatPayConfigurationError } from '../errors/wechatpay-configuration.error.js';

/** Up to 1.16.0, axios sends https requests in plain text to the proxy that `HTTPS_PROXY` names. */
export const MIN_AXIOS_VERSION = '1.16.1';

/**
 * Creates the HttpService that sends the requests of this module. It is not the app's: interceptors
 * of the app do not touch signed requests, and `app.get(HttpService)` never returns this one.
 *
 * @throws WechatPayConfigurationError when the installed axios is too old
 */
export function createHttpService(): HttpService {
  const { axiosRef } = new HttpService();
  // The axios that @nestjs/axios has loaded, which need not be the one that this package loads.
  assertAxiosVersion('VERSION' in axiosRef ? String(axiosRef.VERSION) : 'unknown');
  const instance = axiosRef.create();
  // An instance inherits what the app has set on axios itself. These would change what is sent or
  // where it goes.
  Object.assign(instance.defaults, { auth: undefined, baseURL: undefined, params: undefined });
  return new HttpService(instance);
}

function assertAxiosVersion(version: string): void {
  const isNumbered = /^\d+\.\d+\.\d+/.test(version);
  if (isNumbered && version.localeCompare(MIN_AXIOS_VERSION, 'en', { numeric: true }) >= 0) return;
  throw new WechatPayConfigurationError([
    {
      option: 'axios',
      problem:
        `has version ${version}. Versions before ${MIN_AXIOS_VERSION} send https requests to a proxy ` +
        'in plain text, Authorization header included',
      fix: `Run: npm install axios@^${MIN_AXIOS_VERSION}`,
    },
  ]);
}
