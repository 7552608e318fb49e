import type { HttpService } from '@nestjs/axios';
import type { INestApplicationContext, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { SingleMerchantOptions } from '../config/wechatpay-complaint-options.interface.js';
import type { AxiosResponse } from 'axios';
import type { MerchantContext } from '../merchant/merchant-context.js';
import { MerchantRegistry } from '../merchant/merchant-registry.js';
import { isLoopbackHost } from '../protocol/callback-url.js';
import type { HeaderFields } from '../protocol/signature-headers.js';
import { WECHATPAY_HTTP_SERVICE } from '../wechatpay-complaint.constants.js';
import { WechatPayComplaintModule } from '../wechatpay-complaint.module.js';
import { printable } from './output.js';
import type { Terminal } from './terminal.js';

/** A response of WeChat Pay that nobody has verified. */
export interface SeenResponse {
  readonly headers: HeaderFields;
  readonly body: Buffer;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** The services of the module, as an app would inject them. */
export class WechatPay {
  /** The last response, whether or not it was a success. */
  lastResponse?: SeenResponse;

  /** Sends what is not for WeChat Pay through the same proxy. */
  readonly http: HttpService;

  private constructor(private readonly app: INestApplicationContext) {
    this.http = app.get<HttpService>(WECHATPAY_HTTP_SERVICE, { strict: false });
    // The client of the module hands over verified content only; `doctor` reports on the headers too.
    this.http.axiosRef.interceptors.response.use((response: AxiosResponse<unknown>) => {
      const { data } = response;
      this.lastResponse = {
        headers: Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        ),
        body: Buffer.isBuffer(data) ? data : Buffer.alloc(0),
        receivedAt: Date.now(),
      };
      return response;
    });
  }

  /** Starts the module without what only an app needs: registration of its URL, and a store. */
  static async start(options: SingleMerchantOptions, terminal: Terminal): Promise<WechatPay> {
    const module = WechatPayComplaintModule.forRoot({
      ...options,
      allowPrivateCallbackUrls: isSimulated(options),
      callbackUrl: undefined,
      store: false,
    });
    return new WechatPay(
      await NestFactory.createApplicationContext(module, {
        logger: new ProblemLogger(terminal),
        abortOnError: false,
      }),
    );
  }

  /** The merchant of the environment, with its keys. */
  get merchant(): MerchantContext {
    const { only } = this.get(MerchantRegistry);
    if (!only) throw new Error('The module was started without a merchant.');
    return only;
  }

  get<T>(service: Type<T>): T {
    return this.app.get(service, { strict: false });
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}

/** Runs a command with the module, and ends the module in any case. */
export async function withWechatPay<T>(
  options: SingleMerchantOptions,
  terminal: Terminal,
  use: (wechatPay: WechatPay) => Promise<T>,
): Promise<T> {
  const wechatPay = await WechatPay.start(options, terminal);
  try {
    return await use(wechatPay);
  } finally {
    await wechatPay.close();
  }
}

/** Whether a simulator takes the place of WeChat Pay: it reaches URLs that WeChat Pay cannot reach. */
export function isSimulated({ baseUrls = [] }: SingleMerchantOptions): boolean {
  return baseUrls.length > 0 && baseUrls.every((url) => isLoopbackHost(new URL(url).hostname));
}

/** Warnings and errors go to stderr. The rest would only be noise beside the output of a command. */
class ProblemLogger implements LoggerService {
  constructor(private readonly terminal: Terminal) {}

  log(): void {
    // Left out.
  }

  warn(message: unknown): void {
    this.terminal.note(printable(String(message)));
  }

  error(message: unknown): void {
    this.terminal.note(printable(String(message)));
  }
}
