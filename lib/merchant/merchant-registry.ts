import type { HttpService } from '@nestjs/axios';
import { Logger } from '@nestjs/common';
import type { ResolvedMerchantOptions } from '../config/resolve-merchant-options.js';
import type { ResolvedMerchants } from '../config/resolve-merchants.js';
import { WechatPayMerchantError } from '../errors/wechatpay-merchant.error.js';
import { describeKeyMode } from '../keys/key-mode.js';
import { ConcurrencyLimit } from '../utils/concurrency-limit.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import type { AppContext } from './app-context.js';
import { MerchantContext } from './merchant-context.js';
import { MerchantLookup, unknownMerchant } from './merchant-lookup.js';
import { MerchantsBySerial } from './merchants-by-serial.js';

const DOWNLOADS_AT_ONCE = 8;

/** The merchants of the module: one, several that are known at startup, or those of a `find`. */
export class MerchantRegistry {
  /** The merchant of an app with one. It need not be named. */
  readonly only?: MerchantContext;
  /** The known merchants by the keys that sign for them; undefined unless there may be several. */
  readonly bySerial?: MerchantsBySerial;
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly known = new Map<string, MerchantContext>();
  private readonly lookup?: MerchantLookup;
  /** Merchants that have yet to start their first download of certificates. */
  private readonly withoutCertificates = new Set<MerchantContext>();
  private firstDownloads?: Promise<void>;

  constructor(
    private readonly app: AppContext,
    private readonly http: HttpService,
  ) {
    const { merchant, merchants = [] } = app.resolved;
    if (merchant) {
      this.only = this.createContext(merchant);
      this.known.set(merchant.mchid, this.only);
      logOnly(this.logger, merchant);
    } else if (isList(merchants)) {
      const bySerial = new MerchantsBySerial();
      for (const options of merchants) {
        const context = this.createContext(options, (changed) => {
          bySerial.update(changed);
        });
        bySerial.update(context);
        if (options.download) this.withoutCertificates.add(context);
        this.known.set(options.mchid, context);
      }
      this.bySerial = bySerial;
      logList(this.logger, merchants);
    } else {
      this.lookup = new MerchantLookup({
        ...merchants,
        createContext: (options) => {
          logKeyMode(this.logger, options);
          return this.createContext(options);
        },
        lookupLimit: app.options.timeout,
      });
    }
  }

  /** Those that are known at startup; none of those that are looked up. */
  list(): MerchantContext[] {
    return [...this.known.values()];
  }

  /** Whether merchants are looked up, so that only their names lead to them. */
  get areLookedUp(): boolean {
    return this.lookup !== undefined;
  }

  /**
   * A merchant by its id, retained for the caller, who has to release it. A promise only if merchants
   * are looked up.
   *
   * @param patience milliseconds to wait for a look-up, which goes on after that
   * @throws WechatPayMerchantError UNKNOWN_MERCHANT; the promise also rejects with MERCHANT_UNAVAILABLE
   */
  acquire(mchid: string, patience: number): MerchantContext | Promise<MerchantContext> {
    if (this.lookup) return this.lookup.acquire(mchid, patience);
    const context = this.known.get(mchid);
    if (!context) throw unknownMerchant(mchid);
    context.retain();
    return context;
  }

  /**
   * To be called for a serial number that `bySerial` does not know: the known merchants download their
   * first certificates, a few at a time. Each one starts a download once; from then on it follows its own
   * schedule, so that strangers, who can send any serial number, cause nothing more. Never rejects.
   */
  async downloadFirstCertificates(): Promise<void> {
    if (this.withoutCertificates.size > 0) {
      const merchants = [...this.withoutCertificates];
      this.withoutCertificates.clear();
      const limit = new ConcurrencyLimit(DOWNLOADS_AT_ONCE);
      const downloads = merchants.map(({ keys }) => limit.run(() => keys.downloadFirst()));
      this.firstDownloads = Promise.all(downloads).then(() => undefined);
    }
    await this.firstDownloads;
  }

  /** Has a merchant looked up anew, if merchants are looked up. */
  invalidate(mchid: string): void {
    this.lookup?.invalidate(mchid);
  }

  /** To be called on shutdown. */
  close(): void {
    for (const context of this.known.values()) context.close();
    this.lookup?.close();
  }

  private createContext(
    options: ResolvedMerchantOptions,
    onCertificates?: (merchant: MerchantContext) => void,
  ): MerchantContext {
    const complete = Object.freeze({ ...options, ...this.app.options });
    return new MerchantContext(complete, this.http, onCertificates);
  }
}

/** The error of a call that has to name a merchant and does not. */
export function merchantNotNamed(): WechatPayMerchantError {
  return new WechatPayMerchantError(
    'MERCHANT_NOT_NAMED',
    'This app has several merchants: say for which one, as in complaints.forMerchant(mchid).get(id). ' +
      'In a notification handler it is the mchid of the payload.',
  );
}

function isList(merchants: ResolvedMerchants): merchants is readonly ResolvedMerchantOptions[] {
  return Array.isArray(merchants);
}

function logOnly(logger: Logger, options: ResolvedMerchantOptions): void {
  logger.log(`Key mode of merchant ${options.mchid}: ${describeKeyMode(options)}`);
  logWarnings(logger, options);
}

/** One line for all: an app may have thousands of merchants. */
function logList(logger: Logger, merchants: readonly ResolvedMerchantOptions[]): void {
  const downloading = merchants.filter(({ download }) => download).length;
  logger.log(
    `${merchants.length} merchants, ${downloading} of them with certificates that are downloaded ` +
      'when needed',
  );
  for (const options of merchants) logKeyMode(logger, options);
}

function logKeyMode(logger: Logger, options: ResolvedMerchantOptions): void {
  if (Logger.isLevelEnabled('debug')) {
    logger.debug(`Key mode of merchant ${options.mchid}: ${describeKeyMode(options)}`);
  }
  logWarnings(logger, options);
}

function logWarnings(logger: Logger, { mchid, warnings }: ResolvedMerchantOptions): void {
  for (const { option, problem, fix } of warnings) {
    logger.warn(`Options of merchant ${mchid}: ${option} ${problem}. ${fix}`);
  }
}
