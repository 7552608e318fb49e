import type {
  ComplaintNotificationService,
  WechatPayRequestConfig,
} from 'nestjs-wechatpay-complaint';
import type { Observable } from 'rxjs';

export const URL_OLD = 'https://shop.example.com/wechatpay/complaints-before';
export const URL_NEW = 'https://shop.example.com/wechatpay/complaints';

export interface CallbackUrlCall {
  readonly name: 'create' | 'get' | 'update' | 'delete';
  readonly method: string;
  /** The exact body of the request. */
  readonly body: string;
  /** The URL that is registered before the call. */
  readonly before: string | undefined;
  /** The URL that is registered after it. */
  readonly after: string | undefined;
  readonly run: (
    service: ComplaintNotificationService,
    config?: WechatPayRequestConfig,
  ) => Observable<unknown>;
}

/** The four calls, for table tests. */
export const CALLS: readonly CallbackUrlCall[] = [
  {
    name: 'create',
    method: 'POST',
    body: JSON.stringify({ url: URL_NEW }),
    before: undefined,
    after: URL_NEW,
    run: (service, config) => service.create({ url: URL_NEW }, config),
  },
  {
    name: 'get',
    method: 'GET',
    body: '',
    before: URL_OLD,
    after: URL_OLD,
    run: (service, config) => service.get(config),
  },
  {
    name: 'update',
    method: 'PUT',
    body: JSON.stringify({ url: URL_NEW }),
    before: URL_OLD,
    after: URL_NEW,
    run: (service, config) => service.update({ url: URL_NEW }, config),
  },
  {
    name: 'delete',
    method: 'DELETE',
    body: '',
    before: URL_OLD,
    after: undefined,
    run: (service, config) => service.delete(config),
  },
];
