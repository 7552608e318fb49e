import { defer, finalize, from, Observable, race } from 'rxjs';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import { whenAborted } from '../http/abort.js';
import type { Reader } from '../http/response-reader.js';
import type { WechatPayRequest } from '../http/wechatpay-request.js';
import type { ResponseHead, StreamedResponse } from '../http/wechatpay-response.js';
import type { AppContext } from './app-context.js';
import type { MerchantContext } from './merchant-context.js';
import { merchantNotNamed, type MerchantRegistry } from './merchant-registry.js';

/**
 * The merchant that a service acts for: the one that was named, or the only one of the app. It is
 * looked up by each subscription, so that an Observable outlives a change of keys. Without a merchant
 * an Observable fails with a WechatPayMerchantError.
 */
export class MerchantAccess {
  constructor(
    private readonly app: AppContext,
    private readonly registry: MerchantRegistry,
    private readonly named?: string,
  ) {}

  /** The same for another merchant. */
  of(mchid: string): MerchantAccess {
    return new MerchantAccess(this.app, this.registry, mchid);
  }

  /** Undefined if none was named and there are several. It need not exist. */
  get mchid(): string | undefined {
    return this.named ?? this.registry.only?.mchid;
  }

  /** For requests whose success has a JSON body. */
  fetch<T>(
    request: WechatPayRequest,
    read: Reader<T>,
    config?: WechatPayRequestConfig,
  ): Observable<T> {
    return this.send(request, config, ({ client }) => client.fetch(request, read, config));
  }

  /** For requests whose success has no body. */
  execute(request: WechatPayRequest, config?: WechatPayRequestConfig): Observable<void> {
    return this.send(request, config, ({ client }) => client.execute(request, config));
  }

  /** For downloads, which are not signed: see `WechatPayClient#download`. */
  download(
    request: WechatPayRequest,
    check: (response: ResponseHead) => void,
    config?: WechatPayRequestConfig,
  ): Observable<StreamedResponse> {
    return this.send(request, config, ({ client }) => client.download(request, check, config));
  }

  /** Emits what `act` emits for the merchant. Whatever `act` throws, the Observable fails with. */
  use<T>(act: (merchant: MerchantContext) => Observable<T>): Observable<T> {
    return defer(() => {
      const { only } = this.registry;
      // An app with one merchant does not pay for the others.
      if (only && (this.named === undefined || this.named === only.mchid)) return act(only);
      if (this.named === undefined) throw merchantNotNamed();
      const found = this.registry.acquire(this.named, this.app.options.timeout);
      return found instanceof Promise ? whenFound(found, act) : releasing(found, act);
    });
  }

  /** Emits every merchant that is known at startup. */
  all(): Observable<MerchantContext> {
    return defer(() => {
      if (this.registry.areLookedUp) throw merchantNotNamed();
      return from(this.registry.list());
    });
  }

  private send<T>(
    request: WechatPayRequest,
    { signal }: WechatPayRequestConfig = {},
    act: (merchant: MerchantContext) => Observable<T>,
  ): Observable<T> {
    const sent = this.use(act);
    return signal && this.registry.areLookedUp ? race(whenAborted(request, signal), sent) : sent;
  }
}

function releasing<T>(
  merchant: MerchantContext,
  act: (merchant: MerchantContext) => Observable<T>,
): Observable<T> {
  return defer(() => act(merchant)).pipe(
    finalize(() => {
      merchant.release();
    }),
  );
}

/** A merchant that is found when nobody waits for it any more is released at once. */
function whenFound<T>(
  found: Promise<MerchantContext>,
  act: (merchant: MerchantContext) => Observable<T>,
): Observable<T> {
  return new Observable((subscriber) => {
    found.then(
      (merchant) => {
        if (subscriber.closed) merchant.release();
        else releasing(merchant, act).subscribe(subscriber);
      },
      (error: unknown) => {
        subscriber.error(error);
      },
    );
  });
}
